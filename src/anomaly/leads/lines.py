"""Alert lines: a bureau's own thresholds, and how units stand to them.

They are policy, apart from the statistical tiers, and never in risk. Shipped records
stand in policy/lines.toml; a store's own `lines.toml` takes their place.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from anomaly.errors import PolicyError
from anomaly.leads.scoring import CHANGE, tests_of
from anomaly.policy.read import as_record, policy

FILE = "lines.toml"
SHIPPED = f"policy/{FILE}"
STEPS = ("notice", "warning", "inspect")
MEASURES = ("ratio", "points", "value", "change")
SHARES = ("share_of_money", "share_of_count")
HELD = (
    "unit_id",
    "indicator",
    "name",
    "measure",
    "value",
    "expected",
    "group",
    "peers",
    "n",
    "measured",
    "line",
    "threshold",
    "next",
    "next_at",
    "nearness",
    "basis",
)


@dataclass(frozen=True)
class Line:
    """The three thresholds of one indicator, for some kinds of unit.

    ``group`` narrows it to units with those attributes; ``source`` is the file.
    """

    indicator: str
    units: list[str]
    notice: float
    warning: float
    inspect: float
    basis: str
    measure: str = "ratio"
    group: Mapping[str, str] = field(default_factory=dict)
    source: str = SHIPPED

    def __post_init__(self) -> None:
        _check(self)

    @property
    def test(self) -> str:
        """The id of the evidence it is held against: a change has its own."""
        return self.indicator + CHANGE * (self.measure == "change")

    @property
    def name(self) -> str:
        """What --set calls it, such as visits@department=内科."""
        words = ",".join(f"{key}={self.group[key]}" for key in sorted(self.group))
        return f"{self.test}@{words}" if words else self.test

    @property
    def thresholds(self) -> list[float]:
        return [getattr(self, step) for step in STEPS]

    @property
    def neutral(self) -> float:
        """What an ordinary unit measures."""
        return 1.0 if self.measure == "ratio" else 0.0


def _check(line: Line) -> None:
    """Refuse what cannot be, naming file, record, found and expected."""
    where = f"{line.source}, line '{line.indicator}'"
    if line.measure not in MEASURES:
        raise _wrong(where, f"unknown measure '{line.measure}'", MEASURES)
    if not isinstance(line.units, list) or not line.units:
        raise PolicyError(f"{where}: units {line.units!r}", expected="a list of units")
    if not isinstance(line.group, Mapping):
        raise PolicyError(f"{where}: group {line.group!r}", expected="a table")
    for unit in line.units:
        _check_unit(line, unit, where)
    _check_thresholds(line, where)
    if not isinstance(line.basis, str) or not line.basis.strip():
        raise PolicyError(f"{where}: basis {line.basis!r}", expected="a clause")


def _check_unit(line: Line, unit: str, where: str) -> None:
    known = policy("peers")["chains"]
    if unit not in known:
        raise _wrong(where, f"unknown unit '{unit}'", known)
    tested = {test.id: test for test in tests_of(unit)}
    if line.test not in tested:
        raise _wrong(where, f"{unit}: unknown indicator '{line.test}'", tested)
    if line.measure == "points" and tested[line.test].kind not in SHARES:
        raise PolicyError(f"{where}: points of no share", expected="ratio or value")
    words = sorted({word for keys in known[unit] for word in keys})
    for key in line.group:
        if key not in words:
            raise _wrong(where, f"{unit}: unknown group '{key}'", words)


def _check_thresholds(line: Line, where: str) -> None:
    for step, number in zip(STEPS, line.thresholds, strict=True):
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise PolicyError(f"{where}: {step} is {number!r}", expected="a number")
    if not line.neutral < line.notice < line.warning < line.inspect < np.inf:
        found = ", ".join(f"{number:g}" for number in line.thresholds)
        raise PolicyError(
            f"{where}: thresholds {found}",
            expected=f"{line.neutral:g} < notice < warning < inspect",
        )


def _wrong(where: str, found: str, known: Iterable[str]) -> PolicyError:
    return PolicyError(f"{where}: {found}", expected=f"one of {', '.join(known)}")


def lines(root: Path | None = None) -> list[Line]:
    """Return the lines that hold in a store, one for each kind of unit.

    Those of its own `lines.toml` take the place of shipped ones of the same unit,
    indicator and group. PolicyError where a record cannot be.
    """
    found = _placed(policy("lines")["lines"], SHIPPED)
    path = root / FILE if root else None
    if path and path.exists():
        found |= _placed(_read(path), FILE)
    return list(found.values())


def _read(path: Path) -> list[dict]:
    try:
        cells = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{FILE}: {error}", expected="TOML in UTF-8") from None
    records = cells.pop("lines", [])
    if cells or not isinstance(records, list):
        found = next(iter(cells), "lines")
        raise PolicyError(f"{FILE}: unknown key '{found}'", expected="[[lines]] only")
    return records


def _placed(records: Sequence[Mapping], source: str) -> dict[tuple, Line]:
    """Return lines by unit and name; PolicyError where one stands twice."""
    found: dict[tuple, Line] = {}
    for number, cells in enumerate(records, 1):
        if not isinstance(cells, Mapping) or "source" in cells:
            raise PolicyError(
                f"{source}, record {number}: {cells!r}", expected="[[lines]] of keys"
            )
        record = as_record(
            Line, dict(cells) | {"source": source}, f"{source}, record {number}"
        )
        for unit in record.units:
            if (unit, record.name) in found:
                raise PolicyError(
                    f"{source}, record {number}: '{record.name}' of {unit} stands"
                    " twice",
                    expected="one record a unit, indicator and group",
                )
            found[unit, record.name] = replace(record, units=[unit])
    return found


def catalogue(root: Path | None = None) -> pd.DataFrame:
    """Return the lines of a store as rows: name, unit, thresholds, clause, source."""
    rows = [
        {
            "line": line.name,
            "unit": line.units[0],
            "measure": line.measure,
            **{step: getattr(line, step) for step in STEPS},
            "basis": line.basis,
            "source": line.source,
        }
        for line in lines(root)
    ]
    return pd.DataFrame(rows)


def held_to(
    known: Sequence[Line],
    unit_kind: str,
    people: pd.DataFrame,
    evidence: pd.DataFrame,
) -> pd.DataFrame:
    """Hold every unit of a kind to the line that is its own, indicator by indicator.

    ``people`` is indexed by unit_id. Columns `HELD`: ``measured`` is what the line
    looks at, ``line`` the highest passed ('' for none), ``next`` the one above and
    ``nearness`` how far of the way from ordinary to it the unit has gone.
    """
    mine = [line for line in known if unit_kind in line.units]
    mine.sort(key=lambda line: -len(line.group))
    taken: dict[str, set[str]] = {}
    found = []
    for line in mine:
        before = taken.setdefault(line.test, set())
        rows = evidence[evidence["indicator"] == line.test]
        rows = rows[~rows["unit_id"].isin(before) & _within(line, people, rows)]
        before |= set(rows["unit_id"])
        found.append(_stood(line, rows))
    filled = [rows for rows in found if len(rows)]
    if not filled:
        return pd.DataFrame(columns=list(HELD)).astype({"measured": float})
    return pd.concat(filled).sort_index(kind="stable")


def _within(line: Line, people: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    mask = pd.Series(True, index=rows.index)
    for key, word in line.group.items():
        mask &= rows["unit_id"].map(people[key].astype("string")).eq(str(word))
    return mask.astype(bool)


def _stood(line: Line, rows: pd.DataFrame) -> pd.DataFrame:
    """Return `HELD` of the evidence rows that one line is for."""
    measured = _measured(line, rows)
    above = line.thresholds
    passed = np.searchsorted(above, measured.fillna(-np.inf), side="right")
    names, ends = ["", *STEPS, ""], [np.nan, *above, np.nan]
    next_at = np.asarray(ends)[passed + 1]
    nearness = (measured - line.neutral) / (next_at - line.neutral)
    return rows.assign(
        name=line.name,
        measure=line.measure,
        measured=measured,
        line=[names[place] for place in passed],
        threshold=np.asarray(ends)[passed],
        next=[names[place + 1] for place in passed],
        next_at=next_at,
        nearness=nearness.clip(lower=0),
        basis=line.basis,
    )[list(HELD)]


def _measured(line: Line, rows: pd.DataFrame) -> pd.Series:
    expected = rows["expected"]
    match line.measure:
        case "ratio":
            return rows["value"] / expected.where(expected > 0)
        case "points":
            return (rows["value"] - expected) * 100
        case _:
            return rows["value"]

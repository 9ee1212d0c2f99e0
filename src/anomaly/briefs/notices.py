"""Letters to institutions: each its own lines, its own doctors', and no one else's."""

import json
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from anomaly.briefs.pdf import typeset
from anomaly.briefs.record import write_whole
from anomaly.briefs.wording import MONTH_NAMES, NBSP, Wording
from anomaly.errors import UsageError
from anomaly.features.builder import VISITS
from anomaly.features.frames import units
from anomaly.features.indicator import indicators
from anomaly.leads import reasons
from anomaly.leads.pooling import before, present
from anomaly.leads.scoring import CHANGE
from anomaly.periods import MonthLike, month_text, shift
from anomaly.policy.read import policy
from anomaly.store.store import Store
from anomaly.workspace import Workspace

TEMPLATE = "notice.typ"
DATA = "notice.json"
SHOWN = ("institution", "doctor")


@dataclass(frozen=True)
class Letters:
    """What the letters of a month are written from."""

    month: date
    months: int
    names: dict[str, str]
    rows: pd.DataFrame
    fingerprint: str
    words: Wording


def write_notices(
    workspace: Workspace,
    month: MonthLike,
    out: Path | str,
    institutions: list[str] | None = None,
    language: str = "zh",
) -> pd.DataFrame:
    """Write a PDF an institution into out/MONTH: same store, same bytes.

    Without ``institutions``, for each that has something to be told. Returns one row
    a letter: institution_id, name, passed, near, file.
    """
    letters = gather(workspace, month, language)
    wanted = institutions or sorted(set(letters.rows["institution_id"]))
    unknown = [one for one in wanted if one not in letters.names]
    if unknown and institutions:
        raise UsageError(
            f"institution '{unknown[0]}': no bill of it in {month_text(letters.month)}",
            expected="an institution_id of that month",
        )
    folder = Path(out) / month_text(letters.month)
    folder.mkdir(parents=True, exist_ok=True)
    told = []
    for one in wanted:
        if one in letters.names:
            path = folder / f"{quote(one, safe='')}.pdf"
            write_whole(path, notice_pdf(letters, one))
            mine = letters.rows[letters.rows["institution_id"] == one]
            passed = int((mine["line"] != "").sum())
            told.append(
                (one, letters.names[one], passed, len(mine) - passed, str(path))
            )
    columns = ["institution_id", "name", "passed", "near", "file"]
    return pd.DataFrame(told, columns=columns)


def gather(workspace: Workspace, month: MonthLike, language: str = "zh") -> Letters:
    """Read what all letters of a month need, once."""
    words = Wording(language)
    kinds = {kind: workspace.lines(kind, month) for kind in SHOWN}
    store, month = workspace.store, workspace.prepare(month, unit="doctor")
    doctors = kinds["doctor"]
    roving = _elsewhere(store, month)
    kinds["doctor"] = doctors[~doctors["unit_id"].isin(roving)]
    rows = pd.concat([frame for frame in kinds.values() if len(frame)] or [doctors])
    houses = units(store, "institution", month)
    return Letters(
        month=month,
        months=len(present(store, month)),
        names=dict(zip(houses["unit_id"], houses["unit_name"], strict=True)),
        rows=rows[rows["n"] >= policy("notices")["least_cell"]],
        fingerprint=store.fingerprint()[:16],
        words=words,
    )


def _elsewhere(store: Store, month: date) -> set[str]:
    """Return doctors whose figures hold bills of more than one institution."""
    months = sorted({*present(store, month), *before(store, month)})
    store.show(VISITS, [month_text(each) for each in months])
    rows = store.engine.frame(
        f"SELECT doctor_id FROM {VISITS} WHERE doctor_id IS NOT NULL"
        " GROUP BY doctor_id HAVING count(DISTINCT institution_id) > 1"
    )
    return set(rows["doctor_id"])


def notice_pdf(letters: Letters, institution: str) -> bytes:
    """Return one institution's letter."""
    with tempfile.TemporaryDirectory() as name:
        text = json.dumps(
            compose(letters, institution), ensure_ascii=False, sort_keys=True
        )
        (Path(name) / DATA).write_text(text, encoding="utf-8")
        return typeset(Path(name), TEMPLATE, DATA)


def compose(letters: Letters, institution: str) -> dict:
    """Return all that stands in one institution's letter."""
    words, rules = letters.words, policy("notices")
    mine = letters.rows[letters.rows["institution_id"] == institution]
    own = mine[mine["unit_kind"] == "institution"]
    doctors = mine[mine["unit_kind"] == "doctor"]
    near = f"{policy('lines')['near']['approaching']:.0%}"
    labels = {name: words[name] for name in words.entries if name.startswith("notice_")}
    labels |= {name: words[name] for name in ("lang", "region", "page")}
    labels |= {"title": words["notice_title"], "nature": words["notice_nature"]}
    labels["notice_how"] = words.say(
        "notice_how", least=rules["least_peers"], cell=rules["least_cell"], near=near
    )
    month, name = words.month(letters.month), letters.names[institution]
    return {
        "labels": labels,
        "name": name,
        "month": month,
        "salutation": words.say("notice_salutation", name=name),
        "opening": words.say("notice_opening", month=month, months=letters.months),
        "summary": words.say(
            "notice_summary",
            passed=int((own["line"] != "").sum()),
            near=int((own["line"] == "").sum()),
            doctors_passed=int((doctors["line"] != "").sum()),
            doctors_near=int((doctors["line"] == "").sum()),
        ),
        "institution": [_row(row, words) for _, row in own.iterrows()],
        "doctors": [_row(row, words) for _, row in doctors.iterrows()],
        "explain": _explained(mine, words),
        "due": words.say("notice_due", date=_due(letters.month, words)),
        "basis": sorted({rules["basis"], *mine["basis"]}),
        "fingerprint": words.say("notice_fingerprint", fingerprint=letters.fingerprint),
    }


def _row(row: pd.Series, words: Wording) -> dict:
    """Return one line of a table; peers' figures only where there are enough."""
    enough = row["peers"] >= policy("notices")["least_peers"]
    change = row["measure"] == "change"
    tells_peers = row["measure"] in ("ratio", "points")
    hidden = words["notice_too_few"]
    passed, following = row["line"] != "", row["next"] != ""
    group = reasons.group_in_words(row["group"], words.language)
    counter = reasons.wording()["counters"][words.language][row["unit_kind"]]
    own = row["unit_kind"] == "institution"
    peers = {"group": group, "peers": int(row["peers"]), "counter": counter}
    return {
        "who": "" if own else f"{row['unit_name']} {row['unit_id']}",
        "indicator": reasons.name_of(row["indicator"], words.language),
        "value": _value(row, row["value"], words),
        "centre": _value(row, row["expected"], words) if enough else hidden,
        "group": words.say("notice_peers", **peers) if enough else "",
        "measured": _measured(row, row["measured"], words)
        if (enough or not tells_peers) and not change
        else hidden,
        "line": _line_at(row, "line", "threshold", words)
        if passed
        else words["notice_line_not"],
        "next": _line_at(row, "next", "next_at", words)
        if following
        else words["notice_next_none"],
        "passed": bool(passed),
    }


def _line_at(row: pd.Series, name: str, at: str, words: Wording) -> str:
    line = words[f"line_{row[name]}"]
    return words.say("notice_line_at", line=line, at=_measured(row, row[at], words))


def _value(row: pd.Series, value: float, words: Wording) -> str:
    """Return a value in the measure of its indicator, or as a change."""
    measure = indicators()[row["indicator"].removesuffix(CHANGE)].measure
    if row["measure"] == "change":
        return _change(value, measure == "share", words)
    if measure == "share":
        return words.share(value)
    if measure == "yuan":
        return words.say("notice_value_yuan", size=f"{value:,.2f}")
    return f"{value:,.1f}"


def _measured(row: pd.Series, size: float, words: Wording) -> str:
    match row["measure"]:
        case "ratio":
            text = words.say("notice_ratio", size=f"{size:.2f}")
        case "points":
            text = words.say("notice_points", size=f"{size:.1f}")
        case _:
            text = _value(row, size, words)
    return text.replace(" ", NBSP)


def _change(size: float, points: bool, words: Wording) -> str:
    sign = "−" if size < 0 else "+"
    number = f"{abs(size) * 100:,.1f}"
    text = words.say("points" if points else "percent", size=number)
    return f"{sign}{text}"


def _explained(rows: pd.DataFrame, words: Wording) -> list[list[str]]:
    asked = policy("notices")["explain"]
    told = {}
    for name in rows["indicator"]:
        text = asked.get(name, asked["other"])[words.language]
        told[reasons.name_of(name, words.language)] = text
    return [[name, text] for name, text in told.items()]


def _due(month: date, words: Wording) -> str:
    rules = policy("notices")
    due = shift(month, rules["reply_months"])
    return words.say(
        "notice_date",
        year=due.year,
        month=due.month,
        month_name=MONTH_NAMES[due.month - 1],
        day=rules["reply_day"],
    )

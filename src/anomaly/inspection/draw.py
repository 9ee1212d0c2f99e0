"""Double-random draw of institutions and inspectors, replayable from its seed.

Every choice is that of a SHA-256 over the seed and an id: no state, no engine, no
number generator, so that anyone can repeat a draw from the published seed and the
published terms with a few lines of any language.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from hashlib import sha256
from math import floor

import pandas as pd

from anomaly.casework.chain import canonical
from anomaly.errors import UsageError


@dataclass(frozen=True)
class Institution:
    """One institution of a pool; a heavier one is drawn more often."""

    id: str
    district: str = ""
    stratum: str = ""
    weight: int = 1


@dataclass(frozen=True)
class Inspector:
    """One inspector, and the institutions that they stay away from."""

    id: str
    district: str = ""
    recused: Sequence[str] = ()


@dataclass(frozen=True)
class Terms:
    """All that a draw follows from but its seed; whoever has both can repeat it.

    ``cross_county`` keeps inspectors out of their own district.
    """

    count: int
    team: int
    institutions: Sequence[Institution]
    inspectors: Sequence[Inspector]
    cross_county: bool = False

    def body(self) -> dict:
        """Return the terms as plain lists and texts, ids in order."""
        body = asdict(self)
        for name in ("institutions", "inspectors"):
            body[name] = sorted(body[name], key=lambda one: one["id"])
        for one in body["inspectors"]:
            one["recused"] = sorted(one["recused"])
        return body

    @classmethod
    def of(cls, body: Mapping) -> "Terms":
        """Return the terms that `body` wrote."""
        cells = dict(body)
        cells["institutions"] = [Institution(**one) for one in cells["institutions"]]
        cells["inspectors"] = [Inspector(**one) for one in cells["inspectors"]]
        return cls(**cells)

    @property
    def digest(self) -> str:
        """The hash of the terms, published with that of the seed before the draw."""
        return sha256(canonical(self.body()).encode()).hexdigest()


def drawing_order(seed: str, ids: Iterable[str]) -> list[str]:
    """Return ids in the order in which the seed draws them."""
    return sorted(
        set(ids), key=lambda name: (sha256(f"{seed}|{name}".encode()).hexdigest(), name)
    )


def commitment(seed: str) -> str:
    """Return the hash of a seed that is published before the draw."""
    return sha256(seed.encode()).hexdigest()


def chances(terms: Terms) -> dict[str, Fraction]:
    """Return how likely each institution is to be drawn, by its id.

    In proportion to its weight, at most one; together they are `Terms.count`.
    """
    weights = {one.id: one.weight for one in terms.institutions}
    certain: set[str] = set()
    while True:
        rest = {name: w for name, w in weights.items() if name not in certain}
        left, whole = terms.count - len(certain), sum(rest.values())
        heavy = {name for name, w in rest.items() if w * left >= whole}
        if not heavy:
            break
        certain |= heavy
    found = dict.fromkeys(certain, Fraction(1))
    return found | {name: Fraction(w * left, whole) for name, w in rest.items()}


def allocation(terms: Terms, seed: str) -> dict[str, int]:
    """Return how many institutions each stratum gives, by its name.

    The strata lie side by side, each as long as its chances together; a comb with
    teeth one apart, its start drawn by the seed, falls on them. So each stratum gives
    its share rounded down or up, and every institution keeps exactly its chance.
    """
    lengths: dict[str, Fraction] = defaultdict(Fraction)
    chance = chances(terms)
    for one in terms.institutions:
        lengths[one.stratum] += chance[one.id]
    start = Fraction(int(commitment(f"{seed}|start"), 16), 2**256)
    found, end = {}, Fraction(0)
    for stratum in drawing_order(f"{seed}|stratum", lengths):
        begin, end = end, end + lengths[stratum]
        found[stratum] = floor(end - start) - floor(begin - start)
    return found


def drawn(terms: Terms, seed: str) -> list[dict]:
    """Return what a seed draws: institution_id and inspectors, in drawing order.

    UsageError as `check` says.
    """
    check(terms)
    _refuse_seed(seed)
    known = {one.id: one for one in terms.institutions}
    left, away = allocation(terms, seed), _away(terms)
    found = []
    for name in drawing_order(seed, known):
        stratum = known[name].stratum
        if left[stratum]:
            left[stratum] -= 1
            free = _free(known[name], terms, away)
            order = drawing_order(f"{seed}|{name}", free)
            found.append({"institution_id": name, "inspectors": order[: terms.team]})
    return found


def _refuse_seed(seed: str) -> None:
    """What is empty, or no text that everybody writes alike, is no seed."""
    try:
        seed.encode()
    except UnicodeEncodeError:
        seed = ""
    if not seed.strip():
        raise UsageError("the seed: no text", expected="a text in UTF-8")


def check(terms: Terms) -> None:
    """UsageError where a pool is too small, or recusal leaves too few for a team.

    Every institution must have its team, drawn or not: else the seed would decide
    whether there is a draw at all.
    """
    if not 1 <= terms.count <= len(terms.institutions):
        raise UsageError(
            f"count {terms.count}",
            expected=f"1 to {len(terms.institutions)}, the institutions given",
        )
    away = _away(terms)
    for one in terms.institutions:
        free = _free(one, terms, away)
        if not 1 <= terms.team <= len(free):
            raise UsageError(
                f"institution {one.id}: {len(free)} inspectors need not recuse",
                expected=f"a team of {terms.team}",
                todo="name more inspectors or ask for a smaller team",
            )


def _away(terms: Terms) -> dict[str, frozenset[str]]:
    """Return whom each inspector stays away from; a set, as lists may be long."""
    return {one.id: frozenset(one.recused) for one in terms.inspectors}


def _free(institution: Institution, terms: Terms, away: Mapping) -> list[str]:
    return [
        one.id
        for one in terms.inspectors
        if institution.id not in away[one.id]
        and not (terms.cross_county and one.district == institution.district)
    ]


def strata_table(terms: Terms, seed: str) -> pd.DataFrame:
    """Return a row a stratum: stratum, institutions, expected, drawn."""
    chance, given = chances(terms), allocation(terms, seed)
    rows = pd.DataFrame(
        [(one.stratum, float(chance[one.id])) for one in terms.institutions],
        columns=["stratum", "chance"],
    )
    table = rows.groupby("stratum", as_index=False).agg(
        institutions=("chance", "size"), expected=("chance", "sum")
    )
    return table.assign(drawn=table["stratum"].map(given)).round({"expected": 4})

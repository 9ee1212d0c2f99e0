"""Draws in the ledger: announced by their hashes, then drawn, one a month."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from anomaly.casework.case import Event
from anomaly.casework.ledger import Draft, Ledger, Writing
from anomaly.errors import DataRefusedError, UsageError
from anomaly.inspection.draw import Terms, commitment, drawn
from anomaly.periods import month_text

ANNOUNCED, DRAWN = "draw_announced", "draw_made"


@dataclass(frozen=True)
class KeptDraw:
    """One draw: what was drawn, and what lets anyone repeat it.

    ``seed_hash`` and the hash of the ``terms`` were to be published before the draw,
    ``seed`` after it. ``announced_at`` is '' for a draw that was not announced, and
    ``seed``, ``drawn_at`` and ``draw`` are empty until it is drawn. ``seed_from`` says
    what public number the seed was to be, where that was announced instead of its
    hash. Times are UTC.
    """

    month: str
    seed_hash: str
    terms: Terms
    announced_at: str = ""
    seed: str = ""
    drawn_at: str = ""
    draw: tuple = ()
    seed_from: str = ""

    @property
    def recusals(self) -> int:
        """How many inspectors stay away from somebody."""
        return sum(bool(one.recused) for one in self.terms.inspectors)

    def published(self) -> dict:
        """Return the draw as it is published: all that `verified` needs."""
        return {
            "month": self.month,
            "announced_at": self.announced_at,
            "drawn_at": self.drawn_at,
            "seed_hash": self.seed_hash,
            "seed": self.seed,
            "seed_from": self.seed_from,
            "terms_hash": self.terms.digest,
            "terms": self.terms.body(),
            "draw": list(self.draw),
        }

    @classmethod
    def of(cls, body: Mapping) -> "KeptDraw":
        """Return the draw that `published` wrote; DataRefusedError where it is none."""
        try:
            cells = dict(body) | {"terms": Terms.of(body["terms"])}
            cells["draw"] = tuple(cells["draw"])
            cells.pop("terms_hash", None)
            found = cls(**cells)
            _check_shape(found)
            return found
        except (KeyError, TypeError, ValueError) as error:
            raise DataRefusedError(
                f"draw: {error}",
                expected="a draw as 'anomaly draw show --out' writes it",
            ) from None


def _check_shape(draw: KeptDraw) -> None:
    """ValueError where a file's draw holds numbers for texts, or the like."""
    terms = draw.terms
    names = ("month", "seed_hash", "announced_at", "seed", "drawn_at", "seed_from")
    texts = [getattr(draw, name) for name in names]
    texts += [one["institution_id"] for one in draw.draw]
    lists = [one["inspectors"] for one in draw.draw]
    for one in terms.institutions:
        texts += [one.id, one.district, one.stratum]
    for one in terms.inspectors:
        texts += [one.id, one.district]
        lists.append(one.recused)
    whole = [terms.count, terms.team, *(one.weight for one in terms.institutions)]
    if not all(isinstance(one, list | tuple) for one in lists):
        raise ValueError("inspectors or recused that are no list")
    texts += [name for names in lists for name in names]
    if not all(isinstance(one, str) for one in texts):
        raise ValueError("an id, time or seed that is no text")
    if not all(type(one) is int and one > 0 for one in whole):
        raise ValueError("a count, team or weight that is no whole number from 1 on")
    ids = [one.id for one in terms.institutions]
    if len(set(ids)) < len(ids):
        raise ValueError("an institution that stands twice")


def fold_draws(events: Iterable[Event]) -> dict[str, KeptDraw]:
    """Return every draw by its month, as its events leave it."""
    found: dict[str, KeptDraw] = {}
    for event in events:
        if event.kind in (ANNOUNCED, DRAWN):
            known = found.get(event.body["month"])
            found[event.body["month"]] = _after(known, event)
    return found


def _after(known: KeptDraw | None, event: Event) -> KeptDraw:
    body = event.body
    terms = known.terms if known else Terms.of(body["terms"])
    if event.kind == ANNOUNCED:
        found = KeptDraw(body["month"], body["seed_hash"], terms, announced_at=event.at)
        return replace(found, seed_from=body.get("seed_from", ""))
    return KeptDraw(
        body["month"],
        commitment(body["seed"]),
        terms,
        known.announced_at if known else "",
        body["seed"],
        event.at,
        tuple(body["draw"]),
        known.seed_from if known else "",
    )


def kept_draw(root: Path, month: str) -> KeptDraw | None:
    """Return the draw of a month, None where none was drawn."""
    found = standing(root, month)
    return found if found and found.drawn_at else None


def standing(root: Path, month: str) -> KeptDraw | None:
    """Return what is known of a month's draw, announced or drawn."""
    return fold_draws(Ledger(root).events()).get(month_text(month))


def announce(
    root: Path,
    month: str,
    seed_hash: str,
    terms: Terms,
    by: str,
    seed_from: str = "",
) -> KeptDraw:
    """Write the terms into the ledger before the draw, and what binds the seed.

    That is its hash; or, with '' for it, ``seed_from``: which public number, not
    known to anybody yet, the seed is going to be. UsageError where neither is given,
    or the month has been announced or drawn already.
    """
    if not (seed_hash or seed_from.strip()):
        raise UsageError("draw announce", expected="the seed's hash, or seed_from")
    month = month_text(month)
    body = {"month": month, "seed_hash": seed_hash, "terms": terms.body()}
    body |= {"seed_from": seed_from.strip()} if seed_from.strip() else {}

    def write(writing: Writing) -> None:
        _refuse(fold_draws(writing.events).get(month), month, announcing=True)
        writing.add(Draft(_name(month), ANNOUNCED, by, body))

    Ledger(root).append(write)
    return standing(root, month)


def make(
    root: Path, month: str, seed: str, terms: Terms | None, by: str = ""
) -> KeptDraw:
    """Draw, and write it into the ledger; UsageError where one stands already.

    A draw that could be drawn again until it pleases would be none. After an
    announcement the seed must be the one announced, and so must be ``terms`` where
    they are given.
    """
    month = month_text(month)

    def write(writing: Writing) -> None:
        known = fold_draws(writing.events).get(month)
        _refuse(known, month, announcing=False)
        chosen = _agreed(known, seed, terms, month)
        body = {"month": month, "seed": seed, "draw": drawn(chosen, seed)}
        if known is None:
            body["terms"] = chosen.body()
        writing.add(Draft(_name(month), DRAWN, by, body))

    Ledger(root).append(write)
    return standing(root, month)


def _name(month: str) -> str:
    return f"draw:{month}"


def _refuse(known: KeptDraw | None, month: str, *, announcing: bool) -> None:
    if known and known.drawn_at:
        raise UsageError(
            f"draw of {month}: it stands already",
            expected="one draw a month",
            todo=f"see it: anomaly draw show --month {month} --store ...",
        )
    if known and announcing:
        raise UsageError(
            f"draw of {month}: it was announced on {known.announced_at[:10]}",
            expected="one announcement",
            todo="draw with the seed that was announced",
        )


def _agreed(known: KeptDraw | None, seed: str, terms: Terms | None, month: str):
    """Return the terms to draw by; UsageError where they are not as announced."""
    if known is None:
        if terms is None:
            raise UsageError(
                f"draw of {month}: nothing was announced",
                expected="--inspectors and --count, or an announcement before",
            )
        return terms
    if known.seed_hash and commitment(seed) != known.seed_hash:
        raise UsageError(
            f"draw of {month}: the seed's hash is {commitment(seed)[:16]}...",
            expected=f"{known.seed_hash[:16]}..., as announced",
            todo="give the seed that was announced, letter by letter",
        )
    if terms is not None and terms.digest != known.terms.digest:
        raise UsageError(
            f"draw of {month}: the lists are not those announced",
            expected=f"terms with the hash {known.terms.digest[:16]}...",
            todo="leave the lists out: those announced stand in the ledger",
        )
    return known.terms

"""A published draw held against itself: each check a row, none left out."""

from collections.abc import Mapping

import pandas as pd

from anomaly.errors import UsageError
from anomaly.inspection.draw import commitment, drawn
from anomaly.inspection.kept_draws import KeptDraw

CHECKS = ("check", "holds", "what")


def verified(published: Mapping) -> pd.DataFrame:
    """Return what holds of a draw as `KeptDraw.published` tells it (`CHECKS`).

    The seed gives its hash, the terms theirs, both the same list; nobody sees an
    institution they recused from; teams are whole; it was announced before.
    """
    kept = KeptDraw.of(published)
    rows = [
        (
            "seed",
            commitment(kept.seed) == published["seed_hash"],
            f"hash {published['seed_hash'][:16]}...",
        ),
        (
            "terms",
            kept.terms.digest == published.get("terms_hash", kept.terms.digest),
            f"hash {kept.terms.digest[:16]}...",
        ),
        _same(kept),
        _recusals(kept),
        (
            "announced",
            "" < kept.announced_at <= kept.drawn_at,
            f"announced {kept.announced_at or 'never'}, drawn {kept.drawn_at}"
            + (f"; the seed is {kept.seed_from}" if kept.seed_from else ""),
        ),
    ]
    return pd.DataFrame(rows, columns=list(CHECKS))


def _same(kept: KeptDraw) -> tuple[str, bool, str]:
    try:
        again = drawn(kept.terms, kept.seed)
    except UsageError as error:
        return "list", False, str(error)
    told = list(kept.draw)
    places = [
        n
        for n, pair in enumerate(zip(again, told, strict=False), 1)
        if pair[0] != pair[1]
    ]
    if again == told:
        return "list", True, f"{len(again)} institutions, as the seed draws them"
    if places:
        there = again[places[0] - 1]["institution_id"]
        return "list", False, f"line {places[0]}: the seed draws {there}"
    return "list", False, f"{len(told)} institutions told, {len(again)} drawn"


def _recusals(kept: KeptDraw) -> tuple[str, bool, str]:
    barred = {one.id: set(one.recused) for one in kept.terms.inspectors}
    places = {one.id: one.district for one in kept.terms.institutions}
    homes = {one.id: one.district for one in kept.terms.inspectors}
    broken = [
        f"{name} inspects {one['institution_id']}"
        for one in kept.draw
        for name in one["inspectors"]
        if one["institution_id"] in barred.get(name, set())
        or (
            kept.terms.cross_county
            and homes.get(name) == places.get(one["institution_id"])
        )
    ]
    kinds = sum(map(bool, barred.values()))
    return "recusals", not broken, broken[0] if broken else f"{kinds} inspectors recuse"

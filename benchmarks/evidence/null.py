"""False alarms where nothing is wrong, beside what is demanded of them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from alarms import gathered, ratios, verdict
from effects import FAMILIES, UNITS, City
from kinds import COMBINED, WORLDS, judged

# Realised / nominal, from and to.
DEMANDED = (0.5, 1.5)
DEMANDED_OF_SMALL = (0.4, 2.0)
GROWTHS = tuple(kind for kind in WORLDS if kind.startswith("growth"))
KINDS = (*WORLDS, COMBINED)
TITLE = "Realised / nominal false alarms (by size: <=20 / 21-60 / >60)"


def each(work: Callable, seeds: list[int], jobs: int) -> list:
    """Return what each seed gives, by processes side by side where asked."""
    if jobs == 1:
        return [work(seed) for seed in seeds]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(work, seeds))


def seeds(first: int, worlds: int, city: City) -> list[int]:
    """Return a seed a world; small cities are as many as make up the same units."""
    return [first + n for n in range(max(1, round(worlds * UNITS / city.units)))]


def rows(
    kinds: tuple[str, ...],
    city: City,
    worlds: int,
    first: int,
    jobs: int,
    levels: tuple[str, ...],
) -> Iterator[dict]:
    """Yield a row a kind and family; something is demanded at ``levels``."""
    for kind in kinds:
        for family in FAMILIES:
            work = partial(judged, kind=kind, family=family, city=city)
            found = each(work, seeds(first, worlds, city), jobs)
            row = ratios(gathered(found))
            yield {"kind": kind, "world": family, **row, "demand": demand(row, levels)}


def demand(row: dict, levels: tuple[str, ...]) -> str:
    """Return 'met', or where the ratios leave what is demanded."""
    found = {level: row[level].outside(*DEMANDED) for level in levels}
    small = row["0.01 by size"][0]
    return verdict(found | {"0.01 of <=20": small.outside(*DEMANDED_OF_SMALL)})

"""What evidence of many indicators of a large province takes."""

import resource
import time

from effects import FAMILIES, City
from kinds import WORLDS, world

from anomaly.peers import evidence

INDICATORS = 30
UNITS = 100_000
DEMANDED_WALL = 120.0
DEMANDED_PEAK = 4096.0
MICRO = 1e6


def rows(units: int, indicators: int, first: int) -> list[dict]:
    """Return what each kind took, and all of them; drawing worlds is not counted.

    The peak is that of the whole process, worlds included.
    """
    city = City(round(units / City().units * City().groups))
    kinds = [[*WORLDS][n % len(WORLDS)] for n in range(indicators)]
    runs = [_run(first + n, kind, n, city) for n, kind in enumerate(kinds)]
    found = [_row(kind, [r for r in runs if r["kind"] == kind]) for kind in WORLDS]
    whole = _row("all", runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    met = whole["wall s"] <= DEMANDED_WALL and peak <= DEMANDED_PEAK
    verdict = {"peak MB": round(peak), "demand": "met" if met else "missed"}
    empty = dict.fromkeys(verdict, "")
    return [row | empty for row in found if row["indicators"]] + [whole | verdict]


def _run(seed: int, kind: str, n: int, city: City) -> dict:
    units = world(seed, kind, FAMILIES[n % len(FAMILIES)], city)
    wall, cpu = time.perf_counter(), time.process_time()
    evidence(units, kind)
    return {
        "kind": kind,
        "units": len(units),
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
    }


def _row(name: str, runs: list[dict]) -> dict:
    units, wall, cpu = (
        sum(run[key] for run in runs) for key in ("units", "wall", "cpu")
    )
    return {
        "kind": name,
        "indicators": len(runs),
        "us a unit": MICRO * wall / max(units, 1),
        "wall s": wall,
        "CPU s": cpu,
    }

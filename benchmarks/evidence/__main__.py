"""Measure whether the alarms of evidence are as rare as they say, and as good.

    python benchmarks/evidence store FOLDER [--scale 1]  build the sample's store
    python benchmarks/evidence null [--store FOLDER]     false alarms, nothing wrong
    python benchmarks/evidence growth                    the same, growth only
    python benchmarks/evidence planted                   lists and tops, 2 % planted
    python benchmarks/evidence speed                     100,000 units, 30 indicators

--worlds counts worlds of about 20,000 units; smaller cities (--groups 40, --groups 8)
are as many as make up the same units, at least one. --small makes groups of 5 to 20.
Reported figures use the seeds from 90,000; use others while developing.
"""

import argparse
from pathlib import Path

import null
import planted
import prefecture
import sampled
import speed
from effects import city
from tables import say

FIRST_SEED = 90_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=tuple(COMMANDS))
    parser.add_argument("folder", type=Path, nargs="?", help="of the store to build")
    parser.add_argument("--worlds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    parser.add_argument("--groups", type=int)
    parser.add_argument("--small", action="store_true", help="groups of 5 to 20")
    parser.add_argument("--kinds", help="such as count,per_visit")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--store", type=Path, help="what `store` made, to resample")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--units", type=int, default=speed.UNITS)
    parser.add_argument("--indicators", type=int, default=speed.INDICATORS)
    asked = parser.parse_args()
    COMMANDS[asked.what](asked)


def chosen(asked, known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(asked.kinds.split(",")) if asked.kinds else known


def store(asked) -> None:
    prefecture.prepare(asked.folder, asked.scale)


def nothing_wrong(asked) -> None:
    kinds = chosen(asked, null.KINDS)
    # Groups of 5 to 20 have a demand of their own.
    levels = () if asked.small else ("0.01", "0.001")
    found = _null(asked, kinds, levels)
    say(f"{null.TITLE}, nothing wrong", found, asked.json)
    if asked.store:
        honest = sampled.pool(asked.store)
        work = asked.worlds, asked.seed, asked.jobs
        found = sampled.rows(honest, *work)
        say(f"{null.TITLE}, honest months resampled", found, asked.json)


def growth(asked) -> None:
    found = _null(asked, chosen(asked, null.GROWTHS), ("0.01",))
    say(f"{null.TITLE}, growth with 20 % natural drift", found, asked.json)


def _null(asked, kinds, levels):
    where = city(asked.groups, asked.small)
    return null.rows(kinds, where, asked.worlds, asked.seed, asked.jobs, levels)


def lists(asked) -> None:
    groups = (asked.groups,) if asked.groups else (40, 450)
    kinds = chosen(asked, planted.KINDS)
    found = planted.rows(kinds, groups, asked.worlds, asked.seed, asked.jobs)
    say("2 % planted: lists at a false share of 10 %, and the top K", found, asked.json)


def cost(asked) -> None:
    found = speed.rows(asked.units, asked.indicators, asked.seed)
    say(f"{asked.units:,} units, {asked.indicators} indicators", found, asked.json)


COMMANDS = {
    "store": store,
    "null": nothing_wrong,
    "growth": growth,
    "planted": lists,
    "speed": cost,
}

if __name__ == "__main__":
    main()

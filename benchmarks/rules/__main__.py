"""What the rules catch of what is planted, and what they cost.

    python benchmarks/rules worlds [--seeds 5] [--first 92000] [--scale 1]
    python benchmarks/rules month FOLDER     all rules over a month of a city
    python benchmarks/rules each FOLDER      every rule beside the same by hand
    python benchmarks/rules day FOLDER       a day more: loaded, and asked about

FOLDER holds the city of `python benchmarks/features data FOLDER`: ten million fee
lines in 24 months. Demanded: all rules over a month within 60 s and 4 GB; each at most
1.5 times the same rule written by hand; none hits more than 5 % of honest units.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

MONTH = 23  # the last of 24


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("worlds", "month", "each", "day", "alone"))
    parser.add_argument("folder", type=Path, nargs="?", default=Path("reports/bench"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=92_000)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rules", default="", help="each: only R02,R06, say.")
    parser.add_argument("--nth", type=int, default=MONTH, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    globals()[f"say_{asked.what}"](asked)


def say_worlds(asked) -> None:
    import worlds

    worlds.say(range(asked.first, asked.first + asked.seeds), asked.scale)


def say_month(asked) -> None:
    """Print what all rules cost: nothing built, then month after month."""
    import speed

    root = speed.only_input(asked.folder / "city", asked.folder / "ruled")
    _alone("all rules, nothing built", root, MONTH)
    root = speed.only_input(asked.folder / "city", asked.folder / "ruled")
    _alone("the month before", root, MONTH - 1)
    _alone("all rules, a month more", root, MONTH)


def _alone(what: str, root: Path, nth: int) -> None:
    """Run in a process of its own and print wall, CPU and peak memory."""
    command = [sys.executable, str(Path(__file__).parent), "alone", str(root)]
    done = subprocess.run(
        [*command, "--nth", str(nth)], stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{what:28} wall {found['wall']:6.1f} s  cpu {found['cpu']:6.1f} s"
        f"  peak {found['peak']:6,.0f} MB",
        flush=True,
    )


def say_alone(asked) -> None:
    import speed

    start = time.perf_counter()
    speed.every_rule(asked.folder, _month(asked.folder, asked.nth))
    found = {
        "wall": time.perf_counter() - start,
        "cpu": time.process_time(),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


def _month(root: Path, nth: int):
    from anomaly.store.store import Store

    store = Store.open(root)
    months = store.months()
    store.close()
    return months[nth]


def say_day(asked) -> None:
    """Print how long a day more takes where everything before it is built."""
    import speed

    from anomaly.workspace import open_store

    root = asked.folder / "daily"
    speed.only_input(asked.folder / "city", root)
    month = _month(root, MONTH + 1)
    workspace = open_store(root)
    workspace.since("doctor", month.replace(day=28))
    workspace.store.close()
    lines = speed.write_day(root, month, asked.folder / "day")
    took = speed.take_day(root, month, asked.folder / "day")
    print(f"a day of {lines:,} fee lines: {took}")


def say_each(asked) -> None:
    """Print CPU seconds of every rule, built upon and from the tables, and ratios."""
    import speed

    city, built = asked.folder / "city", asked.folder / "ruled"
    month = _month(city, MONTH)
    speed.only_input(city, built)
    speed.every_rule(built, month)
    print("rule   on what is built: ours  hand  ratio   from the tables: ours  hand")
    totals = [0.0] * 4
    for rule in speed.chosen_rules(asked.rules):
        ours, text = speed.on_built(built, rule, month, asked.rounds)
        cold = speed.from_input(city, asked.folder / "one", rule, month)
        hand = speed.by_hand(city, rule, month)
        figures = (ours, text, cold, hand)
        totals = [a + b for a, b in zip(totals, figures, strict=True)]
        print(_row(rule.id, figures), flush=True)
    print(_row("sum", totals))


def _row(name: str, figures) -> str:
    ours, text, cold, hand = figures
    return (
        f"{name:6} {ours:8.2f} {text:8.2f} {ours / text:6.2f}"
        f" {cold:10.2f} {hand:8.2f} {cold / hand:6.2f}"
    )


if __name__ == "__main__":
    main()

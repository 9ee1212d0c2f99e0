"""Compare building features with the same work by hand, in one run on the same files.

    python benchmarks/features data FOLDER [--scale 17]      make a city and load it
    python benchmarks/features workload FOLDER [--rounds 3] [--ways "ours,polars"]
    python benchmarks/features catalogue FOLDER              a build and its parts
    python benchmarks/features large FOLDER [--times 10]     many times the lines

Scale 17 is about ten million fee lines in 24 months. Each measurement is a process of
its own. Demanded: the workload at most 1.2 times hand-written DuckDB in CPU, no slower
than Polars, at most half of pandas; the additive indicators of doctors together at
most twice one of them; the whole catalogue at most 1.3 times its steps by hand; a month
more at most 1/12 of all; ten times the lines within 4 GB, at most 1.2 times as dear
a line.
"""

import argparse
import shutil
from pathlib import Path

import catalogue as parts
import workload as contest
from agreement import assert_same
from grow import grow
from measuring import measured, say, say_cost_of, say_machine, say_ratios

MONTHS = 24
MICRO = 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=(*MEASURES, "alone"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=17.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--ways", default=",".join(contest.WAYS))
    parser.add_argument("--way", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.what == "alone":
        alone(asked.way, asked.folder)
    else:
        say_machine()
        MEASURES[asked.what](asked)


def alone(way: str, root: Path) -> None:
    """Run one way in this process; what is imported is not what is measured."""
    import duckdb  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    months = months_of(root)
    if way in contest.WAYS:
        out = result_of(root.parent, way)
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        say_cost_of(lambda: contest.WAYS[way](root, months[:MONTHS], out))
    else:
        say_cost_of(lambda: parts.WAYS[way](root, months, MONTHS))


def result_of(folder: Path, way: str) -> Path:
    return folder / f"by-{way.replace(' ', '-')}"


def months_of(root: Path) -> list:
    from anomaly.store.store import Store

    store = Store.open(root)
    months = store.months()
    store.close()
    return months


def lines_of(root: Path) -> int:
    """Return the fee lines of the months that are measured."""
    from anomaly.periods import month_text
    from anomaly.store.store import Store

    store = Store.open(root)
    months = [month_text(month) for month in store.months()[:MONTHS]]
    found = sum(part.row_count for part in store.parts("charge", months))
    store.close()
    return found


def data(asked) -> None:
    """Write a city and load it: FOLDER/city is the store of every measurement."""
    from anomaly.sources.mapping import load_mapping
    from anomaly.sources.world import write_world
    from anomaly.store.ingest import load
    from anomaly.store.store import Store

    export = asked.folder / "export"
    write_world(export, seed=2024, scale=asked.scale)
    store = Store.create(asked.folder / "city")
    load(store, [export], load_mapping())
    store.close()
    shutil.rmtree(export)
    print(f"{lines_of(asked.folder / 'city'):,} fee lines in {MONTHS} months")


def workload(asked) -> None:
    """Print what the workload takes in each way, and whether the results agree."""
    runs = {way: [] for way in asked.ways.split(",")}
    for _ in range(asked.rounds):
        for way, found in runs.items():
            found.append(measured(way, asked.folder / "city"))
    for way, found in runs.items():
        say(way, found)
    ours = runs.pop("ours", [])
    for way, found in runs.items():
        if ours and way != "raw scan":
            say_ratios(ours, found, way)
            for name in contest.RESULTS:
                pair = [
                    contest.result(result_of(asked.folder, one), name)
                    for one in ("ours", way)
                ]
                print(f"  {name}: {assert_same(name, *pair):,} rows, the same")


def fresh(folder: Path, name: str) -> Path:
    """Return a store with the city's input and nothing built."""
    root = folder / name
    shutil.rmtree(root, ignore_errors=True)
    contest.shared(folder / "city", root).close()
    return root


def _compare(way: str, root: Path, other: str, other_root: Path) -> None:
    one, every = measured(way, root), measured(other, other_root)
    say(way, [one])
    say(other, [every])
    print(f"  all over one, cpu: {every['cpu'] / one['cpu']:.2f}")


def catalogue(asked) -> None:
    """Print what a full build takes, its steps by hand, and a month more."""
    root = fresh(asked.folder, "built")
    count = lines_of(root)
    whole = measured("build", root)
    say(f"build, {count:,} lines", [whole])
    print(f"  {MICRO * whole['cpu'] / count:.1f} CPU-us a line")
    hand = measured("steps by hand", root)
    say("its steps by hand", [hand])
    print(f"  build over hand, cpu: {whole['cpu'] / hand['cpu']:.2f}")
    _compare("one indicator", root, "additive indicators", root)
    _compare(
        "one from input",
        fresh(asked.folder, "one"),
        "additive from input",
        fresh(asked.folder, "additive"),
    )
    more = measured("build a month more", root)
    say("a month more", [more])
    print(f"  1/{whole['cpu'] / more['cpu']:.1f} of the build, cpu")
    say("nothing to do", [measured("build", root)])


def large(asked) -> None:
    """Print what a full build of a city many times as large takes."""
    roots = {"small": fresh(asked.folder, "small"), "large": asked.folder / "large"}
    shutil.rmtree(roots["large"], ignore_errors=True)
    grow(asked.folder / "city", roots["large"], asked.times, MONTHS)
    each = {}
    for name, root in roots.items():
        count, found = lines_of(root), measured("build", root)
        each[name] = found["cpu"] / count
        say(f"{count:,} lines", [found])
        print(f"  {MICRO * each[name]:.1f} CPU-us a line")
    print(f"  a line, large over small: {each['large'] / each['small']:.2f}")
    say("raw scan", [measured("raw scan", roots["large"])])


MEASURES = {
    "data": data,
    "workload": workload,
    "catalogue": catalogue,
    "large": large,
}

if __name__ == "__main__":
    main()

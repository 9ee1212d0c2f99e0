"""Compare loading a GB18030 export with pandas.read_csv alone, in one run.

    python benchmarks/gb18030.py [MEGABYTES ...]

The file holds the sample's fee lines, each several times over under ids of its
own, in the order of the sample. Loading takes it through every check and into
Parquet; the settlements it follows are in the store before the clock starts.
Each reading is a process of its own, so that its peak memory is its own; pandas
and we take turns. Demanded at 500 MB: at most 1.2 times pandas' time and less
than 1.5 GB; and 2,000 MB in at most 4.4 times the time of 500.
"""

import csv
import gzip
import io
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample"
ROUNDS = 5
# Columns that get a copy's number in front, so that each copy has its own ids.
OWN = {
    "setl_d": ("setl_id", "init_setl_id", "mdtrt_id"),
    "mdtrt_d": ("mdtrt_id",),
    "fee_list_d": ("feedetl_sn", "setl_id", "mdtrt_id", "rx_drord_no"),
}


def write_copies(folder: Path, name: str, copies: int, most: float) -> Path:
    """Write a table of the sample several times over, at most so many bytes."""
    path = folder / f"{name}.csv"
    with gzip.open(SAMPLE / f"{name}.csv.gz", "rb") as stream, path.open("wb") as out:
        header = stream.readline()
        names = next(csv.reader(io.StringIO(header.decode("gb18030"))))
        own = [names.index(column) for column in OWN[name]]
        out.write(header)
        for line in stream:
            cells = line.split(b",")
            for copy in range(copies):
                mine = list(cells)
                for place in own:
                    if mine[place]:
                        mine[place] = b"%02d" % copy + mine[place]
                out.write(b",".join(mine))
            if out.tell() > most:
                break
    return path


def prepare(folder: Path, megabytes: int) -> Path:
    """Write a file of lines, and a store that holds the bills they belong to."""
    from anomaly.sources.mapping import load_mapping
    from anomaly.store.ingest import load
    from anomaly.store.store import Store

    size = megabytes * 1e6
    folder.mkdir()
    with gzip.open(SAMPLE / "fee_list_d.csv.gz") as stream:
        whole = stream.seek(0, io.SEEK_END)
    copies = int(size / whole) + 1
    lines = write_copies(folder, "fee_list_d", copies, size)
    bills = folder / "bills"
    bills.mkdir()
    for name in ("setl_d", "mdtrt_d"):
        write_copies(bills, name, copies, float("inf"))
    # A load asks for lines; this one is of no file that is measured.
    with lines.open("rb") as stream:
        header, line = stream.readline(), stream.readline()
    (bills / "fee_list_d.csv").write_bytes(header + b"first" + line)
    store = Store.create(folder / "store")
    load(store, [bills], load_mapping())
    store.close()
    shutil.rmtree(bills)
    return lines


def by_pandas(path: Path) -> int:
    """Read the file by pandas and do nothing with it; return its rows."""
    import pandas as pd

    return len(pd.read_csv(path, encoding="gb18030"))


def by_load(path: Path) -> int:
    """Load the file into a store that holds its bills; return the rows read."""
    from anomaly.sources.mapping import load_mapping
    from anomaly.store.ingest import load
    from anomaly.store.store import Store

    store = Store.open(path.with_name("trial"))
    book = load(store, [path], load_mapping()).accounts["charge"]
    if book.quarantined or not book.accepted:
        raise SystemExit(f"{book.quarantined} rows were quarantined")
    store.close()
    return book.read


def alone(way: str, path: str) -> None:
    """Measure one reading in this process; print it as JSON."""
    read = {"pandas": by_pandas, "load": by_load}[way]
    # What is imported is not what is measured.
    import pandas as pd  # noqa: F401

    from anomaly.sources.mapping import load_mapping
    from anomaly.store.ingest import load  # noqa: F401

    load_mapping()
    start, cpu = time.perf_counter(), time.process_time()
    rows = read(Path(path))
    found = {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        "rows": rows,
    }
    sys.stdout.write(json.dumps(found | {"peak": peak_megabytes()}))


def peak_megabytes() -> float:
    """Return this program's greatest resident memory so far, its parent's left out."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1e3


def measured(way: str, path: Path) -> dict:
    """Run one reading in a process of its own."""
    if way == "load":
        trial = path.with_name("trial")
        shutil.rmtree(trial, ignore_errors=True)
        shutil.copytree(path.with_name("store"), trial)
    with path.open("rb") as stream:  # warm for both
        while stream.read(1 << 24):
            pass
    command = [sys.executable, __file__, "--alone", way, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def compare(path: Path, rounds: int) -> float:
    """Print the rounds of one file; return our median seconds."""
    found = {"pandas": [], "load": []}
    for _ in range(rounds):
        for way, runs in found.items():
            runs.append(measured(way, path))
    middle = {w: statistics.median(r["seconds"] for r in found[w]) for w in found}
    ratios = sorted(
        b["seconds"] / a["seconds"]
        for a, b in zip(found["pandas"], found["load"], strict=True)
    )
    size, rows = path.stat().st_size / 1e6, found["load"][0]["rows"]
    print(f"{size:,.0f} MB, {rows:,} rows, {rounds} rounds")
    for way, runs in found.items():
        seconds = ", ".join(f"{run['seconds']:.1f}" for run in runs)
        cpu = statistics.median(run["cpu"] for run in runs)
        peak = max(run["peak"] for run in runs)
        print(f"  {way}: {seconds} s, cpu {cpu:.1f} s, peak {peak:,.0f} MB")
    each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"  ratio of medians {middle['load'] / middle['pandas']:.2f}; rounds {each}")
    return middle["load"]


def main(sizes: list[int]) -> None:
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python", sys.version.split()[0]
    )
    ours = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            lines = prepare(Path(name) / "data", size)
            ours[size] = compare(lines, ROUNDS if size <= 1000 else 1)
    if len(ours) > 1:
        first, last = min(ours), max(ours)
        print(f"{last} MB takes {ours[last] / ours[first]:.2f} times {first} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        alone(*sys.argv[2:])
    else:
        main([int(text) for text in sys.argv[1:]] or [500, 2000])

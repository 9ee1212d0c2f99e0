"""Measure how fast a large world is written, and in how much memory.

Usage: python benchmarks/world_scale.py [SCALE] [SEED]. Scale 15 is about ten million
fee lines. The files go to a temporary folder and are deleted.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from anomaly.sources.world import write_world


def main(scale: float, seed: int) -> None:
    """Write a world and print rows, megabytes, seconds and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        rows = write_world(Path(folder), seed=seed, scale=scale)
        seconds = time.perf_counter() - start
        size = sum(p.stat().st_size for p in Path(folder).iterdir()) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for name, count in rows.items():
        print(f"{name:26}{count:>12,}")
    print(f"scale {scale:g}: {size:.0f} MB, {seconds:.0f} s, peak {peak:.0f} MB")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(float(given[0]) if given else 1.0, int(given[1]) if given[1:] else 2024)

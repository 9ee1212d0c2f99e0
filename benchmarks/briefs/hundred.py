"""The sample prefecture cut into a hundred districts, for a run over many briefs.

    python benchmarks/briefs/hundred.py FOLDER

Each institution and pharmacy of data/sample gets a district of its own, as far as a
hundred go; nothing else is changed. The store is FOLDER/store.
"""

import csv
import gzip
import sys
from pathlib import Path

from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store

SAMPLE = Path("data/sample")
DISTRICTS = 100
# File -> its column of ids, and that of the district.
MASTERS = {
    "medins_info_b": ("medins_code", "admdvs"),
    "rtal_phac_b": ("rtal_phac_code", "admdvs"),
}
BILLS = {"setl_d": ("fixmedins_code", "fix_blng_admdvs")}
KEY = b"invented, as all of the sample is"


def main() -> None:
    folder = Path(sys.argv[1])
    export = folder / "export"
    export.mkdir(parents=True)
    places = {}
    for name, (ids, _) in MASTERS.items():
        for row in _rows(name):
            places.setdefault(row[ids], f"{990001 + len(places) % DISTRICTS}")
    for path in sorted(SAMPLE.glob("*.csv.gz")):
        name = path.name.removesuffix(".csv.gz")
        if name == "districts":
            _write(export, name, _named(set(places.values())))
        elif name in MASTERS | BILLS:
            ids, district = (MASTERS | BILLS)[name]
            moved = (row | {district: places[row[ids]]} for row in _rows(name))
            _write(export, name, moved)
        else:
            (export / path.name).write_bytes(path.read_bytes())
    store = Store.create(folder / "store")
    load(store, [export], load_mapping(), key=KEY)
    store.close()


def _rows(name: str):
    with gzip.open(SAMPLE / f"{name}.csv.gz", "rt", encoding="gb18030") as stream:
        yield from csv.DictReader(stream)


def _named(codes: set[str]):
    for code in sorted(codes):
        yield {"district": code, "district_name": f"测试区{code[-3:]}"}


def _write(export: Path, name: str, rows) -> None:
    with (export / f"{name}.csv").open("w", encoding="gb18030", newline="") as stream:
        writer = None
        for row in rows:
            if writer is None:
                writer = csv.DictWriter(stream, list(row))
                writer.writeheader()
            writer.writerow(row)


if __name__ == "__main__":
    main()

"""The workload's four ways, each a function of (store folder, months, out folder)."""

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
TABLES = ("settlement", "visit", "charge")
RESULTS = ("doctor_growth", "person_drug", "person_overlap", "duplicate_pair")


def by_us(root: Path, months: Sequence[date], out: Path) -> None:
    """Run the steps by the builder, in a store that shares the inputs' files."""
    from anomaly.store.steps import Runner, read_steps

    store = shared(root, out / "store")
    Runner(store, list(read_steps(HERE / "steps").values())).run(months)
    store.close()


def result(out: Path, name: str) -> list[Path]:
    """Return the files of a result: one, or ours by month."""
    ours = sorted(out.glob(f"store/data/{name}/*/*.parquet"))
    return ours or [out / f"{name}.parquet"]


def shared(root: Path, copy: Path):
    """Return a store of its own whose input files are those of another, by link."""
    from anomaly.store.store import Store

    copy.mkdir(parents=True)
    shutil.copy(root / "catalog.sqlite", copy)
    for path in (root / "data").rglob("*.parquet"):
        own = copy / path.relative_to(root)
        own.parent.mkdir(parents=True, exist_ok=True)
        own.hardlink_to(path)
    return Store.open(copy)


def inputs(root: Path, months: Sequence[date]) -> dict[str, list[str]]:
    """Return the Parquet files of each table of the workload."""
    from anomaly.periods import month_text
    from anomaly.store.store import Store

    store = Store.open(root)
    texts = [month_text(month) for month in months]
    found = {
        name: [str(root / part.path) for part in store.parts(name, texts)]
        for name in TABLES
    }
    store.close()
    return found


def connect(root: Path, months: Sequence[date]):
    """Return a plain DuckDB connection that sees the tables of the workload."""
    import duckdb

    connection = duckdb.connect()
    for name, paths in inputs(root, months).items():
        connection.execute(
            f"CREATE VIEW {name} AS SELECT * FROM read_parquet({paths},"
            " union_by_name = true, hive_partitioning = false)"
        )
    return connection


def by_hand(root: Path, months: Sequence[date], out: Path) -> None:
    """Run the script written by hand, all months at once."""
    script = (HERE / "by_duckdb.sql").read_text(encoding="utf-8")
    connect(root, months).execute(script.replace("{out}", str(out)))


def by_polars(root: Path, months: Sequence[date], out: Path) -> None:
    from by_polars import run

    run(inputs(root, months), out)


def by_pandas(root: Path, months: Sequence[date], out: Path) -> None:
    from by_pandas import run

    run(inputs(root, months), out)


def floor(root: Path, months: Sequence[date], out: Path) -> None:
    """Read the columns that the workload needs, and nothing else: the floor."""
    from by_pandas import COLUMNS

    connection = connect(root, months)
    for name, columns in COLUMNS.items():
        cells = ", ".join(f"max({column})" for column in columns.split())
        connection.execute(f"SELECT {cells} FROM {name}").fetchall()


WAYS = {
    "ours": by_us,
    "duckdb by hand": by_hand,
    "polars": by_polars,
    "pandas": by_pandas,
    "raw scan": floor,
}

"""Two engines, one store: drawn worlds with something for every step, compared."""

import math
import shutil
from pathlib import Path

import drawn
import pyarrow as pa
import pyarrow.parquet as pq

from anomaly.rules import hits
from anomaly.store.spark_session import local_settings
from anomaly.store.steps import Runner, needed
from anomaly.store.store import Store

# What the drawn tables need beside their defaults, for rules and pharmacies.
EXTRA = {
    "SETTLEMENT": {"hosp_lv": "05"},
    "VISIT": {"dscg_maindiag_code": "I10.x00", "dscg_way": "1"},
    "INSTITUTION": {},
    "DEFAULTS": {
        "rtal_phac_b": {
            "rtal_phac_code": "R1",
            "rtal_phac_name": "乙区测试药店",
            "admdvs": "990102",
            "brch_flag": "1",
        }
    },
}


def widen(monkeypatch) -> None:
    """Give the drawn tables the columns that rules and pharmacies need."""
    for name, cells in EXTRA.items():
        for key, value in cells.items():
            monkeypatch.setitem(getattr(drawn, name), key, value)


def copy(store: Store, root: Path, engine: str = "spark") -> Store:
    """Return a copy of a store, opened to be built by an engine."""
    shutil.copytree(store.root, root)
    return Store.open(root, engine=engine)


def small_spark() -> dict[str, str]:
    """Return the settings of a Spark for a few rows a step.

    Its time goes into planning: compiling code for a plan takes longer than to run
    the plan, and so does compiling Spark itself well.
    """
    settings = local_settings() | {
        "spark.master": "local[2]",
        "spark.default.parallelism": "1",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.maxPlanStringLength": "100",
    }
    settings["spark.driver.extraJavaOptions"] += (
        " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    )
    return settings


def build(store: Store, months, targets=None) -> int:
    """Build some steps and what they rest on, or all; return how many ran."""
    known = hits.every_step()
    wanted = known if targets is None else needed(known, targets)
    return Runner(store, wanted).run(months)


def keys(store: Store) -> list[tuple]:
    """Return what the catalog says of the parts, save their bytes."""
    parts = store.catalog.all_parts()
    return [(p.dataset, p.month, p.path, p.key, p.row_count) for p in parts]


def assert_same_store(one: Store, other: Store) -> None:
    """Same keys, types and rows: exact, but for doubles within 1e-9."""
    assert keys(one) == keys(other)
    for dataset, month, path, *_ in keys(one):
        left, right = (pq.read_table(store.root / path) for store in (one, other))
        assert_same_table(left, right, f"{dataset} {month}")


def assert_same_table(left: pa.Table, right: pa.Table, where: str = "") -> None:
    types = [
        [(field.name, field.type) for field in table.schema] for table in (left, right)
    ]
    assert types[0] == types[1], where
    pairs = zip(_sorted(left), _sorted(right), strict=True)
    for row, twin in pairs:
        for name, cell in row.items():
            assert _same(cell, twin[name]), f"{where}: {name} {cell} {twin[name]}"


def _sorted(table: pa.Table) -> list[dict]:
    exact = [f.name for f in table.schema if not pa.types.is_floating(f.type)]
    return sorted(table.to_pylist(), key=lambda row: str([row[n] for n in exact]))


def _same(cell, twin) -> bool:
    if isinstance(cell, float) and isinstance(twin, float):
        return math.isclose(cell, twin, rel_tol=1e-9, abs_tol=1e-12)
    return cell == twin and type(cell) is type(twin)

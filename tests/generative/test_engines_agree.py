"""DuckDB and Spark: one text, one answer, for every step and for drawn worlds.

ANOMALY_WORLDS says how many random worlds are tried (1 if it does not); where it is
set they are new ones each time.
"""

import os
import tempfile
from datetime import date
from pathlib import Path

import engines
import pyarrow.parquet as pq
import pytest
from drawn import bill, write_bills
from drawn_indicators import load_world, worlds
from drawn_worlds import world as drawn_world
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from anomaly.errors import PolicyError, StoreError
from anomaly.features.builder import all_steps, datasets
from anomaly.periods import parse_month
from anomaly.sources.mapping import load_mapping
from anomaly.store.duckdb_engine import DuckDBEngine
from anomaly.store.ingest import load
from anomaly.store.spark_engine import SparkEngine
from anomaly.store.store import Store
from anomaly.store.verify import verify
from anomaly.workspace import open_store

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("spark", "wide")]

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
# Of the worlds of indicators those that have rows for every step, and of which
# steps: of all that the world expects, if none are named.
WORLDS = {"care": [], "persons": []}
WORLDS |= {"handlers": ["agency_handler"], "change": ["institution_shift"]}
# The worlds of the rules hold each of them to both engines.
# Held to both engines by worlds of their own, in tests/spec/test_screen.py.
SCREENED = {"unknown_id", "shared_code", "count_unit", "neighbour_code"}
HITS = ["hits_r02", "hits_r20", "hits_r24"]
NIGHT = """
[night_fee]
zh = "夜间费用占比"
en = "Share of fees at night"
units = ["agency"]
step = "review_fact"
kind = "share_of_money"
block = "pattern"
direction = "high"
measure = "share"
part = "CASE WHEN is_reviewed = 1 THEN fund_pay ELSE 0 END"
whole = "fund_pay"
why_it_matters = "本地关注的夜间结算。"
basis = "本地要求"
reviewed = 2026-11-21
"""


@pytest.fixture(scope="module")
def wide():
    with pytest.MonkeyPatch.context() as patch:
        engines.widen(patch)
        yield


def eventful_store(folder: Path) -> Store:
    """Load the eventful world into a store of its own."""
    store = Store.create(folder / "duckdb")
    load(store, [write_bills(folder / "x", eventful())], load_mapping())
    return store


def ticket(number, at="2026-06-04 09:00:00", **cells):
    times = {"begntime": at, "endtime": at, "setl_time": at, "fee_ocur_time": at}
    return bill(number, **(times | cells))


def stay(number, start, end, **cells):
    times = {"begntime": start, "endtime": end, "setl_time": end}
    return bill(number, **(times | {"med_type": "21"} | cells))


def purchase(number, minute, person):
    at = f"2026-06-09 09:{minute:02d}:30"
    shop = {"med_type": "41", "fixmedins_code": "R1", "chfpdr_code": ""}
    return ticket(number, at, psn_no=person, **shop)


def refund(number, of, fee):
    """A refund of an earlier ticket, the same month."""
    cells = {"refd_setl_flag": "1", "init_setl_id": f"S{of}"}
    return ticket(number, fee=fee, **cells)


def eventful():
    """Two months in which each step and each rule finds something."""
    tickets = [
        ticket(
            n,
            f"2026-06-{n % 27 + 1:02d} 10:00:0{n % 9}",
            fee=f"{n}.37",
            chfpdr_code=f"D{n % 3}",
        )
        for n in range(1, 40)
    ]
    nobody = [ticket(n, chfpdr_code="00000") for n in range(40, 43)]
    twice = [
        ticket(n, "2026-06-20 11:00:00", psn_no=f"P{n % 6}") for n in range(50, 62)
    ]
    stays = [
        stay(70, "2026-05-20 09:00:00", "2026-05-30 11:00:00"),
        stay(71, "2026-06-05 09:00:00", "2026-06-15 11:00:00"),
        stay(72, "2026-06-20 09:00:00", "2026-06-22 11:00:00", dscg_way=""),
    ]
    swipes = [purchase(n, n - 80, f"P{n}") for n in range(80, 88)]
    back = [refund(90, 5, "-5.37"), refund(91, 6, "-1.00")]
    early = [ticket(n, "2026-05-07 08:00:00") for n in range(100, 104)]
    return tickets + nobody + twice + stays + swipes + back + early


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """{world: its stores, built by DuckDB and by Spark}, for what each expects."""
    found = {}
    for name in WORLDS:
        world = worlds()[name]
        folder = tmp_path_factory.mktemp(name)
        store = Store.open(load_world(folder, world))
        twin = engines.copy(store, folder / "spark")
        units = world["expect"]
        targets = WORLDS[name] or [f"unit_{unit}" for unit in units]
        if not WORLDS[name]:
            targets += [step for unit in units for step in datasets(unit)]
        for one in (store, twin):
            engines.build(one, [parse_month(world["month"])], targets)
        found[name] = store, twin
    folder = tmp_path_factory.mktemp("eventful")
    store = eventful_store(folder)
    twin = engines.copy(store, folder / "spark")
    for one in (store, twin):
        engines.build(one, [MAY, JUNE], HITS)
    return found | {"eventful": (store, twin)}


@pytest.mark.parametrize("name", [*WORLDS, "eventful"])
def test_both_engines_find_the_same(built, name):
    store, twin = built[name]
    engines.assert_same_store(store, twin)
    assert verify(twin) == []


def test_every_step_was_seen_with_rows(built):
    parts = [part for store, _ in built.values() for part in store.catalog.all_parts()]
    seen = {part.dataset for part in parts if part.row_count}
    assert [name for name in all_steps() if name not in seen | SCREENED] == []


def test_either_goes_on_where_the_other_left_off(built, tmp_path):
    for number, (goes_on, left_off) in enumerate(
        (built["eventful"], built["eventful"][::-1])
    ):
        engine = goes_on.engine.name
        heir = engines.copy(left_off, tmp_path / str(number), engine)
        assert engines.build(heir, [MAY, JUNE], HITS) == 0


def test_own_indicators_are_built_too(built, tmp_path):
    store, twin = built["care"]
    (tmp_path / "night.toml").write_text(NIGHT, encoding="utf-8")
    found = [
        open_store(one.root, tmp_path, one.engine.name).features("agency", "2026-05")
        for one in (store, twin)
    ]
    assert "night_fee" in set(found[1]["indicator"])
    assert found[0].equals(found[1])


def test_own_indicators_hear_what_the_engine_says(built, tmp_path):
    text = NIGHT.replace("fund_pay ELSE", "list_sum([fund_pay]) ELSE")
    (tmp_path / "night.toml").write_text(text, encoding="utf-8")
    plain, twin = (
        open_store(one.root, tmp_path, one.engine.name) for one in built["care"]
    )
    plain.features("agency", "2026-05")
    with pytest.raises(PolicyError, match="night_fee"):
        twin.features("agency", "2026-05")


def test_what_spark_refuses_is_one_clear_line(tmp_path):
    engine = SparkEngine(DuckDBEngine(tmp_path))
    with pytest.raises(StoreError, match="'odd' cannot be built by Spark"):
        engine.write("SELECT list_sum([1]) AS n", tmp_path / "odd.parquet")


def test_rows_that_have_an_order_are_written_in_it(built, tmp_path):
    store = built["care"][0]
    twin = SparkEngine(DuckDBEngine(tmp_path))
    (part,) = store.parts("features_doctor", ["2026-05"])
    path = tmp_path / "ordered.parquet"
    twin.view("f", [store.root / part.path], {})
    twin.write("SELECT * FROM f ORDER BY value DESC, indicator, unit_id", path)
    cells = pq.read_table(path).select(["value", "indicator", "unit_id"]).to_pylist()
    wanted = sorted(
        cells,
        key=lambda c: (
            c["value"] is None,
            -(c["value"] or 0),
            c["indicator"],
            c["unit_id"],
        ),
    )
    assert cells == wanted


LITERALS = """
SELECT
    CAST('一' AS VARCHAR) AS word, CAST(NULL AS VARCHAR) AS no_word,
    true AS yes, CAST(NULL AS BOOLEAN) AS unknown,
    CAST('0001-01-01' AS DATE) AS long_ago,
    CAST('1900-01-01 00:00:00' AS TIMESTAMP) AS before_zones,
    CAST('2026-03-29 02:30:00.123456' AS TIMESTAMP) AS spring,
    CAST('9999999999999999.99' AS DECIMAL(18,2)) AS money,
    CAST('-0.000001' AS DECIMAL(18,6)) AS price,
    sum(CAST('9999999999999999.99' AS DECIMAL(18,2))) AS total,
    avg(CAST('0.01' AS DECIMAL(18,2))) AS mean,
    count(*) AS n, 1 AS one, sum(1) AS ones,
    CAST(1 AS DOUBLE) / 3 AS third
"""


def test_every_type_is_written_the_same(tmp_path):
    folder = tmp_path / "帐 {a}[b]*"
    folder.mkdir()
    plain = DuckDBEngine(folder)
    found = {}
    for engine in (plain, SparkEngine(plain)):
        path = folder / f"{engine.name}.parquet"
        assert engine.write(LITERALS, path) == 1
        # Read again and written again: the other's file is as good as one's own.
        engine.view("once", [path], {})
        again = folder / f"{engine.name}2.parquet"
        assert engine.write("SELECT * FROM once", again) == 1
        found[engine.name] = [pq.read_table(path), pq.read_table(again)]
    for table in [*found["spark"], found["duckdb"][1]]:
        engines.assert_same_table(found["duckdb"][0], table)


def test_only_the_latest_of_a_key_is_seen(tmp_path):
    plain = DuckDBEngine(tmp_path)
    old, new = tmp_path / "old.parquet", tmp_path / "new.parquet"
    plain.write("SELECT 'a' AS id, 1 AS v, 1 AS no UNION ALL SELECT 'b', 1, 1", old)
    plain.write("SELECT 'a' AS id, 2 AS v, 2 AS no", new)
    engine = SparkEngine(plain)
    engine.view("m", [old, new], {}, (("id",), "no"))
    engine.write("SELECT * FROM m ORDER BY id", tmp_path / "out.parquet")
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert rows == [{"id": "a", "v": 2}, {"id": "b", "v": 1}]


def test_a_file_may_lack_a_column(tmp_path):
    plain = DuckDBEngine(tmp_path)
    whole, part = tmp_path / "whole.parquet", tmp_path / "part.parquet"
    plain.write("SELECT 'a' AS id, 1 AS v", whole)
    plain.write("SELECT 'b' AS id", part)
    engine = SparkEngine(plain)
    engine.view("m", [whole, part], {"id": "VARCHAR", "v": "INTEGER"})
    assert engine.write("SELECT * FROM m", tmp_path / "out.parquet") == 2
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert sorted(rows, key=str) == [{"id": "a", "v": 1}, {"id": "b", "v": None}]


def test_no_rows_have_columns_too(tmp_path):
    engine = SparkEngine(DuckDBEngine(tmp_path))
    engine.view("m", [], {"id": "VARCHAR", "fee": "DECIMAL(18,2)"})
    assert engine.write("SELECT * FROM m", tmp_path / "none.parquet") == 0
    assert [str(f.type) for f in pq.read_schema(tmp_path / "none.parquet")] == [
        "string",
        "decimal128(18, 2)",
    ]


# A world costs Spark a run of every step; one that fails is told by its number.
@settings(
    max_examples=int(os.environ.get("ANOMALY_WORLDS", "1")),
    deadline=None,
    derandomize="ANOMALY_WORLDS" not in os.environ,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(number=st.integers(0, 2**32))
def test_drawn_worlds_agree(number):
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(load_world(Path(folder), drawn_world(number)))
        twin = engines.copy(store, Path(folder) / "spark")
        for one in (store, twin):
            engines.build(one, [MAY])
        engines.assert_same_store(store, twin)
        for one in (store, twin):
            one.close()

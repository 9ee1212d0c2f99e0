"""What is read quickly is read as the careful reading would have read it."""

import pytest
from drawn import CHARGE, DOCTOR, SETTLEMENT, VISIT
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly.sources.mapping import load_mapping
from anomaly.sources.source import TextOptions
from anomaly.sources.textfile import TextFile
from anomaly.store.blocks import blocks
from anomaly.store.duckdb_engine import DuckDBEngine
from anomaly.store.incoming import Incoming
from anomaly.store.staging import Staging

PERSON = {"psn_no": "P1", "certno": "99010119000101123X", "tel": "10000000777"}
PLAIN = {
    "fee_list_d": CHARGE,
    "setl_d": SETTLEMENT,
    "mdtrt_d": VISIT,
    "dr_info_b": DOCTOR | {"certno": PERSON["certno"]},
    "psn_info_b": PERSON,
}
ODD = [
    *["", " ", "0", "1", "是", "N", "TRUE", "t", "2", "08", "9", "1.005", "1e3", ".5"],
    *["5.", "+5", "1_000", "1,234.50", "12,3", "-0", "nan", "inf", "1e18", "0x10"],
    *["2026-05-04", "2026/05/04", "20260504", "2026-5-4", "2026-05-04T08:00:00"],
    *["2026-05-04 08:00", "2026-05-04 08:00:00.5", "2026-05-04 08:00:00+08", "24:00"],
    *["0000-00-00", "00000000", "0024-05-02", "2126-01-01", "infinity", "Ｌ１", "１２"],
    *["甲 乙", "甲\u3000", "\u00a0D1", "L1 ", "\tL1", "1.2E+17", "E+", "a+b", "\ufffd"],
    *['"x"', '"a""b"', '5" pipe', '"a"b', '""', '"1"', '"甲,乙"', "setl_id", "γ-球"],
]
CELLS = st.sampled_from(ODD) | st.text(
    st.characters(codec="utf-8", exclude_characters='\n\r,"\0'), max_size=6
)


@st.composite
def rows(draw):
    """Draw a table and a few of its rows, some cells of which are odd."""
    name = draw(st.sampled_from(sorted(PLAIN)))
    headers = list(PLAIN[name])
    found = []
    for _ in range(draw(st.integers(1, 5))):
        row = dict(PLAIN[name])
        row |= draw(st.dictionaries(st.sampled_from(headers), CELLS, max_size=3))
        found.append(row)
    return name, found


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = DuckDBEngine(tmp_path_factory.mktemp("scratch"), threads=1)
    engine.execute("SET preserve_insertion_order = true")
    engine.execute(
        "CREATE TEMP TABLE link_month AS SELECT 'S1' AS settlement_id,"
        " DATE '2026-05-01' AS month"
    )
    yield engine
    engine.close()


def staged(engine, path, quickly):
    source = TextFile(path, TextOptions(delimiter="comma", encoding="utf-8"))
    mapping = load_mapping()
    table = mapping.table_of(source.stem)
    incoming = Incoming(source, table, mapping.match(table, source.header))
    staging = Staging(
        engine.connection, incoming, mapping, path.parent, key=b"k", quickly=quickly
    )
    (_,) = staging.each(blocks(source))
    columns = ", ".join(["line", *staging.given, "reason"])
    found = engine.connection.execute(
        f"SELECT {columns} FROM staged WHERE reason IS NULL ORDER BY line"
    ).fetchall()
    out = engine.connection.execute(
        "SELECT line, reason FROM staged WHERE reason IS NOT NULL"
        " UNION ALL SELECT line, reason FROM rejected ORDER BY 1"
    ).fetchall()
    return found, out, staging.plain.num_rows


def compare(engine, folder, name, table):
    """Stage rows both ways; return how many the quick reading took."""
    path = folder / f"{name}.csv"
    lines = [",".join(PLAIN[name]), *(",".join(row.values()) for row in table)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    quick, careful = (staged(engine, path, quickly) for quickly in (True, False))
    assert quick[:2] == careful[:2]
    assert careful[2] == 0
    return quick[2]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(rows())
def test_quick_and_careful_agree(engine, tmp_path_factory, drawn):
    compare(engine, tmp_path_factory.mktemp("x"), *drawn)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("fee_list_d", "feedetl_sn"),
        ("fee_list_d", "med_chrgitm_type"),
        ("mdtrt_d", "adm_dept_name"),
        ("mdtrt_d", "begntime"),
        ("setl_d", "medfee_sumamt"),
        ("setl_d", "refd_setl_flag"),
        ("psn_info_b", "certno"),
        ("psn_info_b", "tel"),
    ],
)
def test_every_odd_cell_in_every_kind_of_column(engine, tmp_path, name, header):
    for cell in ODD:
        compare(engine, tmp_path, name, [PLAIN[name] | {header: cell}])


def test_what_is_plain_is_not_looked_at_twice(engine, tmp_path):
    for name, row in PLAIN.items():
        assert compare(engine, tmp_path, name, [row] * 5) == 5

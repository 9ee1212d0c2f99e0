"""Mappings proposed for exports whose headers nobody knows."""

import csv
import gzip
import json
import random
from itertools import islice
from pathlib import Path

import pytest
from typer.testing import CliRunner

from anomaly.cli.main import app
from anomaly.errors import AnomalyError, DataRefusedError
from anomaly.sources.likeness import alike, edits
from anomaly.sources.mapping import load_mapping
from anomaly.sources.suggest import MASK, overlay, read_head, suggest
from anomaly.tables import tables

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
TABLES = ("setl_d", "mdtrt_d", "fee_list_d")
# What bureaus write instead.
VARIED = (
    ("金额", "额"), ("编号", "代码"), ("代码", "编码"), ("时间", "日期"),
    ("类别", "类型"), ("名称", "名"), ("标志", "标识"),
)  # fmt: skip


@pytest.fixture(scope="module")
def rows():
    """The first rows of the sample's three main tables, header first."""
    found = {}
    for name in TABLES:
        with gzip.open(SAMPLE / f"{name}.csv.gz", "rt", encoding="gb18030") as stream:
            found[name] = list(islice(csv.reader(stream), 2001))
    return found


def write(path, rows, encoding="gb18030"):
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def varied(name, at):
    """A Chinese name as another bureau would head it."""
    old, new = VARIED[at % len(VARIED)]
    changed = name.replace(old, new)
    match at % 5:
        case 0:
            return f"{changed}（元）"
        case 1:
            return f"本次{changed}"
        case 2 if len(changed) > 4:
            middle = len(changed) // 2
            return changed[:middle] + changed[middle + 1 :]
        case _:
            return f"{changed} "


def recovered(rows, folder, header_of, seed):
    """Return the share of columns suggested rightly, and those that were not."""
    mapping, right, wrong = load_mapping(), 0, []
    for name in TABLES:
        table = mapping.table_of(f"{name}.csv")
        header, *cells = rows[name]
        order = list(range(len(header)))
        random.Random(seed).shuffle(order)  # noqa: S311
        meant = [mapping.columns[table.name][header[i]] for i in order]
        heads = [header_of(table.column(c).zh, n) for n, c in enumerate(meant)]
        shuffled = [[row[i] for i in order] for row in cells]
        path = write(folder / f"{name}.csv", [heads, *shuffled])
        _, found = suggest(path, mapping)
        for one, column in zip(found, meant, strict=True):
            right += one.column == column
            if one.column != column:
                wrong.append((one.header, column, one.column))
    return right / (right + len(wrong)), wrong


def test_chinese_names_a_little_different_are_recovered(rows, tmp_path):
    share, wrong = recovered(rows, tmp_path, varied, seed=1)
    assert share >= 0.9, f"by name: {share:.1%} recovered; not: {wrong}"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_most_columns_are_recovered_by_their_values_alone(rows, tmp_path, seed):
    share, wrong = recovered(rows, tmp_path, lambda _, n: f"c{n + 1}", seed)
    assert share >= 0.6, f"by values alone: {share:.1%} recovered; not: {wrong}"


@pytest.mark.parametrize("name", TABLES)
def test_the_table_itself_is_guessed(rows, tmp_path, name):
    header, *cells = rows[name]
    mapping = load_mapping()
    wanted = mapping.table_of(f"{name}.csv")
    zh = [wanted.column(mapping.columns[wanted.name][h]).zh for h in header]
    path = write(tmp_path / "export.csv", [zh, *cells[:200]])
    table, _ = suggest(path, mapping)
    assert table.name == wanted.name


def test_names_are_near_or_far():
    assert edits("abc", "abd") == edits("ab", "abc") == 1
    assert alike("SETL_ID", "setl_id") == 1
    assert alike("医疗费总额(元)", "医疗费总额") > 0.9
    assert alike("结算日期", "结算时间") > 0.9
    assert alike("性别", "医疗费总额") == 0


PERSONAL = [
    ["参保人姓名", "身份证号码", "备用列", "就诊标识"],
    ["测试甲", "990101190001010000", "13900000000", "V1"],
    ["测试乙", "990101190001020000", "13900000001", "V2"],
]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_what_may_be_a_person_is_masked(tmp_path, encoding):
    path = write(tmp_path / "x.csv", PERSONAL, encoding)
    _, found = suggest(path, load_mapping(), "visit")
    assert [one.example for one in found[:3]] == [MASK] * 3
    text = json.dumps([vars(one) for one in found]) + overlay(
        path, tables()["visit"], found
    )
    for row in PERSONAL[1:]:
        assert not any(cell in text for cell in row[:3])


def test_no_more_than_two_thousand_rows_are_read(tmp_path):
    path = write(tmp_path / "x.csv", [["a"], *([str(i)] for i in range(5000))])
    _, values = read_head(path)
    assert len(values[0].cells) == 2000


@pytest.mark.parametrize("content", [b"", b"a,b\n", b"\x00\x01"])
def test_a_file_without_rows_is_refused(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(DataRefusedError, match=r"x\.csv"):
        suggest(path, load_mapping())


def test_the_overlay_written_is_a_mapping(rows, tmp_path):
    header, *cells = rows["setl_d"]
    heads = ["医疗费总额（元）" if h == "medfee_sumamt" else h for h in header]
    heads = ['奇"怪' if h == "year" else h for h in heads]
    path = write(tmp_path / "结算导出_202606.csv", [heads, *cells[:300]])
    out = tmp_path / "own.toml"
    command = ["mapping", "suggest", str(path), "--table", "settlement", "--json"]
    done = CliRunner().invoke(app, [*command, "--out", str(out)])
    assert done.exit_code == 0, done.output
    told = {one["header"]: one for one in json.loads(done.stdout)["columns"]}
    assert told["医疗费总额（元）"]["column"] == "total_fee"
    mapping = load_mapping(str(out))
    assert mapping.table_of(path.name).name == "settlement"
    known = mapping.match(tables()["settlement"], tuple(heads))
    assert known["total_fee"] == header.index("medfee_sumamt")


def test_mapping_list_and_check_answer_in_json(tmp_path, loaded):
    from drawn import bill, write_bills

    done = CliRunner().invoke(app, ["mapping", "list", "--table", "charge", "--json"])
    columns = {one["column"]: one for one in json.loads(done.stdout)["columns"]}
    assert columns["line_amount"]["names"] == "det_item_fee_sumamt"
    assert columns["fee_category"]["codes"]["09"] == "西药费"
    folder = write_bills(tmp_path / "x", [bill(1)])
    path = folder / "mdtrt_d.csv"
    path.write_text(path.read_text("gb18030").replace("begntime", "x"), "gb18030")
    store, _ = loaded(folder)
    done = CliRunner().invoke(
        app, ["mapping", "check", "--store", str(store.root), "--json"]
    )
    told = {one["id"]: one for one in json.loads(done.stdout)["needs"]}
    assert told["drug_share"]["allowed"]
    assert not told["R02"]["allowed"]
    assert any("visit.admitted_at" in one for one in told["R02"]["missing"])


def test_what_an_indicator_rests_on_is_followed_through_the_steps():
    from anomaly.leads.needs import traced

    rests = traced({"drug_fee"}, ["visit_fact"])
    assert {("charge", "fee_category"), ("charge", "line_amount")} <= rests
    assert ("visit", "attending_doctor_id") not in rests
    assert ("visit", "attending_doctor_id") in traced({"doctor_id"}, ["visit_fact"])


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["suggest", "nowhere.csv"], "does not exist"),
        (["suggest", "nowhere.csv", "--table", "x"], "table 'x'"),
        (["suggest", "nowhere.csv", "--out", "x.csv"], "ends in .toml"),
        (["suggest", "nowhere.csv", "--mapping", "x.toml"], "'x.toml' does not exist"),
        (["list", "--table", "x"], "table 'x'"),
        (["check", "--store", "nowhere"], "there is none"),
    ],
)
def test_bad_words_are_one_clear_line(words, error):
    done = CliRunner().invoke(app, ["mapping", *words])
    assert isinstance(done.exception, AnomalyError)
    assert done.exception.exit_code == 2
    assert error in str(done.exception)

"""From approved claims to blind packets and what comes back, on a drawn store."""

import shutil
from decimal import Decimal

import openpyxl
import pytest
from commands import run
from drawn import bill, write_bills

import anomaly
from anomaly.errors import AnomalyError, DataRefusedError, UsageError
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store

MONTH = "2026-05"
NAMES = ("测试甲", "甲区测试医院", "测试医师", "P7", "H1", "D1", "2026")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sampling")
    bills = [bill(n, psn_no=f"P{n}", fee=f"{50 + n}.00") for n in range(60)]
    store = Store.create(folder / "store")
    load(store, [write_bills(folder / "bills", bills)], load_mapping())
    store.close()
    return folder / "store"


@pytest.fixture
def store(filled, tmp_path):
    return anomaly.open_store(shutil.copytree(filled, tmp_path / "store"))


def answer(path, improper, amounts=(), yes="是", no="否"):
    """Fill in a packet: these numbers are improper, some with their yuan."""
    book = openpyxl.load_workbook(path)
    sheet = book["claims"]
    heads = [cell.value for cell in sheet[1]]
    said, yuan = heads.index("是否违规") + 1, heads.index("违规金额") + 1
    for row in range(2, sheet.max_row + 1):
        number = sheet.cell(row, 1).value[-3:]
        sheet.cell(row, said).value = yes if number in improper else no
        sheet.cell(row, yuan).value = dict(amounts).get(number)
    book.save(path)
    return path


def test_a_sample_is_kept_once_and_reviewed(store):
    kept = store.draw_sample("H1", MONTH, "种子", by="li")
    assert (kept.sample_id, len(kept.claims)) == ("S1", 20)
    assert kept.table["population"].tolist() == [60]
    with pytest.raises(UsageError, match="S1: it has claims of H1 of 2026-05"):
        store.draw_sample("H1", MONTH, "other")
    with pytest.raises(UsageError, match="no claim in"):
        store.draw_sample("H9", MONTH, "s")
    with pytest.raises(UsageError, match="nobody has reviewed it"):
        store.estimate("S1")
    name, (_, paid) = next(iter(kept.claims.items()))
    for wrong, says in (
        ({"X": Decimal(1)}, "it is not of sample S1"),
        ({name: Decimal(paid) + 1}, f"at most {paid}"),
        ({name: Decimal(0)}, "more than 0"),
    ):
        with pytest.raises(DataRefusedError, match=says):
            store.record_findings("S1", wrong)
    store.record_findings("S1", {name: Decimal(paid)})
    told = store.estimate("S1")
    assert (told.claims, told.sampled, told.improper) == (60, 20, 1)
    assert told.share.estimate == pytest.approx(1 / 20)
    assert told.share.at_least * 60 == pytest.approx(1)
    assert told.yuan.at_least >= float(paid)
    (row,) = store.samples().to_dict("records")
    assert row["share"] == 0.05


def test_a_packet_says_nothing_of_whose_claims_they_are(store, tmp_path):
    store.draw_sample("H1", MONTH, "seed")
    paths = store.write_packets("S1", tmp_path / "p", numbering="x")
    book = openpyxl.load_workbook(paths[0])
    cells = {
        str(cell)
        for sheet in book
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if cell is not None
    }
    for name in (*NAMES, *store.sample("S1").claims):
        assert not any(name in cell for cell in cells), name
    assert [path.name for path in paths] == ["S1-A.xlsx", "S1-B.xlsx", "key.csv"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in paths)
    # The numbers' order is not that of the draw, which is public.
    key = [line.split(",")[1] for line in paths[-1].read_text().splitlines()[1:]]
    assert key != list(store.sample("S1").claims)
    assert sorted(key) == sorted(store.sample("S1").claims)
    with pytest.raises(UsageError, match="there is one already"):
        store.write_packets("S1", tmp_path / "p")


def test_a_month_half_reviewed_is_refused_unless_asked_for(tmp_path):
    bills = [bill(n, psn_no=f"P{n}", fee="50.00") for n in range(40)]
    folder = write_bills(tmp_path / "bills", bills)
    rows = [f"S{n},{'5.00' if n < 3 else '0.00'},{n % 3 < 1}" for n in range(30)]
    text = "\n".join(["settlement_id,deducted,overturned", *rows])
    (folder / "reviews.csv").write_text(text, "utf-8")
    store = Store.create(tmp_path / "store")
    load(store, [folder], load_mapping())
    store.close()
    desk = anomaly.open_store(tmp_path / "store")
    with pytest.raises(UsageError, match="10 of 40 claims"):
        desk.draw_sample("H1", MONTH, "s")
    with pytest.raises(UsageError, match="has no draw to take one from"):
        desk.draw_sample("H1", MONTH, unreviewed=True)
    kept = desk.draw_sample("H1", MONTH, "s", unreviewed=True)
    # Of 40 bills two lost 5 yuan for good; an appeal restored the third.
    paid = sum(Decimal(row["amount"]) for row in kept.strata)
    assert paid == 40 * Decimal(kept.strata[0]["largest"]) - 10


def test_two_reviewers_answer_and_only_what_both_say_counts(store, tmp_path):
    here = ["--store", store.store.root]
    asked = ["--institution", "H1", "--month", MONTH, "--seed", "s", "--json"]
    assert len(run("inspect", "sample", *here, *asked)["settlements"]) == 20
    out = tmp_path / "p"
    run("inspect", "packet", *here, "--sample", "S1", "--out", out)
    one = answer(out / "S1-A.xlsx", {"001", "002", "003"}, {"001": 10})
    two = answer(out / "S1-B.xlsx", {"001", "002", "004"}, {"001": 12.5})
    asked = [*here, "--sample", "S1", "--key", out / "key.csv"]
    told = run("inspect", "estimate", *asked, one, two, "--json")
    assert told["improper"] == 2
    assert [one[-3:] for one in told["disagreed_numbers"]] == ["003", "004"]
    # Both say 3 of 20: alike on 18, where chance alone gives 14.9.
    assert told["kappa"] == pytest.approx((0.9 - 0.745) / (1 - 0.745))
    kept = store.sample("S1")
    assert min(map(Decimal, kept.found.values())) == 10
    assert (kept.reviewers, kept.disagreed) == (2, 2)
    text = run("inspect", "estimate", *here, "--sample", "S1")
    assert "20 of 60 claims, 2 improper" in text
    assert "S1" in run("inspect", "samples", *here)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda path: answer(path, set(), yes="", no=""), "expected yes or no"),
        (lambda path: answer(path, {"001"}, {"001": 1e6}), "at most"),
        (lambda path: answer(path, {"001"}, {"001": "viel"}), "'viel'"),
        (lambda path: answer(path, set(), {"001": 5}), "nothing: it is proper"),
    ],
)
def test_answers_that_cannot_be_are_refused_with_their_place(
    change, says, store, tmp_path
):
    store.draw_sample("H1", MONTH, "s")
    *packets, key = store.write_packets("S1", tmp_path / "p", 1)
    asked = ["--store", store.store.root, "--sample", "S1", "--key", key]
    with pytest.raises(AnomalyError, match=says) as caught:
        run("inspect", "estimate", *asked, change(packets[0]))
    assert "S1-A.xlsx, row" in str(caught.value)
    assert store.sample("S1").found is None


def test_claims_and_findings_may_come_as_csv(store, tmp_path):
    claims = tmp_path / "claims.csv"
    rows = [f"C{n},outpatient,{n + 1}.50" for n in range(300)]
    claims.write_text("\n".join(["settlement_id,visit_class,amount", *rows]), "utf-8")
    out = tmp_path / "sample.csv"
    asked = ["--claims", claims, "--seed", "s", "--out", out, "--json"]
    told = run("inspect", "sample", *asked)
    assert (len(told["settlements"]), told["sample_id"]) == (30, "")
    assert out.is_file()
    kept = store.draw_sample("H1", MONTH, "s")
    findings = tmp_path / "found.csv"
    text = "settlement_id,improper_amount\n"
    first = next(iter(kept.claims))
    findings.write_text(f"{text}{first},20\n", "utf-8")
    here = ["--store", store.store.root, "--sample", "S1"]
    assert (
        run("inspect", "estimate", *here, "--findings", findings, "--json")["improper"]
        == 1
    )
    findings.write_text(f"{text}{first},20\n{first},20\n", "utf-8")
    with pytest.raises(DataRefusedError, match="stands twice"):
        run("inspect", "estimate", *here, "--findings", findings)


def test_packets_and_key_that_do_not_belong_together_are_refused(store, tmp_path):
    store.draw_sample("H1", MONTH, "s")
    one, _, key = store.write_packets("S1", tmp_path / "p", 2, numbering="a")
    answer(one, {"001"})
    here = ["--store", store.store.root, "--sample", "S1", "--key"]
    copied = shutil.copy(one, tmp_path / "copied.xlsx")
    with pytest.raises(UsageError, match="of reviewers A, A"):
        run("inspect", "estimate", *here, key, one, copied)
    *_, other = store.write_packets("S1", tmp_path / "q", 1, numbering="b")
    with pytest.raises(DataRefusedError, match="is not of this key"):
        run("inspect", "estimate", *here, other, one)
    rows = key.read_text("utf-8").splitlines()
    for wrong, says in (
        (rows[:-1], "not those of sample S1"),
        ([*rows, rows[-1]], "each number once"),
        ([*rows[:-1], rows[-1].rsplit(",", 1)[0] + ",abc"], "abc yuan"),
        ([*rows[:-1], rows[-1].rsplit(",", 1)[0] + ",1.23"], "1.23, as in the key"),
    ):
        bad = tmp_path / "bad.csv"
        bad.write_text("\n".join(wrong), "utf-8")
        with pytest.raises(DataRefusedError, match=says):
            run("inspect", "estimate", *here, bad, one)
    assert store.sample("S1").found is None
    with pytest.raises(UsageError, match="--months 0"):
        store.draw_sample("H1", MONTH, "s", months=0)

"""The integrity file: what was found, repaired and restored of one unit, as a page."""

from io import BytesIO

import pytest
from drawn_case import case_world
from drawn_indicators import load_world
from pypdf import PdfReader

import anomaly
from anomaly.briefs import write_integrity
from anomaly.errors import UsageError

HEAD = "lead_id,unit_kind,unit_id,district,month,state,amount,recovered,decided_on,by"
HISTORY = f"""{HEAD},rule
A1,doctor,D00,990101,2026-03,restored,1200.50,1200.50,2026-04-05,张测试,R22
A2,doctor,D00,990101,2026-04,dismissed,300,,2026-05-05,张测试,R02
A3,doctor,D01,990101,2026-04,confirmed,90,,2026-05-05,张测试,R02
"""
FINDING = (
    "unit_kind, unit_id, month, rule, state, amount, decided_on\n"
    "doctor, D00, 2025-11, R14, confirmed, 55, 2025-12-05"
)
TIP = (
    "tip_id, unit_kind, unit_id, channel, received_on, amount\n"
    "88, doctor, D00, 电话, 2026-02-01, 10"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("integrity")
    world = case_world()
    world["tables"] |= {"finding": FINDING, "tip": TIP}
    opened = anomaly.open_store(load_world(folder, world))
    (folder / "past.csv").write_text(HISTORY, "utf-8")
    opened.import_cases(folder / "past.csv")
    return opened


def text_of(path) -> str:
    pages = PdfReader(BytesIO(path.read_bytes())).pages
    text = "".join(page.extract_text() for page in pages)
    return "".join(text.replace("\u2060", "").split())


def test_only_what_was_confirmed_is_summed(store):
    row = store.integrity_file("doctor", "D00").sums.to_dict("records")[0]
    assert row == {
        "cases": 2,
        "open": 0,
        "confirmed": 1,
        "dismissed": 1,
        "confirmed_yuan": 1200.50,
        "recovered_yuan": 1200.50,
    }


def test_the_page_tells_findings_tips_and_what_is_missing(store, tmp_path):
    file = store.integrity_file("doctor", "D00")
    path = write_integrity(file, tmp_path, store.fingerprint())
    assert path.name == "integrity-doctor-D00.pdf"
    assert path.stat().st_mode & 0o777 == 0o600
    text = text_of(path)
    for words in (
        "测试医师00",
        "登记案件2件：在办0件，属实1件",
        "已恢复",
        "1200.50",
        "台账之外的认定",
        "2025-11R14属实55.00",
        "没有登记记分",
        "电话2026-02-01",
        "不是违规认定",
    ):
        assert words in text, words
    assert "D01" not in text
    again = write_integrity(file, tmp_path / "b", store.fingerprint())
    assert again.read_bytes() == path.read_bytes()


def test_a_clean_unit_has_an_empty_file_and_an_unknown_one_none(store, tmp_path):
    file = store.integrity_file("doctor", "D05")
    text = text_of(write_integrity(file, tmp_path, "f", "en"))
    assert "0cases" in text
    assert text.count("Nonerecorded.") == 4
    with pytest.raises(UsageError, match="neither the masters nor the ledger"):
        store.integrity_file("doctor", "nobody")
    with pytest.raises(UsageError, match="no integrity file"):
        store.integrity_file("insured", "1")


def test_the_page_tells_points_their_reversals_and_the_year(store, tmp_path):
    asked = ("doctor", "D02", 8, "2026-03-02", "第七条")
    entry = store.add_points(*asked, by="张测试")
    store.add_points("doctor", "D02", 1, "2026-04-02", "第八条", lead_id="A1")
    store.reverse_points(entry.entry_id, "repair", "2026-05-02", 2, "已培训")
    file = store.integrity_file("doctor", "D02")
    text = text_of(write_integrity(file, tmp_path, "f"))
    for words in (
        "2026-03-02P1记分8第七条",
        "2026-05-02P1信用修复-2第七条；已培训",
        "2026-04-02P2记分1A1第八条",
        "2026792未达处理标准医保支付资格管理",
    ):
        assert words in text, words
    assert "没有登记记分" not in text
    file = store.integrity_file("doctor", "D02", "en")
    english = text_of(write_integrity(file, tmp_path / "en", "f", "en"))
    assert "Belowwhatisactedon" in english

"""An institution's letter: its own lines, its own doctors', and no one else's."""

import json
import re
from io import BytesIO

import pytest
from drawn_indicators import load_world
from drawn_lines import HOUSES, name_of, world
from pypdf import PdfReader
from typer.testing import CliRunner

import anomaly
from anomaly.briefs.notices import compose, gather, notice_pdf, write_notices
from anomaly.cli.main import app
from anomaly.errors import UsageError


def squeezed(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    text = "\n".join(page.extract_text() for page in pages)
    return "".join(text.replace("\u2060", "").split())


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return load_world(tmp_path_factory.mktemp("notices"), world())


@pytest.fixture(scope="module")
def letters(path):
    return gather(anomaly.open_store(path), "2026-06")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_other_institution_or_doctor_stands_in_any_letter(path, tmp_path, language):
    told = write_notices(
        anomaly.open_store(path), "2026-06", tmp_path, HOUSES, language
    ).set_index("institution_id")
    for house in HOUSES:
        text = squeezed((tmp_path / "2026-06" / f"{house}.pdf").read_bytes())
        assert name_of(house) in text
        for other in set(HOUSES) - {house}:
            for secret in (other, name_of(other), f"D{other[1:]}", f"师{other[1:]}"):
                assert secret not in text, (house, secret)
    assert told["passed"].to_dict() == dict.fromkeys(HOUSES, 0) | {
        "H01": 3,  # two of its own, one of its doctor's
        "H02": 3,
        "H03": 3,
    }


def test_it_says_what_to_explain_by_when_and_on_what_clause(letters):
    text = squeezed(notice_pdf(letters, "H01"))
    for words in (
        "测试第01卫生院：",
        "达到警戒线是请说明的问题，不是违规认定",
        "门诊次均费用较自身往期",
        "一级及以下·卫生院，23家",
        "预警（1.50倍）",
        "重点检查（2.00倍）",
        "测试医师01D01",
        "请于2026年7月25日前书面回复",
        "淄人社字〔2014〕297号三",
    ):
        assert words in text, words


def test_few_peers_show_nothing_that_tells_their_figures(letters):
    few = letters.rows.assign(peers=4)
    page = compose(type(letters)(**vars(letters) | {"rows": few}), "H01")
    for row in [*page["institution"], *page["doctors"]]:
        assert (row["centre"], row["group"], row["measured"]) == ("—", "", "—")


def test_a_doctor_who_bills_elsewhere_too_is_in_no_letter(tmp_path):
    drawn = world()
    drawn["bills"] += "\n9999, H09, D01, P9999, 2026-06-20 12:00:00, 190"
    letters = gather(anomaly.open_store(load_world(tmp_path, drawn)), "2026-06")
    assert "D01" not in set(letters.rows["unit_id"])
    assert "D02" in set(letters.rows["unit_id"])


def test_the_same_store_gives_the_same_bytes_in_the_shipped_font(letters):
    pdf = notice_pdf(letters, "H02")
    assert notice_pdf(letters, "H02") == pdf
    reader = PdfReader(BytesIO(pdf))
    assert "/CreationDate" not in reader.metadata
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    fonts = reader.pages[0]["/Resources"]["/Font"].values()
    names = {font.get_object()["/BaseFont"].partition("+")[2] for font in fonts}
    assert names == {"NotoSansSC-Regular", "NotoSansSC-Bold"}


def test_markup_in_names_is_text(letters):
    odd = "*粗* #let x = 1 $a$"
    names = letters.names | {"H01": odd}
    pdf = notice_pdf(type(letters)(**vars(letters) | {"names": names}), "H01")
    assert "".join(odd.split()) in squeezed(pdf)


def test_an_institution_without_bills_is_refused(path, tmp_path):
    with pytest.raises(UsageError, match="institution 'H99'"):
        write_notices(anomaly.open_store(path), "2026-06", tmp_path, ["H99"])


def test_the_command_writes_those_that_have_something_to_be_told(path, tmp_path):
    command = ["lines", "notice", "--store", str(path), "--month", "2026-06"]
    run = CliRunner().invoke(app, [*command, "--all", "--out", str(tmp_path), "--json"])
    told = json.loads(run.stdout)["letters"]
    assert {"H01", "H02", "H03"} <= {row["institution_id"] for row in told}
    assert all(row["passed"] + row["near"] for row in told)
    made = [file.name for file in (tmp_path / "2026-06").iterdir()]
    assert sorted(made) == [f"{row['institution_id']}.pdf" for row in told]
    run = CliRunner().invoke(app, [*command, "--out", str(tmp_path)])
    assert re.search("either --all or", str(run.exception))

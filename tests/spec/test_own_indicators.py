"""An analyst's own indicators, the calendar, limits as policy."""

from datetime import date

import pytest
from drawn_indicators import load_world, worlds
from typer.testing import CliRunner

from anomaly.cli.main import app
from anomaly.errors import AnomalyError, PolicyError, UsageError
from anomaly.features.indicator import Indicator, indicators
from anomaly.features.limits import Limits, limits
from anomaly.features.own import own_indicators
from anomaly.policy.read import as_record
from anomaly.policy.working_days import is_working_day, years
from anomaly.workspace import open_store

RECORD = """
[night_fee]
zh = "夜间费用占比"
en = "Share of fees at night"
units = ["doctor", "institution"]
kind = "share_of_money"
block = "pattern"
direction = "high"
measure = "share"
part = "CASE WHEN is_offhour = 1 THEN total_fee ELSE 0 END"
whole = "total_fee"
why_it_matters = "本地关注的夜间结算。"
basis = "本地要求"
reviewed = 2026-11-21
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return load_world(tmp_path_factory.mktemp("own"), worlds()["care"])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "night.toml").write_text(RECORD, encoding="utf-8")
    return tmp_path


def values(store, unit="doctor"):
    rows = store.features(unit, "2026-05")
    rows = rows[rows["indicator"] == "night_fee"]
    return dict(zip(rows["unit_id"], rows["value"], strict=True))


def test_a_folder_of_records_stands_beside_the_catalogue(root, folder):
    store = open_store(root, indicators=folder)
    assert values(store)["D1"] == pytest.approx(30 / 1400)
    assert values(store, "institution")["H1"] == pytest.approx(30 / 1600)
    wide = store.features("doctor", "2026-05", wide=True, headers="zh")
    assert {"夜间费用占比", "服务人次"} <= set(wide)
    assert "night_fee" in set(store.indicators()["indicator"])
    assert store.needs().set_index("id").loc["night_fee", "allowed"]
    assert values(open_store(root)) == {}


def test_a_stores_own_folder_needs_no_naming(root, tmp_path):
    (root / "indicators").mkdir()
    (root / "indicators" / "night.toml").write_text(RECORD, encoding="utf-8")
    assert values(open_store(root))["D2"] == 0
    (root / "indicators" / "night.toml").unlink()
    (root / "indicators").rmdir()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kind = "share_of_money"', 'kind = "share"', "unknown kind 'share'"),
        ("[night_fee]", "[visits]", "the catalogue has it"),
        ("reviewed", "alert = true\nreviewed", "before it is calibrated"),
        ("reviewed", 'step = "nowhere"\nreviewed', "unknown step 'nowhere'"),
        ("reviewed", 'colour = "red"\nreviewed', "unknown key 'colour'"),
        ('whole = "total_fee"', "", "needs the key 'whole'"),
        ('"total_fee"', '"max(total_fee)"', "additive = false"),
        ("[night_fee]", "[night_fee", "TOML"),
        ('why_it_matters = "本地关注的夜间结算。"', "", "'why_it_matters' is missing"),
    ],
)
def test_a_record_that_cannot_be_is_refused(folder, old, new, words):
    (folder / "night.toml").write_text(RECORD.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyError, match=words):
        own_indicators(folder=folder)


def test_a_column_that_the_step_lacks_is_one_clear_line(root, folder):
    text = RECORD.replace("is_offhour", "is_lunchtime")
    (folder / "night.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=r"night_fee.*is_lunchtime"):
        open_store(root, indicators=folder).features("doctor", "2026-05")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="there is none"):
        own_indicators(folder=tmp_path / "nowhere")


def test_the_command_line_lists_shows_and_writes_them(root, folder, tmp_path):
    def run(*args):
        result = CliRunner().invoke(app, ["features", *map(str, args)])
        assert result.exit_code == 0, result.output
        return result.output

    assert "night_fee" in run("list", "--indicators", folder, "--json")
    assert "night_fee" not in run("list", "--unit", "agency", "--json")
    shown = run("show", "night_fee", "--indicators", folder, "--json")
    assert "settlement.settled_at" in shown
    assert "FROM visit_fact" in shown
    assert "GROUP BY doctor_id" in run("show", "drug_share")
    out = tmp_path / "values.csv"
    given = ("--store", root, "--month", "2026-05", "--out", out)
    run("write", *given, "--unit", "doctor", "--indicators", folder, "--wide")
    assert "night_fee" in out.read_text("utf-8-sig")


def test_an_unknown_kind_of_unit_is_refused(root):
    with pytest.raises(AnomalyError, match="unit 'ward'"):
        open_store(root).features("ward", "2026-05")


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 5, 1), False),  # a Friday, Labour Day
        (date(2026, 5, 9), True),  # a Saturday worked for it
        (date(2026, 5, 10), False),
        (date(2026, 5, 11), True),
        (date(2025, 1, 29), False),  # Chinese New Year
        (date(2025, 1, 26), True),
        (date(2035, 10, 1), True),  # not announced: a Monday like any other
    ],
)
def test_the_calendar_is_the_announced_one(day, worked):
    assert is_working_day(day) is worked


def test_every_announced_year_is_whole():
    for year, record in years().items():
        assert all(first <= last for first, last in record.holidays)
        assert all(day.weekday() >= 5 for day in record.worked)
        assert {day.year for day in record.worked} <= {year}
        days = sum((last - first).days + 1 for first, last in record.holidays)
        # Eleven statutory days until 2024, thirteen since, and those joined to them.
        assert 20 <= days <= 40


def test_a_limit_that_is_none_is_refused():
    with pytest.raises(PolicyError, match="unknown key 'speed'"):
        as_record(Limits, vars(limits()) | {"speed": 1}, "policy/indicators.toml")


def test_distinct_counts_say_that_they_do_not_add():
    cells = vars(indicators()["patients"]) | {"additive": True}
    with pytest.raises(PolicyError, match="additive = false"):
        Indicator(**cells)

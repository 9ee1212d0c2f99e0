"""Pictures for exploring: what is drawn is what the table says, in either language."""

import inspect
import itertools
import tomllib
from html import escape
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection

from anomaly import plots
from anomaly.detectors.charts import run_rules, xmr_limits
from anomaly.errors import UsageError

LANGUAGES = ("zh", "en")


def peers_table() -> pd.DataFrame:
    own = {"expected": 3.0, "expected_low": 1.0, "expected_high": 6.0}
    rows = [{"value": float(n), "is_unit": False} for n in (1, 2, 2, 3, 4, 20)]
    return pd.DataFrame([*rows, {"value": 10.0, "is_unit": True, **own}])


def parts_table() -> pd.DataFrame:
    rows = [
        ("indicator", "门诊次均费用", 5.0),
        ("indicator", "药占比", 0.03),
        ("pattern", "形态", 1.0),
        ("rule", "R21 同时两地就医", 2.5),
    ]
    return pd.DataFrame(rows, columns=["part", "name", "adds"])


def heat_table() -> pd.DataFrame:
    cells = [[-5.0, 0.0, 2.04], [np.nan, 4.0, -0.04]]
    return pd.DataFrame(cells, ["1 甲", "2 乙"], ["药占比", "服务人次", "住院次均费用"])


def visits_table() -> pd.DataFrame:
    rows = [
        ("2026-04-30", "H1", "outpatient", None),
        ("2026-05-02", "H1", "outpatient", None),
        ("2026-05-02", "H2", "outpatient", None),
        ("2026-05-30", "H1", "inpatient", "2026-06-02"),
        *((f"2026-06-{10 + n}", f"K{n}", "pharmacy", None) for n in range(6)),
    ]
    names = ["day", "institution_id", "visit_class", "discharged_at"]
    table = pd.DataFrame(rows, columns=names)
    table["day"] = pd.to_datetime(table["day"])
    table["discharged_at"] = pd.to_datetime(table["discharged_at"])
    name = "测试机构" + table["institution_id"]
    return table.assign(admitted_at=table["day"], institution_name=name)


def company_table() -> pd.DataFrame:
    people = [f"99010000{n:02d}" for n in range(12)]
    rows = [(a, b, 3) for a, b in itertools.pairwise(people)]
    rows += [(people[0], one, 5 + n) for n, one in enumerate(people[2:])]
    return pd.DataFrame(rows, columns=["insured_id", "companion_id", "days"])


def course_table() -> pd.DataFrame:
    months = pd.date_range("2024-07-01", periods=24, freq="MS")
    values = [10.0, 12.0] * 6 + [11.5] * 11 + [30.0]
    return pd.DataFrame({"month": months, "value": values})


def months_table() -> pd.DataFrame:
    table = course_table()
    return plots.trend_table(table, table["month"].iloc[-1].date())


def ranking_table() -> pd.DataFrame:
    rows = [("1 甲", 5000.0, 3000.0, 7000.0, "red"), ("2 乙", 0.0, -10.0, 10.0, "")]
    return pd.DataFrame(rows, columns=["label", "amount", "lower", "upper", "tier"])


def history_table() -> pd.DataFrame:
    return course_table().assign(peers_median=11.0)


def districts_table() -> pd.DataFrame:
    rows = [("甲区", 5.0, 1.0, 4.0, "above"), ("乙区", 2.0, np.nan, np.nan, "")]
    return pd.DataFrame(rows, columns=["label", "value", "lower", "upper", "side"])


def standing_table() -> pd.DataFrame:
    ends = {"low": 0.5, "high": 2.0, "lower_quartile": 0.8, "upper_quartile": 1.2}
    return pd.DataFrame([{"label": "药占比", "ratio": 3.0, "told": "3.0 倍", **ends}])


def funnel_table() -> pd.DataFrame:
    n = np.arange(20.0, 60.0)
    oe = np.exp(np.sin(n) / 5)
    table = pd.DataFrame({"unit_id": n.astype(str), "label": "甲", "n": n, "oe": oe})
    tiers = ["red", "orange", "yellow", *[""] * 37]
    return table.assign(sd=0.2, tier=tiers, rank=range(1, 41))


EXPLORING = {
    "draw_funnel": funnel_table,
    "draw_ranking": ranking_table,
    "draw_history": history_table,
    "draw_districts": districts_table,
    "draw_standing": standing_table,
    "draw_peers": peers_table,
    "draw_waterfall": parts_table,
    "draw_heat": heat_table,
    "draw_calendar": visits_table,
    "draw_network": company_table,
    "draw_control": lambda: plots.control_table(course_table()),
    "draw_trend": months_table,
}


def boxes(texts) -> list:
    return [one.get_window_extent() for one in texts if one.get_text()]


def overlaps(found: list) -> list:
    return [(a, b) for a, b in itertools.combinations(found, 2) if a.overlaps(b)]


@pytest.mark.parametrize("name", EXPLORING)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_picture_stands_on_an_ax_of_its_own(name, language):
    ax = getattr(plots, name)(EXPLORING[name](), language=language)
    assert isinstance(ax, Axes)
    assert ax._repr_png_().startswith(b"\x89PNG")
    assert ax.alt
    bundle = ax._repr_mimebundle_()
    assert f'alt="{escape(ax.alt)}"' in bundle["text/html"]
    assert bundle["image/png"] in bundle["text/html"]


@pytest.mark.parametrize("name", EXPLORING)
def test_a_picture_stands_on_a_given_ax_too(name):
    _, (left, right) = plots.canvas(178, 80, 2)
    assert getattr(plots, name)(EXPLORING[name](), right) is right
    assert not left.has_data()
    assert right.figure.legends == []


@pytest.mark.parametrize("name", [one for one in dir(plots) if one.startswith("draw_")])
def test_every_picture_takes_a_table_an_ax_and_words(name):
    draw = getattr(plots, name)
    told = inspect.signature(draw).parameters
    assert list(told)[:2] == ["table", "ax"]
    assert told["ax"].default is told["words"].default is None
    assert told["language"].default == "zh"
    assert draw.__doc__
    with pytest.raises(UsageError, match="language 'fr'"):
        draw(pd.DataFrame(), language="fr")


@pytest.mark.parametrize("name", sorted(EXPLORING.keys() - {"draw_heat"}))
def test_a_table_under_other_headings_is_refused_in_a_line(name):
    table = EXPLORING[name]()
    with pytest.raises(UsageError, match="the table has none"):
        getattr(plots, name)(table.add_prefix("列"))


def test_the_same_table_gives_the_same_picture():
    first, second = (plots.draw_network(company_table()) for _ in range(2))
    assert first._repr_png_() == second._repr_png_()


def test_both_languages_have_the_same_words_in_letters_that_are_shipped():
    text = files("anomaly.plots").joinpath("wording.toml").read_text("utf-8")
    known = tomllib.loads(text)

    def keys(cells, before=()):
        for name, cell in cells.items():
            if isinstance(cell, dict):
                yield from keys(cell, (*before, name))
            else:
                yield (*before, name)

    assert set(keys(known["zh"])) == set(keys(known["en"]))
    assert plots.missing_glyphs(text) == []


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("draw_waterfall", parts_table().head(0)),
        ("draw_heat", heat_table().head(0)),
        ("draw_calendar", visits_table().head(0)),
        ("draw_network", company_table().head(0)),
    ],
)
def test_an_empty_table_is_told_in_words(name, table):
    ax = getattr(plots, name)(table, language="en")
    assert len([one for one in ax.texts if one.get_text()]) == 1


def test_the_unit_stands_apart_from_the_histogram_of_its_peers():
    ax = plots.draw_peers(peers_table())
    assert sum(bar.get_height() for bar in ax.containers[0]) == 6
    (points,) = [one for one in ax.collections if isinstance(one, PathCollection)]
    assert points.get_offsets()[0][0] == 10
    assert [one.get_text() for one in ax.texts] == ["10，第 2 位（共 7）"]
    labels = ax.get_legend_handles_labels()[1]
    assert labels == ["同类", "平常区间（95%）", "同类居中", "本对象"]


def test_a_name_heads_the_axis_of_peers():
    ax = plots.draw_peers(peers_table().assign(name="药占比"), scale=0.01)
    assert ax.get_xlabel() == "药占比"
    assert ax.texts[0].get_text().startswith("1,000，")


def test_bars_begin_where_the_one_above_ends():
    ax = plots.draw_waterfall(parts_table())
    bars = [bar for group in ax.containers for bar in group]
    spans = [(round(b.get_x(), 6), round(b.get_x() + b.get_width(), 6)) for b in bars]
    # What adds less than one per cent is gathered below, the whole stands last.
    assert spans == [(0, 5), (5, 6), (6, 8.5), (8.5, 8.53), (0, 8.53)]
    names = [one.get_text() for one in ax.get_yticklabels()]
    assert names[3:] == ["其余 1 项", "风险合计"]
    assert [one.get_text() for one in ax.texts][-1] == "8.53"


def test_a_heat_map_says_each_number_and_hatches_what_is_unknown():
    ax = plots.draw_heat(heat_table())
    told = [one.get_text() for one in ax.texts]
    assert told[:5] == ["−5.0", "0.0", "2.0", "4.0", "0.0"]
    assert "斜线格" in told[5]
    hatched = [one for one in ax.patches if one.get_hatch()]
    assert len(hatched) == 1
    assert len(ax.patches) == 6


def test_the_colours_of_heat_are_full_from_four_and_white_at_nought():
    ax = plots.draw_heat(heat_table())
    cold, none, _, _, hot, _ = [one.get_facecolor()[:3] for one in ax.patches]
    assert min(none) > 0.95
    assert cold[2] > cold[0]
    assert hot[0] > hot[2]


@pytest.mark.parametrize(
    "names", [["门诊次均费用较自身往期"] * 13, ["Fee per visit"] * 13]
)
def test_headings_of_heat_do_not_meet(names):
    table = pd.DataFrame(np.zeros((3, 13)), ["1 甲", "2 乙", "3 丙"], names)
    ax = plots.draw_heat(table)
    ax.figure.canvas.draw()
    assert overlaps(boxes(ax.get_xticklabels())) == []


def test_a_calendar_has_a_cell_a_day_and_a_part_an_institution():
    ax = plots.draw_calendar(visits_table())
    days = 30 + 31 + 30
    filled = 9 + 1  # nine days, one of them shared by two institutions
    keys = 6 + 1  # six institutions by number, and the others
    assert len(ax.patches) == days + filled + keys
    # The stay crosses the end of May: a line in either month, and its key.
    assert len(ax.lines) == 3
    assert [one.get_text() for one in ax.get_yticklabels()] == [
        "2026年4月",
        "2026年5月",
        "2026年6月",
    ]
    labels = ax.get_legend_handles_labels()[1]
    assert "1 测试机构H1（3 次）" in labels
    assert "其他机构（2 家）" in labels


def test_numbers_of_institutions_follow_their_visits():
    table = plots.calendar_table(visits_table())
    firsts = table.drop_duplicates("institution_id").set_index("institution_id")
    assert firsts["number"].to_dict() == {
        "H1": 1, "H2": 2, "K0": 3, "K1": 4, "K2": 5, "K3": 6, "K4": 0, "K5": 0,
    }  # fmt: skip


def test_persons_who_share_more_days_stand_closer():
    pairs = [("A", "B", 30), ("B", "C", 3), ("A", "C", 3)]
    table = pd.DataFrame(pairs, columns=["insured_id", "companion_id", "days"])
    where = plots.network_layout(table).set_index("insured_id")[["x", "y"]]
    gap = {
        (a, b): np.linalg.norm(where.loc[a] - where.loc[b])
        for a, b in itertools.combinations("ABC", 2)
    }
    assert gap["A", "B"] < 0.8 * min(gap["A", "C"], gap["B", "C"])


def test_a_network_draws_each_pair_and_each_person():
    table = company_table()
    ax = plots.draw_network(table, insured_id="9901000003")
    assert len(ax.lines) == len(table)
    points = [one for one in ax.collections if len(one.get_offsets())]
    assert sorted(len(one.get_offsets()) for one in points) == [1, 11]
    told = [one.get_text() for one in ax.texts]
    assert "9901000003" in told
    widths = [line.get_linewidth() for line in ax.lines]
    assert widths == sorted(widths, reverse=True)


def test_names_and_numbers_of_a_network_do_not_meet():
    ax = plots.draw_network(company_table())
    ax.figure.canvas.draw()
    names = [one for one in ax.texts if one.get_text().startswith("99")]
    assert len(names) >= 10
    assert overlaps(boxes(names)) == []
    numbers = [one for one in ax.texts if one.get_text().isdigit() and one not in names]
    assert overlaps(boxes(numbers)) == []


def test_control_limits_are_those_of_the_chart():
    table = plots.control_table(course_table(), baseline=12)
    known = xmr_limits(course_table()["value"].head(12))
    assert set(table["upper"]) == {known.upper}
    assert set(table["lower"]) == {known.lower}
    beyond = course_table()["value"].between(known.lower, known.upper)
    assert table["beyond"].tolist() == (~beyond).tolist()
    told = run_rules(course_table()["value"], known.centre, known.sigma)["any"]
    assert (table["beyond"] | table["run"]).tolist() == told.tolist()
    assert table["beyond"].sum() == 1
    assert table["run"].sum() > 0


def test_what_lies_outside_the_limits_is_marked_by_shape():
    ax = plots.draw_control(plots.control_table(course_table(), baseline=12))
    marked = {one.get_label(): len(one.get_offsets()) for one in ax.collections}
    assert marked["超出限"] == 1
    assert marked["连续偏于一侧"] > 0


def test_few_months_have_no_limits_and_say_so():
    table = plots.control_table(course_table().head(11))
    assert table["upper"].isna().all()
    ax = plots.draw_control(table)
    assert [one.get_text() for one in ax.texts] == ["不足 12 个月，不画控制限"]

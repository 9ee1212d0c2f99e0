"""Figures take a table and an ax and return the ax; their tables are right."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
import stand_in

from anomaly import plots
from anomaly.plots.funnel import funnel_limits

MONTH = stand_in.MONTHS[-1]
WORDS = {
    "x": "就诊人次",
    "y": "实际 ÷ 期望",
    "empty": "没有数据",
    "limits_95": "95%",
    "limits_998": "99.8%",
    "tiers": {"red": "红色", "orange": "橙色", "yellow": "黄色", "": "其他"},
    "series": "各月",
    "band": "范围",
    "report": "报告月",
    "number": "{:,.0f}",
}


@pytest.fixture
def store():
    return stand_in.open_store("plain")


@pytest.fixture
def funnel(store):
    evidence = store.evidence("doctor", MONTH, "fee_per_visit")
    return plots.funnel_table(evidence, store.leads("doctor", month=MONTH))


def drawn(draw, table, **options):
    picture, (ax,) = plots.canvas(90, 60)
    assert draw(table, ax, words=WORDS, **options) is ax
    return picture, ax


def test_each_figure_returns_its_ax(store, funnel):
    course = store.features("district").query("indicator == 'fund_pay'")
    course = course.loc[course["unit_id"] == "990102"]
    drawn(plots.draw_funnel, funnel)
    drawn(plots.draw_trend, plots.trend_table(course, MONTH))
    drawn(plots.draw_ranking, plots.ranking_table(store.leads("doctor", month=MONTH)))


def test_the_same_table_gives_the_same_svg(funnel):
    first, second = (drawn(plots.draw_funnel, funnel)[0] for _ in range(2))
    assert first.svg() == first.svg() == second.svg()
    assert "dc:date" not in first.svg()


def test_svg_keeps_text_in_the_shipped_font(funnel):
    svg = drawn(plots.draw_funnel, funnel)[0].svg()
    assert "Noto Sans SC" in svg
    assert "就诊人次" in svg
    assert "DejaVu" not in svg


def test_a_name_full_of_markup_is_only_a_name(funnel):
    odd = funnel.assign(label="$x$ <b> #p")
    svg = drawn(plots.draw_funnel, odd)[0].svg()
    assert "$x$ &lt;b&gt; #p" in svg


def test_labels_meet_neither_each_other_nor_the_edge(funnel):
    _, ax = drawn(plots.draw_funnel, funnel, labels=8)
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    assert len(boxes) >= 5
    frame = ax.get_window_extent()
    for place, box in enumerate(boxes):
        assert frame.x0 <= box.x0
        assert box.x1 <= frame.x1
        assert not any(box.overlaps(other) for other in boxes[:place])


def test_limits_narrow_and_hold_most_units(funnel):
    limits = funnel_limits(funnel)
    assert (limits["high_95"] < limits["high_998"]).all()
    assert limits["high_95"].is_monotonic_decreasing
    ordinary = funnel.loc[funnel["tier"] == ""]
    high = np.interp(ordinary["n"], limits["n"], limits["high_95"])
    low = np.interp(ordinary["n"], limits["n"], limits["low_95"])
    assert ((ordinary["oe"] < high) & (ordinary["oe"] > low)).mean() > 0.9


def test_an_empty_funnel_says_so(funnel):
    _, ax = drawn(plots.draw_funnel, funnel.head(0))
    assert [text.get_text() for text in ax.texts] == ["没有数据"]


def test_the_report_month_cannot_widen_its_own_range():
    months = pd.date_range("2025-01-01", periods=12, freq="MS")
    series = pd.DataFrame({"month": months, "value": np.linspace(100, 111, 12)})
    spiked = series.assign(value=[*series["value"][:-1], 500])
    usual = plots.trend_table(series, date(2025, 12, 1))
    odd = plots.trend_table(spiked, date(2025, 12, 1))
    assert usual["upper"].tolist() == odd["upper"].tolist()
    assert odd["value"].iloc[-1] > odd["upper"].iloc[-1]
    assert usual["centre"].iloc[-1] == pytest.approx(111)


def test_few_months_have_no_limits():
    months = pd.date_range("2025-01-01", periods=3, freq="MS")
    series = pd.DataFrame({"month": months, "value": [1.0, 2.0, 3.0]})
    assert plots.trend_table(series, date(2025, 3, 1))["upper"].isna().all()


def test_characters_the_font_lacks_are_found():
    assert plots.missing_glyphs(["王建国 1,234 ÷ −"]) == []
    assert plots.missing_glyphs(["好\U0001f600"]) == ["\U0001f600"]

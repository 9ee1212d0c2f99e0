"""What moves under an analyst's hand: offline, escaped, and still without widgets."""

import json
import re
import sys
import threading
from base64 import b64decode
from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest
from drawn_case import MONTH, OTHERS
from hostile import UNITS as HOSTILE
from matplotlib.axes import Axes
from plotly.callbacks import Points

import anomaly
from anomaly import plots
from anomaly.casework.case import Case, Part
from anomaly.desk.words import words
from anomaly.errors import UsageError
from anomaly.leads.ranking import LEADS

SCRIPT = "<script>document.title='ran'</script>"
IMAGE = "<img src=x onerror=ran()>"
DEAREST = "fee_per_visit_outpatient"


def leads_of(names) -> pd.DataFrame:
    """Return a list as a store gives it, for units of these names."""
    count = len(names)
    cells = {name: [""] * count for name in LEADS}
    numbers = ("risk", "p", "excess_amount", "visits", "total_fee")
    cells |= {name: [1234.5 + n for n in range(count)] for name in numbers}
    cells |= {
        "rank": range(1, count + 1),
        "unit_id": [f"D{n}" for n in range(count)],
        "unit_name": list(names),
        "tier": ["red"] * count,
        "reasons": ["甲；乙"] * count,
        "peer_group": ["内科|2"] * count,
    }
    return pd.DataFrame(cells)


@pytest.fixture(scope="module")
def store(case_store):
    return case_store


@pytest.fixture(scope="module")
def funnel(store):
    return anomaly.funnel_widget(store, "doctor", MONTH, DEAREST)


def without(monkeypatch, *names) -> None:
    """Let imports of some libraries fail."""
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_table_needs_no_network(language):
    html = anomaly.table(leads_of("甲" * 30), language=language)._repr_html_()
    assert not re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", html)
    assert words("table", language)["search"] in html.encode().decode("unicode_escape")


def test_without_scripts_the_first_page_stands_in_our_words():
    html = anomaly.table(leads_of("甲" * 20), page=5)._repr_html_()
    assert "（另有 15 行未列出）" in html
    assert "not shown" not in html
    assert "ITables v" not in html


def test_a_short_list_can_be_searched_and_turned_too():
    html = anomaly.table(leads_of("甲乙"), page=100)._repr_html_()
    assert '"topEnd": {"search": {}}' in html
    assert '"lengthMenu": [50, 100, 200]' in html
    assert '"pageLength": 100' in html


def test_a_table_holds_the_library_that_sorts_it():
    html = anomaly.table(leads_of(["甲"]))._repr_html_()
    assert len(html) > 500_000
    assert "set_or_remove_dark_class" in html


@pytest.mark.parametrize("name", [SCRIPT, IMAGE, *HOSTILE])
def test_hostile_names_are_only_texts(name):
    frame = leads_of([name, "甲"])
    for shown in (
        anomaly.table(frame, title=name),
        anomaly.show(frame.iloc[0]),
        replace(anomaly.table(frame), frame=frame.rename(columns={"rank": name})),
    ):
        html = shown._repr_html_()
        for markup in re.findall(r"<\w[^>]*>[^<]*", name):
            assert markup not in html
            # As a script of the page would hold it.
            assert json.dumps(markup)[1:-1] not in html


def test_numbers_stand_to_the_right_and_texts_to_the_left():
    table = anomaly.table(leads_of(["甲"]))
    html = table._repr_html_()
    places = {name: place for place, name in enumerate(table.frame.columns)}
    known = {
        cells: [int(one) for one in targets.split(", ")]
        for cells, targets in re.findall(
            r'"className": "([^"]+)", "targets": \[([\d, ]+)\]', html
        )
    }
    right = {places[name] for name in ("名次", "风险", "p 值", "高出金额（元/月）")}
    assert right <= set(known["dt-right"])
    assert places["名称"] in known["dt-left"]


def test_a_table_shows_what_is_asked_and_masks_nothing():
    frame = leads_of(["甲", "乙"]).assign(unit_id=["990100001234", "990100005678"])
    table = anomaly.table(frame, columns=["unit_id", "tier", "visits"], language="en")
    assert list(table.frame) == ["Id", "Tier", "Visits"]
    assert table.frame["Id"].tolist() == ["990100001234", "990100005678"]
    assert "990100001234" in table._repr_html_()
    assert "Visits" in repr(table)
    with pytest.raises(UsageError, match="column 'none'"):
        anomaly.table(frame, columns=["none"])
    with pytest.raises(UsageError, match="language 'fr'"):
        anomaly.table(frame, language="fr")


def test_what_a_table_leaves_out_it_says():
    table = anomaly.table(leads_of("甲乙丙"), rows=2)
    assert len(table.frame) == 2
    assert "前 2 行，共 3 行" in table.title
    whole = anomaly.table(leads_of("甲" * 3000))
    assert (len(whole.frame), whole.title) == (3000, "")
    # The library cuts long tables silently unless told: it is told.
    assert whole._repr_html_().count("D2999") >= 1


def test_missing_cells_are_empty():
    frame = pd.DataFrame({"n": pd.array([1, None], "Int64"), "p": [0.5, None]})
    html = anomaly.table(frame)._repr_html_()
    data = re.search(r'"data_json": "(.*?)",\n', html).group(1).replace('\\"', '"')
    assert data == '[["1", ["0.5", 0.5]], ["", ["", "___NaN___"]]]'


def test_a_table_without_the_library_is_a_plain_one(monkeypatch):
    without(monkeypatch, "itables")
    html = anomaly.table(leads_of([SCRIPT]), title="医师")._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<h4>医师</h4>" in html
    assert "1,234.50" in html


@pytest.mark.parametrize("kind", ["table", "note", "funnel", "card"])
def test_both_languages_have_the_same_words(kind):
    assert words(kind, "zh").keys() == words(kind, "en").keys()


def test_a_row_becomes_a_card():
    html = anomaly.show(leads_of(["甲"]).iloc[0])._repr_html_()
    assert "<td>统计分级</td><td>红色</td>" in html
    assert "<li>甲</li><li>乙</li>" in html
    assert "<td>同类组</td><td>内科·二级</td>" in html
    assert "<td>就诊人次</td><td>1234</td>" in html
    assert words("card", "zh")["nature"] in html
    unseen = leads_of(["甲"]).assign(visits=float("nan")).iloc[0]
    assert "就诊人次" not in anomaly.show(unseen)._repr_html_()
    assert "<td>Tier</td>" in anomaly.show(leads_of(["甲"]).iloc[0], "en")._repr_html_()


def test_a_frame_becomes_a_table_and_what_shows_itself_stays(store):
    frame = leads_of(["甲"])
    assert anomaly.show(frame).frame.equals(anomaly.table(frame).frame)
    case = store.case_file("doctor", "D00", MONTH)
    ax = plots.draw_ranking(plots.ranking_table(store.leads("doctor", MONTH)))
    assert anomaly.show(case) is case
    assert anomaly.show(ax) is ax
    with pytest.raises(UsageError, match="int"):
        anomaly.show(3)


def test_a_case_of_the_ledger_shows_itself():
    case = Case(
        lead_id="L<b>1",
        unit_kind="doctor",
        unit_id="D1",
        month="2026-05",
        procedure="adjudication",
        opened_on=pd.Timestamp("2026-06-01").date(),
        suspected=Decimal("1234.5"),
        parts=(Part(rule="R02", amount=Decimal(100)),),
    )
    html = case._repr_html_()
    assert "L&lt;b&gt;1" in html
    assert "<td>疑点金额（元）</td><td>1,234.50</td>" in html
    assert "<td>R02</td><td>100.00</td>" in html


def points_of(funnel) -> list:
    return [trace for trace in funnel.figure.data if trace.customdata is not None]


def test_a_funnel_draws_every_unit_and_the_limits_of_the_picture(store, funnel):
    drawn = [unit for trace in points_of(funnel) for unit in trace.customdata]
    known = store.funnel_points("doctor", MONTH, DEAREST)
    assert sorted(drawn) == sorted(known["unit_id"])
    assert len(drawn) == OTHERS + 1
    limits = plots.funnel_limits(known)
    lines = [trace for trace in funnel.figure.data if trace.mode == "lines"]
    told = {tuple(line.y) for line in lines}
    assert told == {tuple(limits[name]) for name in limits if name != "n"}


def test_a_point_says_in_words_what_it_is(funnel):
    texts = [text for trace in points_of(funnel) for text in trace.hovertext]
    (own,) = [text for text in texts if "测试医师00" in text]
    assert re.search(r"就诊人次 30<br>实际÷期望 [\d.]+<br>(红|橙|黄)色", own)


def test_a_name_in_a_funnel_is_only_a_name(store):
    from anomaly.desk.clicks import _hover

    row = {"rank": 1, "label": "<a href='//x.example'>x</a>", "n": 3, "oe": 1.5}
    assert "<a" not in _hover(row, "红色", "zh")


def test_a_click_shows_the_case_file(store, funnel):
    trace = next(one for one in points_of(funnel) if "D00" in one.customdata)
    place = list(trace.customdata).index("D00")
    clicked = Points(point_inds=[place], xs=[], ys=[], trace_name="", trace_index=0)
    # Widgets are answered on a thread that is not the notebook's.
    other = threading.Thread(target=trace._dispatch_on_click, args=(clicked, None))
    other.start()
    other.join()
    assert funnel.chosen == "D00"
    assert funnel.panel.value == store.case_file("doctor", "D00", MONTH)._repr_html_()


def test_a_lead_can_be_chosen_without_pointing(funnel):
    labels = dict(funnel.choice.options)
    funnel.choice.value = next(unit for unit in labels.values() if unit)
    assert funnel.chosen == funnel.choice.value
    assert "线索案卷" in funnel.panel.value


def test_what_goes_wrong_is_told_in_the_panel(funnel):
    funnel.show("<b>nobody")
    assert "&lt;b&gt;nobody" in funnel.panel.value
    assert "none in 2026-05" in funnel.panel.value


def test_a_reader_without_widgets_sees_a_picture(funnel):
    bundle = funnel._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert f'alt="{bundle["text/plain"]}"' in bundle["text/html"]
    assert f"{OTHERS + 1} 个对象" in bundle["text/plain"]


@pytest.mark.parametrize("gone", ["plotly.graph_objects", "ipywidgets", "anywidget"])
def test_without_a_library_the_funnel_is_a_picture(store, monkeypatch, gone):
    without(monkeypatch, gone)
    ax = anomaly.funnel_widget(store, "doctor", MONTH, DEAREST, language="en")
    assert isinstance(ax, Axes)
    assert ax.get_title(loc="left") == "Fee per outpatient visit: doctors, 2026-05"


def test_the_figure_has_no_button_that_leaves_the_machine(funnel):
    config = funnel.figure._config
    assert config["displaylogo"] is False
    assert {"sendChartToCloud", "sendDataToCloud"} <= {
        *config["modeBarButtonsToRemove"]
    }


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("doctor", MONTH, "none"), "indicator 'none'"),
        (("item", MONTH, DEAREST), "item"),
        (("doctor", "2020-01", DEAREST), "month 2020-01"),
    ],
)
def test_a_funnel_of_nothing_is_refused(store, asked, told):
    with pytest.raises(UsageError, match=told):
        anomaly.funnel_widget(store, *asked)


def test_an_exported_notebook_shows_the_picture(funnel):
    """Without the widgets' state, which JupyterLab does not save by itself."""
    import nbformat
    from nbconvert import HTMLExporter

    bundle = funnel._repr_mimebundle_()
    out = nbformat.v4.new_output("execute_result", data=bundle)
    out["execution_count"] = 1
    cell = nbformat.v4.new_code_cell("funnel", outputs=[out], execution_count=1)
    page, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert f'alt="{bundle["text/plain"]}"' in page
    assert bundle["image/png"][:60] in page

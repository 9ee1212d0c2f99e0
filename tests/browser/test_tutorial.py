"""What an analyst sees of the second tutorial in JupyterLab, in Chinese."""

import pytest

pytestmark = pytest.mark.browser

# Errors and what goes to standard error: JupyterLab shows both so.
RED = ".jp-OutputArea-output:is([data-mime-type$=stderr], [data-mime-type$=error])"
WIDTHS = """() => [...document.querySelectorAll('.jp-OutputArea-output img')]
  .map(one => one.naturalWidth)"""
TABLE = ".jp-OutputArea-output .dt-container"


def column(table) -> list[float]:
    """Return the first column of the page that a table shows, as numbers."""
    cells = table.locator("tbody tr td:first-child").all_inner_texts()
    return [float(text.replace(",", "")) for text in cells]


def test_the_interface_is_chinese(run):
    menus = run.page.locator("#jp-MainMenu .lm-MenuBar-item").all_inner_texts()
    assert [name.strip() for name in menus][:4] == ["文件", "编辑", "查看", "运行"]


def test_every_cell_ran_in_order(run):
    found = run.prompts()
    wanted = [f"[{nth}]:" for nth in range(1, len(run.cells) + 1)]
    assert found == wanted, f"prompts {found}, expected {wanted}"


def test_no_cell_shows_an_error_or_a_warning(run):
    red = run.page.locator(RED).all_inner_texts()
    assert red == [], "\n".join(red)


def test_the_pictures_show(run):
    widths = run.page.evaluate(WIDTHS)
    assert widths, "no picture in any output"
    run.page.locator(".jp-OutputArea-output img").first.scroll_into_view_if_needed()
    run.keep("pictures")
    assert all(widths), f"widths of the pictures: {widths}"


@pytest.mark.parametrize("way", ["ascending", "descending"])
def test_the_table_sorts(run, way):
    """By its first column, numbers; each click on its arrows turns it round."""
    table = run.page.locator(TABLE).first
    arrows = table.locator("thead th .dt-column-order").first
    assert arrows.count(), "no table to sort"
    arrows.click()
    sorted_so = table.locator(f"thead th[aria-sort={way}]").first
    sorted_so.wait_for()
    found = column(table)
    run.keep(f"table_{way}")
    assert len(found) > 1
    assert found == sorted(found, reverse=way == "descending")


def test_the_table_searches(run):
    """A cell of the second row, typed into the box, finds its row and few others."""
    table = run.page.locator(TABLE).first
    rows, box = table.locator("tbody tr"), table.locator("input[type=search]")
    before = rows.all_inner_texts()
    wanted = rows.nth(1).locator("td").nth(1).inner_text()
    box.fill(wanted)
    found = rows.all_inner_texts()
    run.keep("table_searched")
    box.fill("")
    assert 0 < len(found) < len(before), f"'{wanted}' typed: {len(found)} rows"
    assert all(wanted in row for row in found), found


def test_a_click_on_a_point_opens_its_case_file_beside_it(run):
    if not run.has("funnel_widget"):
        pytest.skip("this tutorial draws no funnel to click")
    plot = run.page.locator(".js-plotly-plot").first
    plot.scroll_into_view_if_needed()
    panel = run.page.locator(".jupyter-widgets.widget-html").first
    # The last that are drawn lie on top: the foremost leads.
    spot = plot.locator("path.point").last.bounding_box()
    x, y = spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2
    run.page.mouse.move(x, y)
    told = plot.locator(".hovertext tspan.line").first
    told.wait_for()
    # Its first line is a rank and a name.
    name = told.text_content().split()[-1]
    run.page.mouse.click(x, y)
    panel.locator("table").first.wait_for()
    run.keep("case_file_beside_the_funnel")
    assert name in panel.inner_text(), f"{name} clicked, panel: {panel.inner_text()}"
    right = plot.bounding_box()["x"] + plot.bounding_box()["width"]
    assert panel.bounding_box()["x"] >= right - 1, "the panel is not beside the funnel"


def test_nothing_is_asked_of_another_machine(run):
    assert run.outside == []

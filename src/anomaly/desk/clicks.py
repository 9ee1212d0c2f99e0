"""A funnel to click: each point shows its case file beside it."""

from contextlib import closing
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from anomaly import plots
from anomaly.desk.words import words
from anomaly.errors import AnomalyError
from anomaly.leads.casefile import CaseFile, case_file
from anomaly.leads.reasons import name_of
from anomaly.periods import MonthLike, month_text, parse_month
from anomaly.policy.read import policy
from anomaly.store.store import Store

if TYPE_CHECKING:
    from anomaly.workspace import Workspace

# Beyond so many ordinary points a browser is slow; every lead is always drawn.
ORDINARY_AT_MOST = 4000
CHOICES = 300
TEXT = "text/plain"
SYMBOLS = {"D": "diamond", "^": "triangle-up", "o": "circle"}
LIMITS = {
    "limits_998": ("low_998", "high_998", "dash"),
    "limits_95": ("low_95", "high_95", "dot"),
}
FONT = "Noto Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
# No button that leads away from the machine.
BUTTONS = ["sendChartToCloud", "sendDataToCloud", "lasso2d", "select2d"]
WIDTH, HEIGHT = 640, 520  # pixels
COUNTS = [step * 10**power for power in range(7) for step in (1, 2, 5)]
TICKS = [0.2, 0.25, 0.33, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12]


class FunnelWidget:
    """A funnel beside a panel; made by `funnel_widget`.

    ``table`` is what is drawn (as `anomaly.plots.funnel_table`), ``figure`` the plotly
    figure, ``panel`` the HTML beside it, ``chosen`` the unit_id that it shows, '' at
    first. Where there is no kernel or no widgets, the notebook holds a still picture.
    """

    def __init__(
        self,
        store: "Workspace",
        asked: tuple,
        table: pd.DataFrame,
        title: str,
        language: str,
    ) -> None:
        from ipywidgets import HTML, Dropdown, HBox, Layout, VBox

        self.root, self.table, self.chosen = store.store.root, table, ""
        self.unit, self.month = asked
        self.leads = store.leads(*asked, language=language)
        self.title, self.language = title, language
        self.said = words("funnel", language)
        self.figure = _figure(table, title, language)
        for trace in self.figure.data:
            if trace.customdata is not None:
                trace.on_click(self._clicked)
        self.choice = Dropdown(
            options=[(self.said["nobody"], ""), *_choices(table)],
            description=self.said["choose"],
            layout=Layout(width="auto"),
        )
        self.choice.observe(self._picked, names="value")
        # The picture keeps its size, the panel takes what is left and scrolls.
        scroll = Layout(max_height=f"{HEIGHT - 40}px", overflow="auto")
        self.panel = HTML(f"<p>{escape(self.said['hint'])}</p>", layout=scroll)
        rest = Layout(flex="1 1 0", min_width="0")
        side = VBox([self.choice, self.panel], layout=rest)
        left = VBox([self.figure], layout=Layout(flex=f"0 0 {WIDTH + 10}px"))
        self.box = HBox([left, side])

    def show(self, unit_id: str) -> None:
        """Show a unit's case file in the panel; an error is told there in a line."""
        self.chosen = unit_id
        told = self.said["reading"].format(unit_id=unit_id)
        self.panel.value = f"<p>{escape(told)}</p>"
        try:
            self.panel.value = self._read(unit_id)._repr_html_()
        except AnomalyError as error:
            self.panel.value = f"<p>{escape(str(error))}</p>"

    def _read(self, unit_id: str) -> CaseFile:
        """Read a case file by a store of its own: a click comes on another thread."""
        asked = (self.unit, unit_id, self.month, self.language)
        with closing(Store.open(self.root)) as store:
            return case_file(store, self.leads, *asked)

    def _clicked(self, trace, points, state=None) -> None:
        for place in points.point_inds[:1]:
            self.show(str(trace.customdata[place]))

    def _picked(self, change) -> None:
        if change["new"]:
            self.show(change["new"])

    def still(self):
        """Return the same funnel as an Axes that does not move."""
        return plots.draw_funnel(self.table, title=self.title, language=self.language)

    def _repr_mimebundle_(self, **asked) -> dict:
        """Return the widget, and a picture for readers that have none."""
        leads = int((self.table["tier"] != "").sum())
        told = self.said["static"].format(
            title=self.title, units=len(self.table), leads=leads
        )
        widget = self.box._repr_mimebundle_(**asked)
        return widget | plots.shown(self.still()._repr_png_(), told) | {TEXT: told}


def funnel_widget(
    store: "Workspace",
    unit: str,
    month: MonthLike,
    indicator: str,
    district: str | None = None,
    language: str = "zh",
):
    """Return a funnel to click: the case file of a point shows beside it.

    Parameters
    ----------
    store : Workspace
        As `anomaly.open_store` returns it.
    unit : {'doctor', 'institution', 'pharmacy', 'insured'}
    month : str or date
        'YYYY-MM', or any date in it.
    indicator : str
        One that leads ask about; see ``store.evidence(unit, month)``.
    district : str, optional
        Only its units.
    language : {'zh', 'en'}

    Returns
    -------
    FunnelWidget or Axes
        The same funnel as an Axes where plotly or ipywidgets is not installed. A
        notebook that is saved or exported without a kernel shows it as a picture.

    Raises
    ------
    UsageError
        For an indicator, unit, month, district or language that there is not.

    Points are visits against observed over expected, as `anomaly.plots.draw_funnel`
    has them. Nothing is loaded from a network.

    >>> store = anomaly.open_store("store")  # doctest: +SKIP
    >>> anomaly.funnel_widget(
    ...     store, "doctor", "2026-06", "fee_per_visit_outpatient"
    ... )  # doctest: +SKIP
    """
    said = words("funnel", language)
    table = store.funnel_points(unit, month, indicator, district)
    title = said["title"].format(
        name=name_of(indicator, language),
        unit=said["units"][unit],
        month=month_text(month),
    )
    try:
        import anywidget  # noqa: F401 - whether they are there
        import ipywidgets  # noqa: F401
        import plotly.graph_objects  # noqa: F401
    except ImportError:
        return plots.draw_funnel(table, title=title, language=language)
    return FunnelWidget(store, (unit, parse_month(month)), table, title, language)


def _choices(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the leads for those who do not point: label and unit_id, by rank."""
    leads = table[table["tier"] != ""].head(CHOICES)
    columns = leads[["rank", "label", "unit_id"]].itertuples(index=False)
    return [(f"{rank:.0f} {label}", unit_id) for rank, label, unit_id in columns]


def _figure(table: pd.DataFrame, title: str, language: str):
    from plotly.graph_objects import FigureWidget

    said, drawn = words("funnel", language), plots.wording("funnel", language)
    ordinary = table[table["tier"] == ""]
    left_out = max(len(ordinary) - ORDINARY_AT_MOST, 0)
    if left_out:
        told = said["left_out"].format(count=f"{left_out:,}")
        title = f"{title}（{told}）" if language == "zh" else f"{title} ({told})"
    figure = FigureWidget()
    if len(table):
        _draw_limits(figure, table, drawn)
    for tier in ("", "yellow", "orange", "red"):
        rows = table[table["tier"] == tier]
        _draw_tier(
            figure, rows.head(ORDINARY_AT_MOST) if not tier else rows, tier, language
        )
    months = policy("peers")["window_months"]
    axis = {"type": "log", "showgrid": True, "gridcolor": "#e3e7eb", "zeroline": False}
    figure.update_layout(
        title={"text": escape(title), "font": {"size": 14}},
        xaxis={"title": said["x"].format(months=months), "tickvals": COUNTS, **axis},
        yaxis={"title": drawn["y"], "tickvals": TICKS, **axis},
        font={"family": FONT, "color": "#22303c"},
        paper_bgcolor="white",
        plot_bgcolor="white",
        width=WIDTH,
        height=HEIGHT,
        margin={"l": 60, "r": 12, "t": 48, "b": 56},
        legend={"orientation": "h", "y": -0.18},
        hovermode="closest",
    )
    figure._config = {"displaylogo": False, "modeBarButtonsToRemove": BUTTONS}
    return figure


def _draw_limits(figure, table: pd.DataFrame, drawn: dict) -> None:
    limits = plots.funnel_limits(table)
    for name, (low, high, dash) in LIMITS.items():
        for column in (low, high):
            figure.add_scatter(
                x=limits["n"].tolist(),
                y=limits[column].tolist(),
                mode="lines",
                line={"color": "#1f4e79", "width": 1, "dash": dash},
                name=drawn[name],
                legendgroup=name,
                showlegend=column == high,
                hoverinfo="skip",
            )


def _draw_tier(figure, rows: pd.DataFrame, tier: str, language: str) -> None:
    if rows.empty:
        return
    look = plots.TIER_LOOKS[tier]
    told = plots.wording("funnel", language)["tiers"][tier]
    figure.add_scatter(
        x=rows["n"].tolist(),
        y=rows["oe"].tolist(),
        mode="markers",
        marker={
            "symbol": SYMBOLS[look.marker],
            "color": look.colour,
            "size": float(np.sqrt(look.size) * 1.7),
            "line": {"color": "white", "width": 0.6},
        },
        customdata=rows["unit_id"].tolist(),
        hovertext=[_hover(row, told, language) for row in rows.to_dict("records")],
        hoverinfo="text",
        name=told,
    )


def _hover(row: dict, tier: str, language: str) -> str:
    """Return what a point says; names are only names, whatever they hold."""
    return words("funnel", language)["hover"].format(
        rank=f"{row['rank']:.0f}" if pd.notna(row["rank"]) else "",
        label=escape(str(row["label"])),
        n=f"{row['n']:,.0f}",
        oe=f"{row['oe']:.2f}",
        tier=tier,
    )

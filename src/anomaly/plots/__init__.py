"""Figures: each takes a table, options and an `ax`, and returns the ax.

Without an ax it draws on a figure of its own, which a notebook shows; ``language`` is
'zh' or 'en'. The tables come from a workspace (`store.funnel_points` and so on) or
from the function beside (`funnel_table` and so on).

>>> import pandas as pd
>>> from anomaly import plots
>>> parts = {"part": ["rule", "pattern"], "name": ["R02", "形态"], "adds": [2.5, 0.5]}
>>> ax = plots.draw_waterfall(pd.DataFrame(parts), language="en")
>>> ax.get_xlabel()
'Adds to risk'
"""

from anomaly.plots.calendar import calendar_table, draw_calendar
from anomaly.plots.control import control_table, draw_control
from anomaly.plots.districts import draw_districts
from anomaly.plots.drawing import wording
from anomaly.plots.funnel import draw_funnel, funnel_limits, funnel_table
from anomaly.plots.heat import draw_heat
from anomaly.plots.history import draw_history, history_table
from anomaly.plots.network import draw_network, network_layout
from anomaly.plots.peers import draw_peers
from anomaly.plots.ranking import draw_ranking, ranking_table
from anomaly.plots.standing import draw_standing
from anomaly.plots.style import (
    FONT_FOLDER,
    TIER_LOOKS,
    Margins,
    Picture,
    canvas,
    missing_glyphs,
    shown,
)
from anomaly.plots.trend import draw_trend, trend_table
from anomaly.plots.waterfall import draw_waterfall

__all__ = [
    "FONT_FOLDER",
    "TIER_LOOKS",
    "Margins",
    "Picture",
    "calendar_table",
    "canvas",
    "control_table",
    "draw_calendar",
    "draw_control",
    "draw_districts",
    "draw_funnel",
    "draw_heat",
    "draw_history",
    "draw_network",
    "draw_peers",
    "draw_ranking",
    "draw_standing",
    "draw_trend",
    "draw_waterfall",
    "funnel_limits",
    "funnel_table",
    "history_table",
    "missing_glyphs",
    "network_layout",
    "ranking_table",
    "shown",
    "trend_table",
    "wording",
]

"""Figures: each function takes a table and an `ax`, and returns the ax."""

from anomaly.plots.districts import draw_districts
from anomaly.plots.funnel import draw_funnel, funnel_table
from anomaly.plots.history import draw_history, history_table
from anomaly.plots.ranking import draw_ranking, ranking_table
from anomaly.plots.standing import draw_standing
from anomaly.plots.style import (
    FONT_FOLDER,
    TIER_LOOKS,
    Margins,
    Picture,
    canvas,
    missing_glyphs,
)
from anomaly.plots.trend import draw_trend, trend_table

__all__ = [
    "FONT_FOLDER",
    "TIER_LOOKS",
    "Margins",
    "Picture",
    "canvas",
    "draw_districts",
    "draw_funnel",
    "draw_history",
    "draw_ranking",
    "draw_standing",
    "draw_trend",
    "funnel_table",
    "history_table",
    "missing_glyphs",
    "ranking_table",
    "trend_table",
]

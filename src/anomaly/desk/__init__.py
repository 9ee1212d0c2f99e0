"""What moves under an analyst's hand: a table to sort, a funnel to click, cards.

The only room with plotly, itables and ipywidgets. Each thing shows itself as the last
line of a notebook cell, loads nothing from a network, and falls back to what does not
move where one of these libraries is missing.
"""

from anomaly.desk.cards import show
from anomaly.desk.clicks import FunnelWidget, funnel_widget
from anomaly.desk.datatable import DataTable, table

__all__ = ["DataTable", "FunnelWidget", "funnel_widget", "show", "table"]

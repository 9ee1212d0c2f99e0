"""Analysis toolkit for medical-insurance fund supervision.

>>> import anomaly
>>> store = anomaly.open_store("store")  # doctest: +SKIP
>>> leads = store.leads("doctor", month="2026-06")  # doctest: +SKIP
>>> anomaly.table(leads)  # doctest: +SKIP
>>> store.case_file("doctor", "D1", month="2026-06")  # doctest: +SKIP

`open_store` opens a store; `table`, `show` and `funnel_widget` show what it gives;
`plots` draws; `peers` and `detectors` work on any frame; `AnomalyError` is what goes
wrong. Each is imported when it is first asked for.
"""

from importlib import import_module
from importlib.metadata import version

__version__ = version("anomaly")
__all__ = [
    "AnomalyError",
    "__version__",
    "detectors",
    "funnel_widget",
    "open_store",
    "peers",
    "plots",
    "show",
    "table",
]
# Name -> the room it comes from; a room itself where that ends in its own name.
ROOMS = {
    "AnomalyError": "anomaly.errors",
    "detectors": "anomaly.detectors",
    "funnel_widget": "anomaly.desk",
    "open_store": "anomaly.workspace",
    "peers": "anomaly.peers",
    "plots": "anomaly.plots",
    "show": "anomaly.desk",
    "table": "anomaly.desk",
}


def __getattr__(name: str):
    """Import a name on first use, so that the command line answers at once."""
    if name not in ROOMS:
        raise AttributeError(f"module 'anomaly' has no attribute '{name}'")
    room = import_module(ROOMS[name])
    return room if ROOMS[name] == f"anomaly.{name}" else getattr(room, name)


def __dir__() -> list[str]:
    return sorted(__all__)

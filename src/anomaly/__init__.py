"""Analysis toolkit for medical-insurance fund supervision.

>>> import anomaly
>>> store = anomaly.open_store("store")  # doctest: +SKIP
>>> store.leads("doctor", month="2026-06")  # doctest: +SKIP
"""

from importlib.metadata import version

__version__ = version("anomaly")
__all__ = ["__version__", "open_store"]


def __getattr__(name: str):
    """Import the workspace on first use, so that the command line answers at once."""
    if name == "open_store":
        from anomaly.workspace import open_store

        return open_store
    raise AttributeError(f"module 'anomaly' has no attribute '{name}'")

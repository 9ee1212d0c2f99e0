"""What an analyst holds: a store opened, and all that may be asked of it.

One desk a module (features, lines, pictures, cases, draws, samples, visits, campaigns,
the year), each a few short methods that call the rooms; `Workspace` is all of them.
"""

from anomaly.workspace.workspace import Workspace, open_store

__all__ = ["Workspace", "open_store"]

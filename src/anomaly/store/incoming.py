"""A source that is to be loaded, and what its header says."""

from dataclasses import dataclass

from anomaly.sources.source import Source
from anomaly.tables import Table


@dataclass(frozen=True)
class Incoming:
    """A source, its table, and the positions of the columns the mapping knows."""

    source: Source
    table: Table
    columns: dict[str, int]

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def unknown(self) -> list[str]:
        """Headers that the mapping does not know."""
        known = set(self.columns.values())
        header = enumerate(self.source.header)
        return [cell for i, cell in header if cell and i not in known]

    @property
    def digests(self) -> list[str]:
        """The columns it brings that are kept as keyed digests only."""
        return [name for name in self.table.digests if name in self.columns]

    @property
    def missing(self) -> list[str]:
        """Canonical columns that the source does not have."""
        return [
            column.name
            for column in self.table.stored
            if column.name not in self.columns and not column.derived
        ]

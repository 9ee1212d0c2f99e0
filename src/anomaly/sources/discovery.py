"""From paths and a database address to the tables that they hold."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from anomaly.errors import UsageError
from anomaly.sources import parquet, sheets, textfile
from anomaly.sources.mapping import Mapping
from anomaly.sources.source import Found, TextOptions

SUFFIXES = textfile.SUFFIXES + sheets.SUFFIXES + parquet.SUFFIXES


def discover(paths: Sequence[Path]) -> list[Path]:
    """Return the export files among paths and in folders, in a fixed order."""
    found = []
    for path in paths:
        if not path.exists():
            raise UsageError(f"'{path}' does not exist", expected="a file or folder")
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [p for p in inside if p.is_file() and _is_export(p)]
    return found


def _is_export(path: Path) -> bool:
    # Excel keeps a '~$' file beside a workbook that someone has open.
    return path.name.lower().endswith(SUFFIXES) and not path.name.startswith("~$")


@contextmanager
def sources(
    paths: Sequence[Path],
    mapping: Mapping,
    options: TextOptions,
    *,
    scratch: Path,
    url: str = "",
) -> Iterator[Found]:
    """Yield the tables of files and, with ``url``, of a database, while open.

    ``scratch`` is a folder for what has to be put aside meanwhile. Raises
    UsageError for a path or address that is none, DataRefusedError for what
    cannot be read.
    """
    with ExitStack() as stack:
        aside = Path(stack.enter_context(TemporaryDirectory(dir=scratch)))
        found = Found()
        for path in discover(paths):
            found.add(_of_file(path, mapping, options, aside))
        if url:
            from anomaly.sources.database import Database

            database = stack.enter_context(closing(Database(url, mapping)))
            found.add(database.found())
        yield found


def _of_file(
    path: Path, mapping: Mapping, options: TextOptions, scratch: Path
) -> Found:
    name = path.name.lower()
    if name.endswith(sheets.SUFFIXES):
        return sheets.open_workbook(path, mapping, scratch)
    if name.endswith(parquet.SUFFIXES):
        return parquet.open_parquet(path, mapping)
    if mapping.table_of(path.name) is None:
        return Found(not_recognised=[path.name])
    return Found([textfile.TextFile(path, options)])

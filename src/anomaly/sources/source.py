"""What every way in has in common: a text file, a sheet, a database table.

Whatever a bureau exports becomes a stream of UTF-8 CSV here, so that the store
has one door and one set of checks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from anomaly.errors import UsageError

# GBK is read as GB18030, which contains it and has the rare surnames too.
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "utf-8-sig": "utf-8-sig",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}
DELIMITERS = {"comma": ",", "tab": "\t", "pipe": "|"}


class Source(Protocol):
    """One table on its way in.

    ``name`` is shown in messages and accounts; by ``stem`` a mapping knows the
    table. ``header`` holds the cells of the header. ``first_line`` is where the
    first row stands, as its owner counts; with ``numbered`` each record has one
    cell more than the header, its own line.
    """

    name: str
    stem: str
    header: tuple[str, ...]
    delimiter: str
    first_line: int
    numbered: bool

    def digest(self) -> str | None:
        """Return a fingerprint of the content: equal digests, equal rows.

        None until ``chunks`` has been read to its end, where only reading
        tells.
        """

    def chunks(self) -> Iterator[bytes]:
        r"""Yield CSV, header first: UTF-8, ``\n`` line ends, quotes doubled.

        Raises DataRefusedError where the source breaks off.
        """


@dataclass(frozen=True)
class TextOptions:
    """What the analyst knows better than detection; '' lets us look.

    ``encoding`` and ``delimiter`` are names (``gbk``, ``tab``) or, for the
    delimiter, the character itself. Raises UsageError for any other.
    """

    encoding: str = ""
    delimiter: str = ""

    def __post_init__(self) -> None:
        _refuse_other("encoding", self.encoding.lower(), ENCODINGS)
        if self.delimiter not in DELIMITERS.values():
            _refuse_other("delimiter", self.delimiter.lower(), DELIMITERS)

    @property
    def codec(self) -> str:
        return ENCODINGS.get(self.encoding.lower(), "")

    @property
    def separator(self) -> str:
        return DELIMITERS.get(self.delimiter.lower(), self.delimiter)


def _refuse_other(option: str, value: str, known: dict[str, str]) -> None:
    if value and value not in known:
        raise UsageError(
            f"--{option} '{value}' is not known",
            expected=f"one of {', '.join(known)}",
        )


@dataclass
class Found:
    """The tables found, and by name what no mapping knows or what is empty."""

    sources: list[Source] = field(default_factory=list)
    not_recognised: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    def add(self, other: "Found") -> None:
        self.sources += other.sources
        self.not_recognised += other.not_recognised
        self.empty += other.empty

"""What the comments of a TOML file say of its keys.

A remark stands beside its key, or above a run of keys of which it speaks, or as
`# key: what it is` anywhere in the file, for a key that many records have. A remark
above a table's head speaks of the table.
"""

import re
from collections.abc import Iterator

Path = tuple[str, ...]
HEAD = re.compile(r"^\[\[?([^\]]+)\]\]?\s*(?:#\s*(.*))?$")
KEY = re.compile(r"^([A-Za-z0-9_.\"-]+)\s*=\s*(.*)$")
NAMED = re.compile(r"^#\s{1,3}([a-z_]+):\s+(.*)$")
MORE = re.compile(r"^#\s{3,}(.*)$")


def remarks(text: str) -> dict[Path, str]:
    """Return what is said of each key and table, by its path in the file."""
    text = _without_names(text)
    found: dict[Path, str] = {}
    place: Path = ()
    above: list[str] = []
    fresh = True
    for line in _statements(text):
        if line.startswith("#"):
            above = [*above, line] if fresh else [line]
            fresh = True
        elif head := HEAD.match(line):
            place = _path(head[1])
            _say(found, place, head[2] or _joined(above))
            above = []
        elif key := KEY.match(line):
            _say(found, place + _path(key[1]), _beside(key[2]) or _joined(above))
            fresh = False
        else:
            above, fresh = [], True
    return found


def named(text: str) -> dict[str, str]:
    """Return what `# key: ...` says of keys, by the key's name."""
    return _parted(text)[0]


def opening(text: str) -> str:
    """Return the remark at the top of the file, which speaks of all of it."""
    lines: list[str] = []
    for line in _without_names(text).splitlines():
        if not line.startswith("#"):
            break
        lines.append(line)
    return _joined(lines)


def _without_names(text: str) -> str:
    return "\n".join(_parted(text)[1])


def _parted(text: str) -> tuple[dict[str, str], list[str]]:
    """Part what is said by name from the other lines.

    The first name of a block is a key of the file, for a sentence may have a colon;
    after it also a key that no shipped record sets.
    """
    keys = {match[1] for line in text.splitlines() if (match := KEY.match(line))}
    found: dict[str, str] = {}
    rest: list[str] = []
    last = ""
    for line in text.splitlines():
        match, more = NAMED.match(line), MORE.match(line)
        if match and (last or match[1] in keys):
            last = match[1]
            found[last] = match[2]
        elif last and more:
            found[last] += _more(more[1])
        elif last and line.startswith("# ") and not match:
            found[last] += " " + line[2:]
        else:
            last = ""
            rest.append(line)
    return found, rest


def _more(line: str) -> str:
    """Return a further line of a remark; a word set apart opens a choice."""
    if match := re.match(r"(\S+)\s{2,}(.*)", line):
        return f"; `{match[1]}` {match[2]}"
    return " " + line


def _say(found: dict[Path, str], path: Path, told: str) -> None:
    if told and path not in found:
        found[path] = told


def _path(dotted: str) -> Path:
    return tuple(part.strip().strip('"') for part in dotted.split("."))


def _joined(lines: list[str]) -> str:
    return " ".join(line.lstrip("#").strip() for line in lines).strip()


def _statements(text: str) -> Iterator[str]:
    """Yield the lines of a file, a value over several lines as one."""
    pending = ""
    for raw in text.splitlines():
        line = f"{pending} {raw.strip()}".strip() if pending else raw.rstrip()
        code = line if line.startswith("#") else _split(line)[0]
        pending = line if not line.startswith("#") and _open(code) else ""
        if not pending:
            yield line
        elif "#" in pending:
            # A remark inside a list speaks of its member, not of the key.
            pending = _split(pending)[0]


def _open(code: str) -> bool:
    bare = re.sub(r'"[^"]*"|\'[^\']*\'', "", code)
    return "=" in bare and bare.count("[") > bare.count("]")


def _beside(value: str) -> str:
    return _split(value)[1]


def _split(line: str) -> tuple[str, str]:
    """Return a line's code and the remark behind it; a mark in quotes is none."""
    quote = ""
    for at, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "#":
            return line[:at], line[at + 1 :].strip()
    return line, ""

"""The reference of policy: every key of every shipped file, one row each.

What a key does is what its file says beside it: see `pages.remarks`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pages import DOCS, NOTE, remarks, table

PAGE = DOCS / "reference" / "policy.md"
# What these say is the same in every file.
EVERYWHERE = {
    "id": "the record's name",
    "zh": "its words in Chinese",
    "en": "its words in English",
    "basis": "the clause it rests on; where no notice names one, that is said",
    "basis_en": "the same in English, where it is no clause",
}
LONGEST = 90
AGAIN = "as above"
UNSET = "in no shipped record"
HEAD = f"""{NOTE}# 政策参数 · Policy keys

Everything a bureau may want otherwise stands in a file of `src/anomaly/policy`. A row
each: key, shipped value, what it does, and the clause (`basis`) that stands beside it.
A key that names no clause, there or in its text, follows no notice: the number is the
toolkit's, and the bureau's to set. `name[]` is a list of records; `<name>` stands for
each record of a table of them.

Where a file says so, one of the same name in a store's folder takes its place. An
unknown key in it is refused, with the known ones.

"""


@dataclass(frozen=True)
class Key:
    """One key: where it stands, what it holds as shipped, what is said of it."""

    file: str
    path: tuple[str, ...]
    default: str
    what: str
    basis: str

    @property
    def name(self) -> str:
        """The key as the page writes it, such as `actions[].grade`."""
        return ".".join(self.path).replace(".[]", "[]")


def policy_files() -> list[str]:
    """Return the names of the shipped files, in order."""
    folder = files("anomaly.policy")
    return sorted(one.name for one in folder.iterdir() if one.name.endswith(".toml"))


@cache
def keys(file: str) -> tuple[Key, ...]:
    """Return every key of a shipped file."""
    text = files("anomaly.policy").joinpath(file).read_text(encoding="utf-8")
    return keys_of(file, text)


def keys_of(file: str, text: str) -> tuple[Key, ...]:
    """Return every key of a file's text, records of one shape told once."""
    cells = tomllib.loads(text)
    found: dict[tuple[str, ...], list] = {}
    for path, value, basis in _walk(cells, (), "", _alike(cells)):
        found.setdefault(path, []).append((value, basis))
    said, words = remarks.remarks(text), remarks.named(text)
    shipped = [
        Key(file, path, _default(path, held), _what(path, said, words), _basis(held))
        for path, held in found.items()
    ]
    set_somewhere = {path[-1] for path in found}
    unset = [
        Key(file, (name,), UNSET, what, "")
        for name, what in words.items()
        if name not in set_somewhere
    ]
    return (*shipped, *unset)


def names() -> dict[str, str]:
    """Return what each key does, '' where nothing says so, by file and key."""
    return {
        f"{file}: {key.name}": key.what for file in policy_files() for key in keys(file)
    }


def told(page: str) -> set[str]:
    """Return the keys that a page tells, as `names` writes them."""
    found, file = set(), ""
    for line in page.splitlines():
        if line.startswith("## "):
            file = line.removeprefix("## ").strip("`")
        elif line.startswith("| `"):
            name, _, what, *_ = line.removeprefix("| `").split(" | ")
            if what.strip():
                found.add(f"{file}: {name.rstrip('`')}")
    return found


def page() -> str:
    """Return the whole page."""
    return (HEAD + "".join(map(_section, policy_files()))).rstrip() + "\n"


def _section(file: str) -> str:
    text = files("anomaly.policy").joinpath(file).read_text(encoding="utf-8")
    rows, last = [], ("", "")
    for key in keys(file):
        told = (key.what, key.basis)
        shown = [AGAIN if a and a == b else a for a, b in zip(told, last, strict=True)]
        rows.append([f"`{key.name}`", key.default, *shown])
        last = told
    intro = remarks.opening(text)
    intro = f"{intro}\n\n" if intro else ""
    return f"## `{file}`\n\n{intro}" + table(
        ["键 key", "默认 default", "含义 what it does", "依据 basis"], rows
    )


def _alike(cells: object) -> bool:
    """Whether a table holds records of one shape rather than sections."""
    if not isinstance(cells, Mapping) or len(cells) < 2:
        return False
    if not all(isinstance(one, Mapping) for one in cells.values()):
        return False
    shapes = [set(one) for one in cells.values()]
    shared, all_keys = set.intersection(*shapes), set.union(*shapes)
    return bool(shared) and 2 * len(shared) >= len(all_keys)


def _walk(cells: Mapping, path: tuple, basis: str, alike: bool) -> Iterator[tuple]:
    own = cells.get("basis", basis)
    basis = own if isinstance(own, str) else basis
    for name, value in cells.items():
        here = (*path, "<name>" if alike else name)
        if isinstance(value, Mapping):
            yield from _walk(value, here, basis, _alike(value))
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for record in value:
                yield from _walk(record, (*here, "[]"), basis, alike=False)
        else:
            yield here, value, basis


def _default(path: tuple, held: list) -> str:
    many = {"[]", "<name>"} & set(path)
    values = list(dict.fromkeys(_shown(value) for value, _ in held))
    text = ", ".join(values)
    if not many or (len(text) <= LONGEST and path[-1] not in EVERYWHERE):
        return text
    return f"{len(held)} records, each its own"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{value}`" if value != "" else "empty"


def _basis(held: list) -> str:
    clauses = list(dict.fromkeys(basis for _, basis in held if basis))
    return clauses[0] if len(clauses) == 1 else "each record's own" if clauses else ""


def _what(path: tuple, said: Mapping, words: Mapping) -> str:
    """Return what is said of a key: beside it, by its name, or of its table."""
    name = path[-1]
    plain = tuple(part for part in path if part != "[]")
    if name in EVERYWHERE and name not in words:
        return EVERYWHERE[name]
    if name in words:
        return words[name]
    while plain:
        if told_here := _said(plain, said):
            return told_here
        plain = plain[:-1]
    return ""


def _said(path: tuple, said: Mapping) -> str:
    """Return the first remark on a path, whatever the name of its record is."""
    for known, text in said.items():
        pairs = zip(known, path, strict=False)
        if len(known) == len(path) and all(b in (a, "<name>") for a, b in pairs):
            return text
    return ""

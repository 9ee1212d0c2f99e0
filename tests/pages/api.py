"""The reference of the Python API: every public name, its signature and docstring.

Public is what a package lists in `__all__`, the errors, what `anomaly.open_store`
returns, and the types that its methods return. Signatures are read from the source,
so that they are the same under every version of Python.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import pairwise
from pkgutil import iter_modules

import anomaly
from anomaly import errors
from anomaly.workspace import Workspace
from pages import DOCS, NOTE

PAGE = DOCS / "reference" / "api.md"
HEAD = f"""{NOTE}# 接口一览 · The Python API

What scripts and notebooks may rely on: what `anomaly` and its packages export, the
workspace that `anomaly.open_store` returns with the types its methods return, and the
errors. Frames are pandas frames, money is in yuan, a month is 'YYYY-MM' or a date in
it.

"""
FROM_ELSEWHERE = "anomaly."


@dataclass(frozen=True)
class Name:
    """One public name: where it is imported from, how it is called, what it does."""

    id: str
    signature: str
    doc: str


def sections() -> dict[str, list[Name]]:
    """Return every public name by the part of the API it belongs to."""
    found = {"anomaly": _exported("anomaly")}
    found["Workspace"] = list(_class("Workspace", Workspace))
    for kind in _returned():
        found[kind.__name__] = list(_class(kind.__name__, kind))
    for package in _packages():
        if exported := _exported(package):
            found[package] = exported
    kinds = [one for _, one in inspect.getmembers(errors, inspect.isclass)]
    found["anomaly.errors"] = [n for one in kinds for n in _class(one.__name__, one)]
    return found


def names() -> dict[str, str]:
    """Return what each public name says of itself, '' where it says nothing."""
    return {
        f"{part}: {name.id}": name.doc
        for part, held in sections().items()
        for name in held
    }


def told(page: str) -> set[str]:
    """Return the names that a page tells, as `names` writes them."""
    found, part, name = set(), "", ""
    for line in re.sub(r"```python.*?```", "", page, flags=re.DOTALL).splitlines():
        if line.startswith("## "):
            part, name = line.removeprefix("## ").strip("`"), ""
        elif line.startswith("### "):
            name = line.removeprefix("### ").strip("`")
        elif name and line.strip():
            found.add(f"{part}: {name}")
    return found


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for part, held in sections().items():
        parts.append(f"## `{part}`\n\n")
        parts += [_entry(name) for name in held]
    return "".join(parts).rstrip() + "\n"


def _entry(name: Name) -> str:
    code = f"```python\n{name.signature}\n```\n\n" if name.signature else ""
    return f"### `{name.id}`\n\n{code}{_prose(name.doc)}\n\n"


def _packages() -> list[str]:
    found = iter_modules(anomaly.__path__)
    return [f"anomaly.{one.name}" for one in found if one.ispkg]


def _exported(package: str) -> list[Name]:
    module = import_module(package)
    found: list[Name] = []
    for name in sorted(getattr(module, "__all__", []), key=str.lower):
        value = getattr(module, name)
        if inspect.isclass(value):
            found += _class(name, value)
        elif callable(value):
            found.append(_function(name, value))
        elif inspect.ismodule(value):
            # What a room exports has a part of its own further down.
            found.append(Name(name, "", _doc(value).split("\n\n")[0]))
        else:
            found.append(Name(name, "", _remark(package, name)))
    return found


def _returned() -> list[type]:
    """Return our own types that the workspace's methods return, by name."""
    found = {}
    for _, value in inspect.getmembers(Workspace, inspect.isfunction):
        kind = value.__annotations__.get("return")
        if inspect.isclass(kind) and kind.__module__.startswith(FROM_ELSEWHERE):
            found[kind.__name__] = kind
    found.pop("Workspace", None)
    return [found[name] for name in sorted(found)]


def _class(name: str, kind: type) -> Iterator[Name]:
    """Yield a class, then its public methods and properties, ours alone."""
    yield Name(name, f"{name}{_made_with(kind)}", _doc(kind))
    seen = set()
    for owner in kind.__mro__:
        if not owner.__module__.startswith("anomaly"):
            continue
        for method in _tree(owner).body:
            public = isinstance(method, ast.FunctionDef) and method.name[0] != "_"
            if public and method.name not in seen:
                seen.add(method.name)
                doc = ast.get_docstring(method) or _inherited(kind, method.name)
                yield Name(f"{name}.{method.name}", _signature(method), doc)


def _function(name: str, value) -> Name:
    return Name(name, _signature(_tree(value)), _doc(value))


@cache
def _tree(value) -> ast.ClassDef | ast.FunctionDef:
    return ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]


def _signature(tree: ast.FunctionDef) -> str:
    bare = [ast.unparse(one) for one in tree.decorator_list]
    if any("property" in one for one in bare):
        kind = f": {ast.unparse(tree.returns)}" if tree.returns else ""
        return f"{tree.name}{kind}"
    back = f" -> {ast.unparse(tree.returns)}" if tree.returns else ""
    given = _parameters(tree.args)
    short = f"{tree.name}({', '.join(given)}){back}"
    if len(short) <= 88:
        return short
    lines = "".join(f"    {one},\n" for one in given)
    return f"{tree.name}(\n{lines}){back}"


def _parameters(given: ast.arguments) -> list[str]:
    """Return the parameters as one writes them, without the object itself."""
    depth, parts = 0, [""]
    for letter in ast.unparse(given):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    bare = [one.strip() for one in parts]
    return [_spaced(one) for one in bare if one not in ("", "self", "cls")]


def _spaced(given: str) -> str:
    """Return a parameter with blanks around its default, where it has a type."""
    name, equals, default = given.partition("=")
    return f"{name} = {default}" if equals and ":" in name else given


def _made_with(kind: type) -> str:
    """Return what a class is made with: its fields, or what `__init__` takes."""
    tree = _tree(kind)
    for one in tree.body:
        if isinstance(one, ast.FunctionDef) and one.name == "__init__":
            return _signature(one).removeprefix("__init__").removesuffix(" -> None")
    fields = [ast.unparse(one) for one in tree.body if isinstance(one, ast.AnnAssign)]
    if not fields or not hasattr(kind, "__dataclass_fields__"):
        return ""
    return "(\n" + "".join(f"    {one},\n" for one in fields) + ")"


def _inherited(kind: type, name: str) -> str:
    return inspect.getdoc(getattr(kind, name)) or ""


def _doc(value) -> str:
    return inspect.cleandoc(value.__doc__ or "")


def _remark(package: str, name: str) -> str:
    """Return the comment above a constant, from whichever module assigns it."""
    if name == "__version__":
        return "The version of the package, as text."
    folder = import_module(package).__path__[0]
    for module in iter_modules([folder]):
        text = inspect.getsource(import_module(f"{package}.{module.name}"))
        found = re.search(rf"((?:^# .*\n)+)^{name}\b.* = ", text, flags=re.MULTILINE)
        if found:
            return " ".join(line[2:] for line in found[1].splitlines())
    return ""


def _prose(doc: str) -> str:
    """Return a docstring as Markdown: its sections as bold words and lists."""
    lines, section = [], False
    raw = doc.replace("``", "`").splitlines()
    for line, after in pairwise([*raw, ""]):
        if re.fullmatch(r"-{3,}", line):
            continue
        if re.fullmatch(r"-{3,}", after):
            lines += [f"**{line}**", ""]
            section = True
        elif section and line and not line.startswith(" "):
            lines.append(f"- {line}")
        else:
            lines.append(line)
    return "\n".join(lines)

"""The reference of the command line: every command and option, as `--help` has them."""

from collections.abc import Iterator
from inspect import cleandoc

from typer.main import get_command

from anomaly.cli.main import app
from pages import DOCS, NOTE, table

PAGE = DOCS / "reference" / "cli.md"
HEAD = f"""{NOTE}# 命令一览 · Every command

`anomaly COMMAND --help` prints the same. Every command takes `--json`: then one JSON
object stands on standard output, and messages go to standard error. Exit codes: 0 done;
1 some districts failed, and are named; 2 usage or configuration; 3 data refused.

"""


def commands() -> Iterator[tuple[str, object]]:
    """Yield every command that does something, with the words that call it."""
    return _leaves(get_command(app), "anomaly")


def _leaves(command, called: str) -> Iterator[tuple[str, object]]:
    for name, below in getattr(command, "commands", {}).items():
        if getattr(below, "commands", None):
            yield from _leaves(below, f"{called} {name}")
        elif not hasattr(below, "commands"):
            yield f"{called} {name}", below


def groups() -> dict[str, str]:
    """Return what each group of commands is for."""
    below = get_command(app).commands
    return {
        f"anomaly {name}": command.help or ""
        for name, command in below.items()
        if getattr(command, "commands", None)
    }


def names() -> dict[str, str]:
    """Return what each command and option does, '' where its help says nothing."""
    found = {}
    for called, command in commands():
        found[called] = command.help or ""
        for one in command.params:
            found[f"{called} {_spelt(one)}"] = getattr(one, "help", "") or ""
    return found


def told(page: str) -> set[str]:
    """Return the commands and options that a page tells, as `names` writes them."""
    found, called = set(), ""
    for line in page.splitlines():
        if line.startswith("### "):
            called = line.removeprefix("### ").strip("`")
            found.add(called)
        elif line.startswith("| `") and called:
            name, _, what = line.removeprefix("| ").removesuffix(" |").split(" | ")
            if what.strip():
                found.add(f"{called} {name.strip('`')}")
    return found


def page() -> str:
    """Return the whole page, groups after the commands that stand alone."""
    alone = [pair for pair in commands() if pair[0].count(" ") == 1]
    parts = [HEAD, "## `anomaly`\n\n", *(_entry(*pair) for pair in alone)]
    for group, told_of in groups().items():
        own = [pair for pair in commands() if pair[0].startswith(f"{group} ")]
        parts += [f"## `{group}`\n\n{told_of}\n\n", *(_entry(*pair) for pair in own)]
    return "".join(parts).rstrip() + "\n"


def _entry(called: str, command) -> str:
    rows = [
        [f"`{_spelt(one)}`", _default(one), getattr(one, "help", "") or ""]
        for one in command.params
    ]
    text = cleandoc(command.help or "")
    return (
        f"### `{called}`\n\n{text}\n\n```text\n{_usage(called, command)}\n```\n\n"
        + table(["参数 option", "默认 default", "含义 what it does"], rows)
    )


def _usage(called: str, command) -> str:
    parts = [called]
    for one in command.params:
        if one.param_type_name == "argument":
            word = one.name.upper() + ("..." if one.nargs != 1 else "")
            parts.append(word if one.required else f"[{word}]")
        elif one.required:
            parts.append(f"{one.opts[0]} {one.opts[0].strip('-').upper()}")
    return " ".join([*parts, "[OPTIONS]"])


def _spelt(one) -> str:
    if one.param_type_name == "argument":
        return one.name.upper()
    return ", ".join([*one.opts, *one.secondary_opts])


def _default(one) -> str:
    if one.required:
        return "required"
    many = ", repeatable" if getattr(one, "multiple", False) else ""
    if one.default in (None, "", False) or callable(one.default):
        return f"-{many}"
    return f"`{one.default}`{many}"

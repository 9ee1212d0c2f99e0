"""Commands about names: what a mapping knows, proposes, and what data allow."""

import os
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from anomaly.cli.data import AsJson, StorePath
from anomaly.cli.output import PRIVATE, err, out, say_json, show_table
from anomaly.errors import UsageError

mapping_app = typer.Typer(help="Names of tables and columns.", no_args_is_help=True)
MappingName = Annotated[
    str, typer.Option("--mapping", help="'national' or a TOML file.")
]


def register(app: typer.Typer) -> None:
    app.add_typer(mapping_app, name="mapping")


def check_table(name: str) -> None:
    """Raise UsageError for a table that is none."""
    from anomaly.tables import tables

    if name and name not in tables():
        raise UsageError(
            f"table '{name}': there is none", expected=f"one of {', '.join(tables())}"
        )


@mapping_app.command("suggest")
def mapping_suggest(
    file: Annotated[Path, typer.Argument(help="An export with unknown headers.")],
    table: Annotated[str, typer.Option(help="What it holds; default: guessed.")] = "",
    mapping: MappingName = "national",
    target: Annotated[
        Path | None, typer.Option("--out", help="Overlay to write, FILE.toml.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Propose a mapping for a file's headers, by name and by values."""
    from anomaly.sources.mapping import load_mapping
    from anomaly.sources.suggest import overlay, suggest

    check_table(table)
    if target and target.suffix != ".toml":
        raise UsageError(f"--out {target}", expected="a name that ends in .toml")
    known = load_mapping(mapping)
    if not file.is_file():
        raise UsageError(f"'{file}' does not exist", expected="a file")
    held, found = suggest(file, known, table)
    if target:
        _write(target, overlay(file, held, found, extends=_extends(mapping, target)))
    rows = [vars(one) for one in found]
    if as_json:
        say_json({"table": held.name, "zh": held.zh, "columns": rows})
        return
    frame = pd.DataFrame(rows).rename(columns={"column": "suggested"})
    shown = ["header", "suggested", "zh", "why", "confidence", "example"]
    show_table(frame[shown], f"{file.name}: {held.zh} ({held.name})")
    if target:
        err.print(f"{target}: look at every line, then load with --mapping {target}")


def _extends(mapping: str, target: Path) -> str:
    """A file is named from where the overlay will lie."""
    if not mapping.endswith(".toml"):
        return mapping
    return os.path.relpath(mapping, target.parent)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(PRIVATE)
    except OSError as error:
        raise UsageError(f"--out {path}: cannot be written ({error})") from None


@mapping_app.command("list")
def mapping_list(
    table: Annotated[str, typer.Option(help="Only this table.")] = "",
    mapping: MappingName = "national",
    as_json: AsJson = False,
) -> None:
    """Show tables and columns with their codes and Chinese names."""
    from anomaly.sources.mapping import load_mapping
    from anomaly.sources.vocabulary import vocabulary

    check_table(table)
    rows = vocabulary(load_mapping(mapping), table)
    if as_json:
        say_json({"columns": rows})
    else:
        show_table(pd.DataFrame(rows).drop(columns=["codes"]))


@mapping_app.command("check")
def mapping_check(store: StorePath, as_json: AsJson = False) -> None:
    """Say which indicators and rules a store's data allow, and what others need."""
    from anomaly.leads.needs import needs
    from anomaly.store.store import Store

    opened = Store.open(store)
    frame = needs(opened)
    opened.close()
    if as_json:
        say_json({"needs": frame.to_dict("records")})
        return
    shown = frame.assign(
        missing=frame["missing"].map("、".join), allowed=frame["allowed"].map(YES_NO)
    )
    show_table(shown)
    out.print(f"{frame['allowed'].sum()} of {len(frame)} have all that they need")


YES_NO = {True: "yes", False: "no"}

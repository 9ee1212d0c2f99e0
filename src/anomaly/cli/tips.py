"""Commands of tips: what was told, what was found of it, the reward."""

from typing import Annotated

import typer

from anomaly.cli.cases import By, desk
from anomaly.cli.data import AsJson, StorePath
from anomaly.cli.output import out, say_json, show_table

tip_app = typer.Typer(help="Tips, and the cases they led to.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(tip_app, name="tip")


@tip_app.command("add")
def tip_add(
    store: StorePath,
    channel: Annotated[str, typer.Option(help="Telephone, letter, visit, ...")],
    received_on: Annotated[str, typer.Option(help="YYYY-MM-DD.")],
    unit: Annotated[str, typer.Option(help="doctor, institution, ...")] = "",
    unit_id: Annotated[str, typer.Option("--id", help="Whom it is about.")] = "",
    text: Annotated[str, typer.Option(help="What was told.")] = "",
    amount: Annotated[str, typer.Option(help="Yuan found of it so far.")] = "0",
    reward: Annotated[str, typer.Option(help="Yuan given to whoever told.")] = "0",
    lead_id: Annotated[str, typer.Option(help="The case it led to.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Note a tip in the ledger; it then marks its unit in the lists."""
    tip = desk(store).add_tip(
        *(channel, received_on, unit, unit_id, text),
        *(amount, reward, lead_id, by or None),
    )
    _tell(tip, as_json)


@tip_app.command("list")
def tip_list(store: StorePath, as_json: AsJson = False) -> None:
    """List the tips of the ledger, with what was found and given."""
    rows = desk(store).tips()
    if as_json:
        say_json({"tips": rows.to_dict("records")})
        return
    show_table(rows)


@tip_app.command("link")
def tip_link(
    tip_id: Annotated[str, typer.Argument(help="Such as T1.")],
    lead_id: Annotated[str, typer.Argument(help="The case it led to.")],
    store: StorePath,
    amount: Annotated[str | None, typer.Option(help="Yuan found of it.")] = None,
    reward: Annotated[str | None, typer.Option(help="Yuan given.")] = None,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Link a tip to a case, with what was found of it and the reward."""
    tip = desk(store).link_tip(tip_id, lead_id, amount, reward, by or None)
    _tell(tip, as_json)


def _tell(tip, as_json: bool) -> None:
    if as_json:
        say_json(tip.body())
        return
    case = f", case {tip.lead_id}" if tip.lead_id else ""
    out.print(
        f"{tip.tip_id}: {tip.channel}, {tip.received_on}, found {tip.amount} yuan,"
        f" reward {tip.reward} yuan{case}",
        markup=False,
        highlight=False,
    )

"""Commands of on-site inspection."""

import typer

inspect_app = typer.Typer(
    help="On-site inspection: samples, plans, lists.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    app.add_typer(inspect_app, name="inspect")

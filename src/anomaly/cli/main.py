"""The entry point: `anomaly COMMAND`."""

import sys

import typer

from anomaly.cli import brief, data, draw, mapping, ranking
from anomaly.errors import AnomalyError

app = typer.Typer(
    name="anomaly",
    help="Watch a medical-insurance fund's money: calibrated leads, monthly briefs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data.register(app)
ranking.register(app)
brief.register(app)
draw.register(app)
mapping.register(app)


def main() -> None:
    """Run a command; what the user can put right prints as one line."""
    try:
        app()
    except AnomalyError as error:
        sys.stderr.write(f"anomaly: {error}\n")
        sys.exit(error.exit_code)

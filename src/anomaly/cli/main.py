"""The entry point: `anomaly COMMAND`."""

import os
import sys

import typer

from anomaly.cli import (
    assess,
    brief,
    campaign,
    case_file,
    case_views,  # noqa: F401 adds its commands to `case`
    cases,
    data,
    draw,
    features,
    inspect,
    lab,
    lines,
    mapping,
    points,
    ranking,
    rules,
    sampling,  # noqa: F401 adds its commands to `inspect`
    schedule,
    self_audit,
    store,
    tips,
    views,
    visits,  # noqa: F401 adds its commands to `inspect`
)
from anomaly.errors import AnomalyError

INTERRUPTED = 130

app = typer.Typer(
    name="anomaly",
    help="Watch a medical-insurance fund's money: calibrated leads, monthly briefs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data.register(app)
store.register(app)
ranking.register(app)
rules.register(app)
lines.register(app)
features.register(app)
brief.register(app)
case_file.register(app)
views.register(app)
cases.register(app)
tips.register(app)
points.register(app)
assess.register(app)
draw.register(app)
inspect.register(app)
campaign.register(app)
self_audit.register(app)
schedule.register(app)
mapping.register(app)
lab.register(app)


def main() -> None:
    """Run a command; what the user can put right prints as one line."""
    # What we write is its owner's alone, unless a command says otherwise.
    os.umask(0o077)
    try:
        code = app(standalone_mode=False)
    except AnomalyError as error:
        _end(f"anomaly: {error}", error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _end("anomaly: interrupted; nothing half-done is kept", INTERRUPTED)
    except Exception as error:
        _usage_or_bug(error)
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _usage_or_bug(error: Exception) -> None:
    """A wrong option exits with 2; an interrupted query is an interruption."""
    if hasattr(error, "show") and hasattr(error, "exit_code"):
        error.show()
        sys.exit(error.exit_code)
    if "interrupted" in str(error).lower():
        _end("anomaly: interrupted; nothing half-done is kept", INTERRUPTED)
    raise error


def _end(message: str, code: int) -> None:
    sys.stderr.write(f"{message}\n")
    sys.exit(code)

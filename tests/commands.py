"""Commands run in this process, as a bureau types them."""

import json

import pytest
from typer.testing import CliRunner

from anomaly.cli.main import app
from anomaly.errors import AnomalyError


def run(*args):
    """Run a command; return its answer, an object where JSON is asked for."""
    result = _done(args)
    return json.loads(result.stdout) if "--json" in args else result.stdout


def told(*args):
    """Run a command; return all that it tells, on either stream."""
    return _done(args).output


def _done(args):
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def refused(*args, code=2):
    """Return the one line in which a command is refused."""
    with pytest.raises(AnomalyError) as caught:
        run(*args)
    assert caught.value.exit_code == code
    assert "\n" not in str(caught.value)
    return str(caught.value)

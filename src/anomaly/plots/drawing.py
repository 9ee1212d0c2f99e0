"""What every function that draws shares: settings, words, an `ax` where none is given.

A function drawn by `styled` takes a table, `ax` and options, and returns the ax.
Without an ax it draws on one of its own, with a legend, which a notebook shows.
"""

import inspect
import tomllib
from collections.abc import Callable, Mapping
from functools import cache, wraps
from importlib.resources import files
from typing import NamedTuple

from matplotlib.axes import Axes

from anomaly.errors import UsageError
from anomaly.plots.style import FONT, Margins, canvas, settings


class Sheet(NamedTuple):
    """Millimetres of a figure that is made where no ax is given.

    ``row`` is added for each of the ``rows`` that a table comes to.
    """

    width: float = 160
    height: float = 95
    row: float = 0
    margins: Margins = Margins()
    columns: int = 4  # of the legend
    rows: Callable = len


@cache
def wording(of: str, language: str) -> Mapping:
    """Return the words of a kind of figure, 'zh' or 'en'; UsageError for others.

    >>> wording("funnel", "en")["y"]
    'Observed ÷ expected'
    """
    text = files("anomaly.plots").joinpath("wording.toml").read_text("utf-8")
    known = tomllib.loads(text)
    if language not in known:
        raise UsageError(f"language '{language}'", expected=" or ".join(known))
    return known[language]["any"] | known[language][of]


def styled(
    of: str, sheet: Sheet | None = None, needs: tuple[str, ...] = ()
) -> Callable:
    """Draw with our settings and words, also on an `ax` that the caller made.

    ``of`` names the figure's words: those of ``language`` ('zh' or 'en') stand in for
    what the caller's ``words`` do not hold. A table without the columns it ``needs``
    is refused with a UsageError, as is another language.
    """
    sheet = sheet or Sheet()

    def decorate(draw: Callable) -> Callable:
        @wraps(draw)
        def wrapper(table, ax=None, *, words=None, language="zh", **options) -> Axes:
            words = {**wording(of, language), **(words or {})}
            _check(table, needs)
            given = ax is not None
            if not given:
                height = sheet.height + sheet.row * sheet.rows(table)
                size = (sheet.width, height)
                picture, (ax,) = canvas(*size, margins=sheet.margins)
            with settings():
                ax.tick_params(labelfontfamily=FONT)
                draw(table, ax, words=words, **options)
            if not given:
                picture.share_legend(ax, ncols=sheet.columns)
                told = words["name"], ax.get_title(loc="left")
                ax.alt = words["joiner"].join(filter(None, told))
            return ax

        wrapper.__signature__ = _signature(draw)
        return wrapper

    return decorate


def _check(table, needs: tuple[str, ...]) -> None:
    missing = [name for name in needs if name not in table]
    if missing:
        raise UsageError(
            f"column '{missing[0]}': the table has none",
            expected=f"columns {', '.join(needs)}",
            todo="take the table with headers='id'",
        )


def _signature(draw: Callable) -> inspect.Signature:
    """Return what a caller sees: ax and words may be left out."""
    signature = inspect.signature(draw)
    told = {
        name: one.replace(default=None) if name in ("ax", "words") else one
        for name, one in signature.parameters.items()
    }
    kind = inspect.Parameter.KEYWORD_ONLY
    told["language"] = inspect.Parameter("language", kind, default="zh")
    return signature.replace(parameters=list(told.values()))

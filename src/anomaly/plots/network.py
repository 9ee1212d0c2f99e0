"""Who comes together: persons as points, days they share as lines."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from anomaly.plots.drawing import Sheet, styled
from anomaly.plots.labels import place_labels
from anomaly.plots.style import BLUE, FAINT, INK, ORDINARY, Margins

STEPS = 200
NUMBERED = 15  # lines that tell their days; more could not be read
THIN, THICK = 0.6, 4.5


def network_layout(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a person, by id: insured_id, x, y, pairs; the same each time.

    Points begin on a circle in the order of ids; lines pull the more the more days
    they stand for, points push each other away (Fruchterman and Reingold, 1991).

    >>> pair = pd.DataFrame({"insured_id": ["A"], "companion_id": ["B"], "days": [3]})
    >>> network_layout(pair)["pairs"].tolist()
    [1, 1]
    """
    ends = pd.concat([table["insured_id"], table["companion_id"]])
    names = sorted(ends.unique())
    places = {name: nth for nth, name in enumerate(names)}
    pull = np.zeros((len(names), len(names)))
    for one, other, days in table[["insured_id", "companion_id", "days"]].to_numpy():
        first, second = places[one], places[other]
        pull[first, second] = pull[second, first] = np.log1p(float(days))
    where = _settled(pull / pull.max()) if len(table) else np.empty((0, 2))
    pairs = ends.value_counts().reindex(names).to_numpy()
    known = {"insured_id": names, "x": where[:, 0], "y": where[:, 1], "pairs": pairs}
    return pd.DataFrame(known)


def _settled(pull: np.ndarray) -> np.ndarray:
    count = len(pull)
    turn = 2 * np.pi * np.arange(count) / count
    where = np.column_stack([np.cos(turn), np.sin(turn)])
    reach = np.sqrt(4 / count)
    # Who has many lines needs more room: else they stand on top of each other.
    mass = 1 + (pull > 0).sum(axis=1)
    room = np.outer(mass, mass) / mass.mean() ** 2
    for step in range(STEPS):
        away = where[:, None] - where[None]
        far = np.maximum(np.linalg.norm(away, axis=2), 0.01)
        push = room * reach**2 / far**2 - pull * far / reach
        moved = (away * push[:, :, None]).sum(axis=1)
        size = np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
        heat = 0.2 * (1 - step / STEPS)
        where = where + moved / size * np.minimum(size, heat)
    return where - where.mean(axis=0)


@styled(
    "network",
    Sheet(height=115, margins=Margins(left=4, bottom=12)),
    needs=("insured_id", "companion_id", "days"),
)
def draw_network(
    table: pd.DataFrame,
    ax: Axes,
    *,
    words: dict,
    title: str = "",
    insured_id: str = "",
    labels: int = 25,
) -> Axes:
    """Draw persons and the days they share; thicker lines are more days.

    ``table`` holds insured_id, companion_id and days, as `store.companions` returns
    it. ``insured_id`` is marked by shape, the one in most pairs unless given. The
    heaviest lines have their days beside them, ``labels`` persons their id. `words`
    may hold self, other, edge and empty.

    >>> pair = pd.DataFrame({"insured_id": ["A"], "companion_id": ["B"], "days": [3]})
    >>> sorted(text.get_text() for text in draw_network(pair).texts)
    ['3', 'A', 'B']
    """
    ax.set_title(title)
    ax.set_axis_off()
    if table.empty:
        ax.text(0.5, 0.5, words["empty"], transform=ax.transAxes, ha="center")
        return ax
    points = network_layout(table).set_index("insured_id")
    own = insured_id or points["pairs"].idxmax()
    _framed(ax, points)
    numbers = _lines(ax, table, points, words["edge"])
    looks = {
        "self": {"marker": "D", "s": 70, "color": INK},
        "other": {"marker": "o", "s": 48, "color": ORDINARY},
    }
    for name, look in looks.items():
        rows = points[(points.index == own) == (name == "self")]
        ax.scatter(
            rows["x"],
            rows["y"],
            edgecolors="white",
            zorder=4,
            label=words[name],
            **look,
        )
    order = points.assign(own=points.index == own)
    order = order.sort_values(["own", "pairs"], ascending=False, kind="stable")
    named = [(row.x, row.y, str(row.Index)) for row in order.head(labels).itertuples()]
    near = [*points[["x", "y"]].to_numpy().tolist(), *_along(table, points), *numbers]
    place_labels(ax, named, near)
    return ax


def _framed(ax: Axes, points: pd.DataFrame) -> None:
    """Show all points on one scale, with room for names, before these are placed."""
    box = ax.get_window_extent()
    ratio = box.width / box.height
    low, high = points[["x", "y"]].min(), points[["x", "y"]].max()
    middle, half = (low + high) / 2, (high - low) / 2
    reach = 1.14 * max(half["y"], half["x"] * 1.2 / ratio, 0.1)
    ax.set_xlim(middle["x"] - reach * ratio, middle["x"] + reach * ratio)
    ax.set_ylim(middle["y"] - reach, middle["y"] + reach)


def _along(table: pd.DataFrame, points: pd.DataFrame) -> list:
    """Return places on the lines near their ends: no name may cover them."""
    first = points.loc[table["insured_id"], ["x", "y"]].to_numpy()
    second = points.loc[table["companion_id"], ["x", "y"]].to_numpy()
    parts = [first + part * (second - first) for part in (0.1, 0.2, 0.8, 0.9)]
    return np.concatenate(parts).tolist()


def _lines(ax: Axes, table: pd.DataFrame, points: pd.DataFrame, label: str) -> list:
    """Draw a line a pair; return where the heaviest say how many days they are."""
    rows = table.sort_values("days", ascending=False, kind="stable")
    most, told = rows["days"].max(), []
    for nth, row in enumerate(rows.itertuples()):
        ends = points.loc[[row.insured_id, row.companion_id], ["x", "y"]].to_numpy()
        width = THIN + (THICK - THIN) * row.days / most
        name = label if nth == 0 else None
        ax.plot(*ends.T, color=BLUE, alpha=0.45, lw=width, label=name, zorder=1)
        if nth < NUMBERED:
            # Not in the middle, where lines cross.
            place = tuple(0.42 * ends[0] + 0.58 * ends[1])
            told.append(_number(ax, place, f"{row.days:,.0f}", told))
    return [text.get_position() for text in told if text is not None]


def _number(ax: Axes, place: tuple, text: str, others: list):
    """Write a number; None where it would cover one that stands already."""
    box = {"fc": "white", "ec": "none", "pad": 0.5}
    centred = {"ha": "center", "va": "center"}
    made = ax.text(*place, text, fontsize=7, color=FAINT, bbox=box, zorder=2, **centred)
    extent = made.get_window_extent().expanded(1.1, 1.1)
    if any(one and extent.overlaps(one.get_window_extent()) for one in others):
        made.remove()
        return None
    return made

"""Names beside points, none of them on top of another."""

from collections.abc import Iterable
from itertools import product

from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from anomaly.plots.style import INK

# Offsets in points, tried in this order: right, left, above, below, then farther.
REACHES = (6, 14, 24, 36, 50)
DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
LEADER_FROM = 12


def place_labels(
    ax: Axes,
    points: Iterable[tuple[float, float, str]],
    avoid: Iterable[tuple[float, float]] = (),
) -> list:
    """Write each text near its point where it meets no text, point or edge.

    Texts come in order of importance: where nothing fits, the text is left out.
    `avoid` holds further points that no text may cover.
    """
    points = list(points)
    if not points:
        return []
    ax.figure.canvas.draw()
    taken = _boxes(ax, [(x, y) for x, y, _ in points])
    taken += _boxes(ax, list(avoid))
    placed = []
    for x, y, text in points:
        label = _place_one(ax, (x, y), text, taken)
        if label is not None:
            taken.append(label.get_window_extent())
            placed.append(label)
    return placed


def _boxes(ax: Axes, points: list[tuple[float, float]]) -> list[Bbox]:
    if not points:
        return []
    reach = 3.6 * ax.figure.dpi / 72
    return [_around(centre, reach) for centre in ax.transData.transform(points)]


def _place_one(ax: Axes, point: tuple[float, float], text: str, taken: list[Bbox]):
    frame = ax.get_window_extent()
    for reach, (right, up) in product(REACHES, DIRECTIONS):
        label = _written(ax, point, text, (right * reach, up * reach))
        box = label.get_window_extent().expanded(1.03, 1.08)
        if _inside(box, frame) and not any(box.overlaps(other) for other in taken):
            if reach >= LEADER_FROM:
                _leader(ax, point, (right * reach, up * reach))
            return label
        label.remove()
    return None


def _written(ax: Axes, point, text: str, offset):
    right, up = offset
    return ax.annotate(
        text,
        point,
        xytext=offset,
        textcoords="offset points",
        ha={1: "left", 0: "center", -1: "right"}[_sign(right)],
        va={1: "bottom", 0: "center", -1: "top"}[_sign(up)],
        fontsize=7.5,
        color=INK,
        bbox={"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.4},
        zorder=6,
    )


def _leader(ax: Axes, point, offset) -> None:
    style = {"arrowstyle": "-", "color": INK, "lw": 0.5, "shrinkA": 1, "shrinkB": 3}
    ax.annotate(
        "",
        point,
        xytext=offset,
        textcoords="offset points",
        arrowprops=style,
        zorder=4,
    )


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _around(centre, reach: float) -> Bbox:
    x, y = centre
    return Bbox.from_extents(x - reach, y - reach, x + reach, y + reach)


def _inside(box: Bbox, frame: Bbox) -> bool:
    return (
        box.x0 >= frame.x0
        and box.x1 <= frame.x1
        and box.y0 >= frame.y0
        and box.y1 <= frame.y1
    )

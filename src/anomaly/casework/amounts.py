"""Yuan as exact decimals: read strictly, shared out to the cent."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from anomaly.errors import UsageError

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
MOST = Decimal("10000000000")
# A spreadsheet's binary numbers carry noise beyond these places.
NOISE_PLACES = 6


def yuan(cell: object, where: str) -> Decimal:
    """Return an amount of at least nothing, in whole cents; else UsageError."""
    if isinstance(cell, float):
        cell = round(cell, NOISE_PLACES)
    text = str(cell).strip()
    try:
        number = Decimal(text)
        plain = number.is_finite() and "_" not in text
    except InvalidOperation:
        plain = False
    if not plain or not 0 <= number <= MOST or number != number.quantize(CENT):
        raise UsageError(
            f"{where}: '{text}'",
            expected="yuan of at least 0 with at most two decimals",
            todo="write it as 1234.50, without commas or signs",
        )
    return abs(number.quantize(CENT))


def shared(total: Decimal, weights: Mapping[tuple, Decimal]) -> dict[tuple, Decimal]:
    """Share a total out by weights: the cents add up to it exactly.

    Equally where no weight is above nothing; whatever rounding leaves over goes to
    the first.
    """
    if not weights:
        return {}
    whole = sum(weights.values(), NOTHING)
    if not whole:
        weights, whole = dict.fromkeys(weights, Decimal(1)), Decimal(len(weights))
    found = {
        key: (total * weight / whole).quantize(CENT, "ROUND_DOWN")
        for key, weight in weights.items()
    }
    first = next(iter(found))
    found[first] += total - sum(found.values(), NOTHING)
    return found

"""Which approved claims are looked at on site: a share of each stratum, by a seed."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

import pandas as pd

from anomaly.errors import DataRefusedError
from anomaly.inspection.draw import drawing_order
from anomaly.policy.inspection import SamplePolicy

CLAIMS = ("settlement_id", "visit_class", "amount")
LARGE = "large"


def sizes(claims: Sequence[int], policy: SamplePolicy) -> list[int]:
    """Return how many claims of each stratum are sampled, by how many it has.

    At least the policy's share, rounded up, and its least number; all of fewer.
    """
    return [
        min(
            number,
            max(
                policy.least,
                int((policy.share * number).to_integral_value(ROUND_CEILING)),
            ),
        )
        for number in claims
    ]


def strata_of(claims: pd.DataFrame, policy: SamplePolicy) -> pd.Series:
    """Return the stratum of each claim: its kind of visit and its band of yuan."""
    yuan = claims["amount"].map(lambda cell: Decimal(str(cell)))
    classes = claims["visit_class"].fillna("").astype(str)
    names = [
        LARGE if amount >= policy.all_from else f"{kind}{_band(amount, policy.cuts)}"
        for kind, amount in zip(classes, yuan, strict=True)
    ]
    return pd.Series(names, index=claims.index, dtype=object)


def _band(amount: Decimal, cuts: Sequence[Decimal]) -> str:
    below = [cut for cut in cuts if cut <= amount]
    above = [cut for cut in cuts if cut > amount]
    match (below, above):
        case ([], []):
            return ""
        case ([], _):
            return f" <{above[0]}"
        case (_, []):
            return f" >={below[-1]}"
    return f" {below[-1]}-{above[0]}"


def sampled(
    claims: pd.DataFrame, seed: str, policy: SamplePolicy
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the claims that a seed draws, and the strata they stand for.

    Parameters
    ----------
    claims : DataFrame
        settlement_id, visit_class, amount (yuan that the fund paid), a row each.

    Returns
    -------
    sample : DataFrame
        The claims drawn, with their stratum, in the order of the draw.
    strata : DataFrame
        stratum, population, sampled, largest, amount (yuan of the population).

    The order is that of SHA-256 over ``seed|settlement_id``, so that anyone may
    repeat it. DataRefusedError where a claim stands twice or has
    no id, or there is none.
    """
    if claims.empty or (claims["settlement_id"] == "").any():
        raise DataRefusedError(
            "claims: none, or one without settlement_id", expected="an id in each row"
        )
    twice = claims["settlement_id"][claims["settlement_id"].duplicated()]
    if len(twice):
        raise DataRefusedError(
            f"claims: settlement {twice.iloc[0]} stands twice", expected="a row each"
        )
    rows = claims.assign(stratum=strata_of(claims, policy))
    groups = dict(list(rows.groupby("stratum", sort=True)))
    plan = sizes([len(own) for own in groups.values()], policy)
    chosen: set[str] = set()
    table = []
    for (name, own), planned in zip(groups.items(), plan, strict=True):
        size = len(own) if name == LARGE else planned
        chosen |= set(drawing_order(seed, own["settlement_id"])[:size])
        yuan = own["amount"].map(lambda cell: Decimal(str(cell)))
        table.append((name, len(own), size, yuan.max(), yuan.sum()))
    columns = ["stratum", "population", "sampled", "largest", "amount"]
    order = {
        name: place for place, name in enumerate(drawing_order(seed, chosen), start=1)
    }
    sample = rows[rows["settlement_id"].isin(chosen)]
    sample = sample.sort_values("settlement_id", key=lambda ids: ids.map(order))
    return sample.reset_index(drop=True), pd.DataFrame(table, columns=columns)

"""The terms of a draw, from the lists of a bureau and its policy."""

import re
from collections.abc import Collection, Iterable
from fractions import Fraction

import pandas as pd

from anomaly.errors import DataRefusedError, UsageError
from anomaly.inspection.draw import Inspector, Institution, Terms, check
from anomaly.policy.inspection import DrawPolicy

OUTSIDE = ("outside", "外地")  # the district of who comes from another city
# People separate ids as they write.
BETWEEN = re.compile(r"[\s,;，；、]+")


def terms(
    institutions: pd.DataFrame,
    inspectors: pd.DataFrame,
    *,
    count: int,
    team: int,
    policy: DrawPolicy,
    cross_county: bool = False,
    known: Collection[str] = (),
) -> Terms:
    """Return the terms under which a pool is drawn from.

    Parameters
    ----------
    institutions : DataFrame
        institution_id; district, kind and risk where the policy's strata or weights
        ask for them and they are there.
    inspectors : DataFrame
        inspector_id; recused (institution ids separated by blanks, commas or
        semicolons, Chinese ones too); district for a cross-county draw.
    count, team : int
        How many institutions, and inspectors for each.
    known : collection of str
        Ids beyond the pool that a recusal may name.

    DataRefusedError where a list contradicts itself; UsageError where a recusal
    names nobody, for such a slip could cost fairness, and as `check` says.
    """
    pool = _pool(institutions, policy)
    staff = _staff(inspectors, {one.id for one in pool} | set(known))
    if cross_county:
        _refuse_no_district(pool, staff)
    found = Terms(int(count), int(team), pool, staff, cross_county)
    check(found)
    return found


def _pool(institutions: pd.DataFrame, policy: DrawPolicy) -> list[Institution]:
    rows = _unique(institutions, "institution_id")
    strata = [name for name in policy.strata if name in rows]
    texts = rows[strata].fillna("").astype(str) if strata else pd.DataFrame()
    weights = [1] * len(rows)
    if policy.risk_weighted:
        bands = risk_bands(rows, policy)
        texts = texts.assign(risk_band=bands.values) if strata else bands.to_frame()
        weight = {band.id: band.weight for band in policy.bands}
        weights = [weight[band] for band in bands]
    names = ["|".join(cells) for cells in texts.itertuples(index=False)]
    return [
        Institution(name, district, stratum, heavy)
        for name, district, stratum, heavy in zip(
            rows["institution_id"],
            _texts(rows, "district"),
            names or [""] * len(rows),
            weights,
            strict=True,
        )
    ]


def risk_bands(pool: pd.DataFrame, policy: DrawPolicy) -> pd.Series:
    """Return the band of each institution by its risk; equals share a band.

    An institution is in the band where the share of the pool that is riskier falls.
    One without a risk counts as least risky. DataRefusedError for no number.
    """
    if "risk" not in pool:
        raise DataRefusedError(
            "pool: column 'risk' is missing",
            expected="a risk for each institution, for the policy weighs by it",
            todo="add the column, or set draw.risk_weighted = false",
        )
    risk = pd.to_numeric(pool["risk"], errors="coerce")
    odd = risk.isna() & pool["risk"].notna() & (pool["risk"].astype(str) != "")
    if odd.any():
        raise DataRefusedError(
            f"pool: risk '{pool['risk'][odd].iloc[0]}'", expected="a number"
        )
    risk = risk.fillna(float("-inf"))
    place = risk.rank(method="min", ascending=False) - 1
    return pd.Series(
        [policy.band_at(Fraction(int(above), len(risk))).id for above in place],
        index=pool.index,
        name="risk_band",
        dtype=object,
    )


def _staff(inspectors: pd.DataFrame, known: set[str]) -> list[Inspector]:
    """Return the inspectors; one named twice recuses from all that either row says."""
    rows = inspectors.assign(
        inspector_id=_ids(inspectors, "inspector_id"),
        district=_texts(inspectors, "district"),
        recused=[set(BETWEEN.split(text)) for text in _texts(inspectors, "recused")],
    )
    found = []
    for name, own in rows.groupby("inspector_id", sort=True):
        barred = set().union(*own["recused"]) - {""}
        districts = set(own["district"]) - {""}
        if len(districts) > 1:
            raise _twice("inspector", name, "district", districts)
        unknown = sorted(barred - known)
        if unknown:
            raise UsageError(
                f"inspector {name}: recused from '{unknown[0]}'",
                expected="institution ids of the pool",
                todo="correct the id, or leave it out if it is not in this draw",
            )
        found.append(Inspector(name, "".join(districts), tuple(sorted(barred))))
    return found


def _unique(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return one row an id; rows that are the same are one, others contradict."""
    rows = frame.assign(**{key: _ids(frame, key)})
    used = [c for c in (key, "district", "kind", "risk") if c in rows]
    rows = rows.drop_duplicates(used).reset_index(drop=True)
    twice = rows.loc[rows[key].duplicated(keep=False), used].astype(str)
    for name, own in twice.groupby(key):
        for column in used:
            if len(set(own[column])) > 1:
                raise _twice("institution", name, column, set(own[column]))
    return rows


def _twice(what: str, name: str, column: str, cells: Iterable) -> DataRefusedError:
    return DataRefusedError(
        f"{what} {name}: {column} is {' and '.join(sorted(cells))}",
        expected="one row each",
    )


def _ids(frame: pd.DataFrame, key: str) -> pd.Series:
    if key not in frame:
        raise DataRefusedError(f"column '{key}' is missing", expected=key)
    ids = _texts(frame, key)
    if (ids == "").any():
        row = int((ids == "").to_numpy().argmax())
        raise DataRefusedError(f"row {row + 1}: no {key}", expected="an id in each row")
    return ids


def _texts(frame: pd.DataFrame, column: str) -> pd.Series:
    if column not in frame:
        return pd.Series([""] * len(frame), index=frame.index, dtype=object)
    texts = frame[column].astype(object).where(frame[column].notna(), "")
    return texts.astype(str).str.strip()


def _refuse_no_district(pool: list[Institution], staff: list[Inspector]) -> None:
    """A district that is none of the pool's would let its inspector go anywhere."""
    known = {one.district for one in pool}
    for one in staff:
        if one.district and one.district not in known | set(OUTSIDE):
            raise DataRefusedError(
                f"inspector {one.id}: district '{one.district}'",
                expected=f"one of the pool's, {', '.join(sorted(known)[:4])}, ..., or"
                f" {OUTSIDE[0]} ({OUTSIDE[1]})",
            )
    for one in (*pool, *staff):
        if not one.district:
            raise DataRefusedError(
                f"{one.id}: no district",
                expected="a district for each, for a cross-county draw",
            )

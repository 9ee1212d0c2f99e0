"""Prior findings and tips: what the bureau already knew, and the truth of the world."""

import csv
import io

import numpy as np
import pandas as pd
import pyarrow as pa

from anomaly.periods import month_text
from anomaly.sources.world.columns import Columns, dates, money, texts, whole
from anomaly.sources.world.setting import Setting

_RULES = ["R01", "R02", "R06", "R09", "R15", "R20", "R30", "R39"]
_INDICATORS = ["fee_per_visit", "drug_share", "visits", "visits_yoy", "ph_small_ticket"]
_STATES = ["confirmed", "dismissed", "decided", "notified"]
_CLOSED = ["confirmed", "dismissed", "recovered", "rectified", "restored"]
# Two closed cases a month, and more of the last months, which the others leave out.
_OLD, _RECENT, _LAST = 2, 12, 2
_TIERS = ["yellow", "orange", "red", ""]
_CHANNELS = ["电话", "来信", "网络", "走访"]


def _some_units(rng: np.random.Generator, setting: Setting, size: int):
    """Draw units of every kind, whether or not anything is planted on them."""
    providers = setting.providers
    kinds = ["doctor", "institution", "pharmacy"]
    units = providers.units["code"].to_numpy()
    sources = [
        providers.doctors["code"].to_numpy(),
        units[: providers.institutions],
        units[providers.institutions :],
    ]
    kind = rng.choice(3, size, p=[0.5, 0.3, 0.2])
    codes = [str(rng.choice(sources[k])) for k in kind]
    return texts(kinds, kind), texts(codes, np.arange(size))


def findings(setting: Setting) -> Columns:
    """Return leads with what became of them, the earlier months' first."""
    parts = (_earlier(setting), _closed(setting))
    return {name: pa.concat_arrays([part[name] for part in parts]) for name in parts[0]}


def _closed(setting: Setting) -> Columns:
    """Return cases seen through to the end, with the yuan that were suspected."""
    rng = setting.rng("closed", 0)
    count = len(setting.months)
    each = np.full(count, _OLD)
    each[-_LAST:] = _RECENT
    month = np.repeat(np.arange(count), each * max(1, round(min(setting.scale, 4))))
    size = len(month)
    kind, unit = _some_units(rng, setting, size)
    by_rule = rng.random(size) < 0.6
    amount = np.round(rng.lognormal(7.2, 0.9, size) * 100).astype(np.int64)
    end = np.array([setting.clock(int(m)).end for m in month])
    return {
        "unit_kind": kind,
        "unit_id": unit,
        "month": texts([month_text(m) for m in setting.months], month),
        "rule": texts(_RULES, np.where(by_rule, rng.integers(0, 8, size), -1)),
        "indicator": texts(
            _INDICATORS, np.where(by_rule, -1, rng.integers(0, 5, size))
        ),
        "tier": texts(_TIERS, rng.integers(0, 4, size)),
        "state": texts(_CLOSED, rng.choice(5, size, p=[0.3, 0.3, 0.2, 0.1, 0.1])),
        "amount": money(amount),
        "decided_on": dates(end + 6 + rng.integers(0, 9, size)),
    }


def _earlier(setting: Setting) -> Columns:
    """Return leads of earlier months with what became of them."""
    rng = setting.rng("findings", 0)
    count = len(setting.months)
    size = max(6, round(6 * count * min(setting.scale, 4)))
    kind, unit = _some_units(rng, setting, size)
    month = np.sort(rng.integers(0, max(1, count - 2), size))
    by_rule = rng.random(size) < 0.6
    state = rng.choice(4, size, p=[0.5, 0.35, 0.1, 0.05])
    amount = np.round(rng.lognormal(7.2, 0.9, size) * 100).astype(np.int64)
    first = [_first_day(setting, m) for m in month]
    return {
        "unit_kind": kind,
        "unit_id": unit,
        "month": texts([month_text(m) for m in setting.months], month),
        "rule": texts(_RULES, np.where(by_rule, rng.integers(0, 8, size), -1)),
        "indicator": texts(
            _INDICATORS, np.where(by_rule, -1, rng.integers(0, 5, size))
        ),
        "tier": texts(_TIERS, rng.integers(0, 4, size)),
        "state": texts(_STATES, state),
        "amount": money(np.where(state == 0, amount, 0)),
        "decided_on": dates(
            np.array(first) + 40 + rng.integers(0, 18, size), state == 3
        ),
    }


def _first_day(setting: Setting, month: int) -> int:
    return setting.clock(int(month)).first


def tips(setting: Setting) -> Columns:
    """Return reports from the public."""
    rng = setting.rng("tips", 0)
    count = len(setting.months)
    size = max(4, round(1.5 * count * min(setting.scale, 4)))
    kind, unit = _some_units(rng, setting, size)
    start, end = setting.clock(0).first, setting.clock(count - 1).end
    return {
        "tip_id": whole(np.arange(1, size + 1) + 88_000),
        "unit_kind": kind,
        "unit_id": unit,
        "channel": texts(_CHANNELS, rng.integers(0, 4, size)),
        "received_on": dates(np.sort(rng.integers(start, end, size))),
        "amount": money(np.round(rng.lognormal(6.8, 0.8, size)).astype(int) * 100),
    }


def truth_text(setting: Setting, rows: pd.DataFrame) -> str:
    """Return truth.csv: who carries what, from when to when."""
    months = [month_text(m) for m in setting.months]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["unit_kind", "unit_id", "scheme", "from_month", "to_month",
                     "benign"])  # fmt: skip
    for row in rows.itertuples():
        start, end = months[row.start], months[row.end]
        benign = "true" if row.benign else "false"
        writer.writerow([row.unit_kind, row.unit_id, row.scheme, start, end, benign])
    return out.getvalue()

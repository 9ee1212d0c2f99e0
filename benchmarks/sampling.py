"""How often the intervals of an on-site sample hold what is true.

    python benchmarks/sampling.py [SAMPLES]

Draws SAMPLES (20,000) stratified samples from each named population by the policy's
own sizes, and counts how often the interval of the improper share, the lower bound of
the improper yuan and its two-sided interval hold the population's own numbers. The
last column is the usual bound, mean less t times its error, beside them.
"""

import sys

import numpy as np
import pandas as pd
from scipy.stats import t

from anomaly.inspection.estimate import amount_bounds, improper_share
from anomaly.inspection.sample import sizes
from anomaly.policy.inspection import inspection

SAMPLES, AT_ONCE = 20_000, 1000
POLICY = inspection().sample


def lognormal(random, claims, centre=300.0, spread=1.0):
    return np.round(random.lognormal(np.log(centre), spread, claims), 2)


def populations() -> dict[str, list[tuple[np.ndarray, np.ndarray]]]:
    """Return by name the strata: yuan of each claim, and its improper yuan."""
    random = np.random.default_rng(7)

    def some(yuan, share, part=None):
        improper = random.random(len(yuan)) < share
        taint = random.random(len(yuan)) if part == "partly" else 1.0
        return yuan, np.round(yuan * improper * taint, 2)

    many = lognormal(random, 3000)
    return {
        "rare (2 in 100, whole claims)": [some(many, 0.02)],
        "very rare (3 in 1000)": [some(many, 0.003)],
        "common, partly improper (20 in 100)": [some(many, 0.20, "partly")],
        "half, all claims alike": [some(np.full(1000, 200.0), 0.5)],
        "nearly all, all claims alike": [some(np.full(1000, 200.0), 0.95)],
        "heavy tail (Pareto 1.5), 10 in 100": [
            some(np.round(100 * (1 + random.pareto(1.5, 3000)), 2), 0.10)
        ],
        "small institution (90 claims), 30 in 100": [some(lognormal(random, 90), 0.3)],
        "four unlike strata": [
            some(lognormal(random, 2000, 120), 0.01),
            some(lognormal(random, 600, 2500, 0.5), 0.15, "partly"),
            some(lognormal(random, 250, 9000, 0.4), 0.4),
            some(lognormal(random, 30, 60000, 0.2), 0.9),
        ],
        "six small strata, 5 in 100": [
            some(lognormal(random, 60 + 10 * k, 200), 0.05) for k in range(6)
        ],
    }


def run(strata, samples: int) -> dict[str, float]:
    """Return how often each interval holds, over so many samples."""
    random = np.random.default_rng(11)
    plan = sizes([len(yuan) for yuan, _ in strata], POLICY)
    whole = sum(len(yuan) for yuan, _ in strata)
    true_share = sum((bad > 0).sum() for _, bad in strata) / whole
    true_yuan = sum(bad.sum() for _, bad in strata)
    held = dict.fromkeys(("share", "at_least", "two_sided", "usual"), 0)
    known: dict[tuple, bool] = {}
    for _ in range(0, samples, AT_ONCE):
        found = [
            bad[
                np.argpartition(random.random((AT_ONCE, len(bad))), size - 1)[:, :size]
                if size < len(bad)
                else np.tile(np.arange(len(bad)), (AT_ONCE, 1))
            ]
            for (_, bad), size in zip(strata, plan, strict=True)
        ]
        counts = np.array([(one > 0).sum(axis=1) for one in found]).T
        held["share"] += sum(
            _held(known, tuple(row), strata, plan, true_share) for row in counts
        )
        parts = [
            (one, len(yuan), yuan.max())
            for one, (yuan, _) in zip(found, strata, strict=True)
        ]
        _, low, high, least = amount_bounds(parts, float(POLICY.level), POLICY.rounds)
        near = 1e-6 * true_yuan
        held["at_least"] += int((least <= true_yuan + near).sum())
        held["two_sided"] += int(
            ((low <= true_yuan + near) & (true_yuan <= high + near)).sum()
        )
        held["usual"] += int((_usual(found, strata) <= true_yuan + near).sum())
    return {name: number / samples for name, number in held.items()}


def _held(known, counts, strata, plan, true_share) -> bool:
    if counts not in known:
        rows = pd.DataFrame(
            {
                "population": [len(yuan) for yuan, _ in strata],
                "sampled": plan,
                "improper": counts,
            }
        )
        found = improper_share(rows, float(POLICY.level))
        known[counts] = found.lower - 1e-9 <= true_share <= found.upper + 1e-9
    return known[counts]


def _usual(found, strata) -> np.ndarray:
    """Return the bound most tools give: the estimate less t times its error."""
    total = variance = np.zeros(len(found[0]))
    free = sum(one.shape[1] for one in found) - len(found)
    for one, (yuan, _) in zip(found, strata, strict=True):
        claims, size = len(yuan), one.shape[1]
        total = total + claims * one.mean(axis=1)
        rest = 1 - size / claims
        spread = one.var(axis=1, ddof=1) if size > 1 else 0
        variance = variance + claims**2 * rest * spread / size
    return total - t.ppf(float(POLICY.level), free) * np.sqrt(variance)


def main() -> None:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    print(f"{samples} samples each, level {POLICY.level}")
    heads = ("share", "yuan at least", "yuan two-sided", "usual bound")
    print(f"{'population':<42}" + "".join(f"{head:>16}" for head in heads))
    for name, strata in populations().items():
        told = run(strata, samples)
        print(f"{name:<42}" + "".join(f"{share:>16.4f}" for share in told.values()))


if __name__ == "__main__":
    main()

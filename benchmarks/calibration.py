"""Print realised / nominal false alarms of evidence where nothing is wrong.

    python benchmarks/calibration.py [WORLDS]

The seeds are not those of any test.
"""

import sys

import numpy as np
import pandas as pd

from anomaly.peers import evidence

GROUPS = 400
LEVELS = (0.05, 0.01, 0.001, 0.0001)
TAILS = ("gamma", "lognormal", "t5")
FIRST_SEED = 9000


def effect(rng: np.random.Generator, tail: str, tau: np.ndarray) -> np.ndarray:
    """Return log effects of ordinary units with half a 16-84 % range of tau."""
    if tail == "gamma":
        return np.log(rng.gamma(1 / tau**2) * tau**2)
    if tail == "t5":
        return tau * rng.standard_t(5, tau.size) / 1.1037
    return tau * rng.normal(size=tau.size)


def groups(rng: np.random.Generator) -> np.ndarray:
    return np.repeat(np.arange(GROUPS), rng.integers(8, 90, GROUPS))


def counts(seed: int, tail: str) -> pd.DataFrame:
    """A world of counts with exposure."""
    rng = np.random.default_rng(seed)
    group = groups(rng)
    tau = np.exp(rng.normal(np.log(0.28), 0.2, GROUPS))[group]
    rate = np.exp(rng.normal(3, 0.5, GROUPS)[group] + effect(rng, tail, tau))
    exposure = rng.uniform(0.3, 8, group.size)
    return pd.DataFrame(
        {
            "unit_id": np.arange(group.size),
            "group": group,
            "numerator": rng.poisson(rate * exposure),
            "denominator": exposure,
        }
    )


def fees(seed: int, tail: str) -> pd.DataFrame:
    """A world of fees per visit: lognormal visits, 3 to 90 of them."""
    rng = np.random.default_rng(seed)
    group = groups(rng)
    tau = np.exp(rng.normal(np.log(0.18), 0.2, GROUPS))[group]
    level = np.exp(rng.normal(5, 0.3, GROUPS)[group] + effect(rng, tail, tau))
    n = rng.integers(3, 90, group.size)
    rows = []
    for mean, visits in zip(level, n, strict=True):
        fee = mean * rng.lognormal(-0.18, 0.6, visits)
        rows.append((fee.sum(), fee.var(ddof=1) / visits / fee.mean() ** 2))
    total, spread = np.array(rows).T
    return pd.DataFrame(
        {
            "unit_id": np.arange(group.size),
            "group": group,
            "numerator": total,
            "denominator": n,
            "n": n,
            "spread": spread,
        }
    )


def main(worlds: int) -> None:
    print(f"| kind | world | units | {' | '.join(map(str, LEVELS))} |")
    print("|---|---|--:|" + "--:|" * len(LEVELS))
    for kind, world in (("count", counts), ("per_visit", fees)):
        for tail in TAILS:
            p = np.concatenate(
                [
                    evidence(world(FIRST_SEED + n, tail), kind)["p"].to_numpy()
                    for n in range(worlds)
                ]
            )
            ratios = " | ".join(f"{(p < a).mean() / a:.2f}" for a in LEVELS)
            print(f"| {kind} | {tail} | {p.size:,} | {ratios} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)

"""Measure the detectors: cost, explanation, calibration, and beside others.

    python benchmarks/detectors.py cost       a forest of 500 on 100,000 rows x 30
    python benchmarks/detectors.py explain    1,000 rows of them taken apart
    python benchmarks/detectors.py calibrate  false alarms of the finite cut-off,
                                              of control charts, of funnel limits
    python benchmarks/detectors.py compare    public sets, beside PyOD if installed

Demanded: the pattern's forest at most 1.1 times scikit-learn's forest alone in CPU,
in one run; 1,000 rows explained in 5 s. The comparison claims nothing: its sets are
few, small, and no medical bills.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from unittest.mock import patch

import numpy as np
import sklearn
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score
from sklearn.preprocessing import StandardScaler

from anomaly.detectors import PatternScore, RobustZScore
from anomaly.detectors.charts import RULES, cusum, ewma, run_rules, xmr_limits
from anomaly.detectors.finite import finite_cutoff
from anomaly.peers.funnel import overdispersed_limits, overdispersion, z_scores

ROWS, FEATURES, TREES = 100_000, 30, 500
DRAWS = 10
# Name, module, what seeds it.
PYOD = (
    ("ECOD", "ecod", {}),
    ("COPOD", "copod", {}),
    ("KNN", "knn", {}),
    ("INNE", "inne", {"random_state": 0}),
    ("LOF", "lof", {}),
)


def table(rows: int = ROWS) -> np.ndarray:
    """Skewed, correlated features with one row in a hundred far out in some."""
    rng = np.random.default_rng(2024)
    x = rng.gamma(3, size=(rows, FEATURES)) + rng.gamma(2, size=(rows, 1))
    odd = rng.choice(rows, rows // 100, replace=False)
    x[odd[:, None], rng.integers(0, FEATURES, (odd.size, 3))] += 8
    return x


def spent(work: Callable) -> tuple[float, float]:
    """Return CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


@contextmanager
def counting(names: tuple[str, ...]) -> Iterator[dict[str, float]]:
    """Count the CPU seconds spent in these methods of the forest."""
    total = {"cpu": 0.0}
    inside = []

    def timed(method):
        def call(*args, **kwargs):
            if inside:
                return method(*args, **kwargs)
            inside.append(1)
            start = time.process_time()
            try:
                return method(*args, **kwargs)
            finally:
                total["cpu"] += time.process_time() - start
                inside.pop()

        return call

    patches = [
        patch.object(IsolationForest, name, timed(getattr(IsolationForest, name)))
        for name in names
    ]
    for each in patches:
        each.start()
    try:
        yield total
    finally:
        for each in patches:
            each.stop()


def cost() -> None:
    x = table()
    forest = IsolationForest(n_estimators=TREES, random_state=0, contamination=0.1)
    alone, wall = spent(lambda: forest.fit(x).score_samples(x))
    print(f"IsolationForest alone    cpu {alone:6.1f} s  wall {wall:6.1f} s")
    pattern = PatternScore()
    with counting(("fit", "score_samples")) as inside:
        whole, wall = spent(lambda: pattern.fit(x).score_samples(x))
    print(f"PatternScore's forest    cpu {inside['cpu']:6.1f} s")
    print(f"PatternScore whole       cpu {whole:6.1f} s  wall {wall:6.1f} s")
    print(f"forest / alone {inside['cpu'] / alone:.2f} (demand 1.10)", end="")
    print(f", whole / alone {whole / alone:.2f}")
    robust, wall = spent(lambda: RobustZScore().fit(x).score_samples(x))
    print(f"RobustZScore whole       cpu {robust:6.1f} s  wall {wall:6.1f} s")


def explain() -> None:
    x = table()
    pattern = PatternScore().fit(x)
    worst = x[np.argsort(pattern.score_samples(x))[:1000]]
    cpu, wall = spent(lambda: pattern.contributions(worst))
    print(f"1,000 rows x {FEATURES}: cpu {cpu:.1f} s, wall {wall:.1f} s (demand 5)")


def calibrate() -> None:
    cutoffs()
    charts()
    funnels()


def cutoffs() -> None:
    print("realised / nominal false alarms: finite cut-off, and |z| > 3.5")
    print("rows features nominal cutoff  training  new rows   3.5 training")
    rng = np.random.default_rng(31)
    for rows in (5, 10, 20, 50, 200):
        for features, nominal in ((1, 0.01), (1, 0.001), (10, 0.01)):
            worlds = 6_000_000 // rows // features
            x = rng.standard_normal((worlds, rows, features))
            middle = np.median(x, axis=1, keepdims=True)
            scale = 1.4826 * np.median(np.abs(x - middle), axis=1, keepdims=True)
            new = rng.standard_normal((worlds, 20, features))
            own, others = (
                (np.abs(each - middle) / scale).max(axis=2) for each in (x, new)
            )
            cutoff = finite_cutoff(rows, features, nominal)
            usual = -np.expm1(features * np.log1p(-2 * stats.norm.sf(3.5)))
            print(
                f"{rows:4} {features:8} {nominal:7} {cutoff:6.2f}"
                f" {(own > cutoff).mean() / nominal:9.2f}"
                f" {(others > cutoff).mean() / nominal:9.2f}"
                f" {(own > 3.5).mean() / usual:14.1f}"
            )


def charts(series: int = 20_000) -> None:
    rng = np.random.default_rng(32)
    found = dict.fromkeys([*RULES, *(f"{name} or range" for name in RULES)], 0)
    found |= {"ewma .3": 0, "cusum .5, 4": 0}
    for _ in range(series):
        x = rng.standard_normal(24)
        limits = xmr_limits(x)
        wide = (np.abs(np.diff(x)) > limits.range_upper).any()
        for name in RULES:
            hit = run_rules(x, limits.centre, limits.sigma, name)["any"].any()
            found[name] += hit
            found[f"{name} or range"] += hit | wide
        found["ewma .3"] += ewma(x, 0, 1)["signal"].any()
        sums = cusum(x, 0, 0.5, 4)
        found["cusum .5, 4"] += sums[["signal_high", "signal_low"]].to_numpy().any()
    print("share of 24-month series in control with a signal")
    for name, count in found.items():
        print(f"{name:28} {count / series:.3f}")


def funnels(groups: int = 400) -> None:
    print("funnel limits, 99.8 %: realised / nominal above the upper one")
    ways = {
        "no over-dispersion": ("none", "winsorise", False),
        "multiplicative": ("multiplicative", "winsorise", False),
        "additive, winsorised": ("additive", "winsorise", False),
        "additive, trimmed": ("additive", "trim", False),
        "additive, winsorised, consistent": ("additive", "winsorise", True),
        "additive, trimmed, consistent": ("additive", "trim", True),
    }
    for scale in ("log", "sqrt"):
        for tail in ("gamma", "lognormal", "t5"):
            worlds = [world(seed, tail) for seed in range(groups)]
            for name, (model, extremes, consistent) in ways.items():
                above = np.concatenate(
                    [beyond(*w, scale, model, extremes, consistent) for w in worlds]
                )
                print(f"{scale:5} {tail:10} {name:34} {above.mean() / 0.001:6.1f}")


def world(seed: int, tail: str) -> tuple[np.ndarray, np.ndarray]:
    """Observed and expected counts of 50 ordinary units that differ by some 25 %."""
    rng = np.random.default_rng(4000 + seed)
    effect = {
        "gamma": lambda: np.log(rng.gamma(16, 1 / 16, 50)),
        "lognormal": lambda: rng.normal(0, 0.25, 50),
        "t5": lambda: 0.25 * rng.standard_t(5, 50) / 1.1037,
    }[tail]()
    expected = np.exp(rng.normal(4.5, 1, 50)) + 5
    return np.maximum(rng.poisson(expected * np.exp(effect)), 0.5), expected


def beyond(observed, expected, scale, model, extremes, consistent) -> np.ndarray:
    z, error = z_scores(observed, expected, scale)
    found = overdispersion(z, error, extremes, consistent=consistent)
    _, upper = overdispersed_limits(expected, found, model, scale, 0.998)
    return observed > upper * expected


def sets() -> dict[str, tuple[np.ndarray, np.ndarray, int]]:
    """Features, which rows may be outliers, how many of them are kept."""
    cancer, wine, digits = load_breast_cancer(), load_wine(), load_digits()
    return {
        "breast_cancer": (cancer.data, cancer.target == 0, 20),
        "wine": (wine.data, wine.target == 0, 10),
        "a 0 among digits": (digits.data, digits.target == 0, 20),
        "others among 0s": (digits.data, digits.target != 0, 10),
    }


def thinned(odd: np.ndarray, kept: int, seed: int) -> np.ndarray:
    """Return the rows that stay: all ordinary ones and a few of the odd."""
    few = np.random.default_rng(seed).choice(np.flatnonzero(odd), kept, replace=False)
    return np.sort(np.concatenate([np.flatnonzero(~odd), few]))


def competitors() -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Functions from a table to abnormality: higher, more so."""
    ways = {
        "sum of features": lambda x: x.sum(axis=1),
        "PatternScore": lambda x: -PatternScore().fit(x).score_samples(x),
        "PatternScore two-sided": lambda x: (
            -PatternScore(two_sided=True).fit(x).score_samples(x)
        ),
        "RobustZScore": lambda x: -RobustZScore().fit(x).score_samples(x),
        "IsolationForest 500": lambda x: (
            -IsolationForest(n_estimators=TREES, random_state=0).fit(x).score_samples(x)
        ),
    }
    for name, module, seed in PYOD:
        try:
            found = getattr(import_module(f"pyod.models.{module}"), name)
        except ImportError:
            print(f"PyOD's {name} is not installed and left out")
            continue
        ways[f"PyOD {name}"] = lambda x, made=found, seed=seed: (
            made(**seed).fit(x).decision_scores_
        )
    return ways


def compare() -> None:
    data = sets()
    print(f"average precision, mean (sd) of {DRAWS} draws of the outliers")
    print(f"{'':24}" + "".join(f"{name:>18}" for name in data))
    for way, score in competitors().items():
        cells = []
        for x, odd, kept in data.values():
            found = []
            for seed in range(DRAWS):
                rows = thinned(odd, kept, seed)
                scaled = StandardScaler().fit_transform(x[rows])
                found.append(average_precision_score(odd[rows], score(scaled)))
            cells.append(f"{np.mean(found):.3f} ({np.std(found):.3f})")
        print(f"{way:24}" + "".join(f"{cell:>18}" for cell in cells), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    work = {each.__name__: each for each in (cost, explain, calibrate, compare)}
    parser.add_argument("what", choices=work)
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores", end="")
    print(f", Python {platform.python_version()}, scikit-learn {sklearn.__version__}")
    work[asked.what]()

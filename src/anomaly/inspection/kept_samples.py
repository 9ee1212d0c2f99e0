"""Samples of claims in the ledger: what was drawn, and what reviewers found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pandas as pd

from anomaly.casework.case import Event
from anomaly.casework.ledger import Draft, Ledger, Writing
from anomaly.errors import DataRefusedError, UsageError
from anomaly.inspection.estimate import Bounds, improper_amount, improper_share
from anomaly.policy.inspection import SamplePolicy

DRAWN, FOUND = "sample_drawn", "sample_found"
PREFIX = "S"
STRATA = ("stratum", "population", "sampled", "largest", "amount")


@dataclass(frozen=True)
class KeptSample:
    """A sample of one institution's claims, and what was found once it was.

    ``strata`` holds a row a stratum (stratum, population, sampled, largest, amount),
    ``claims`` the stratum and the yuan of each settlement drawn, ``found`` the
    improper yuan of each settlement found improper; None until it was reviewed.
    """

    sample_id: str
    institution_id: str
    months: Sequence[str]
    seed: str
    drawn_on: str
    strata: Sequence[Mapping]
    claims: Mapping[str, Sequence[str]]
    found: Mapping[str, str] | None = None
    reviewers: int = 0
    disagreed: int = 0

    @property
    def table(self) -> pd.DataFrame:
        """The strata, with how many claims of each were improper."""
        found = self.found or {}
        counts = pd.Series([self.claims[name][0] for name in found], dtype=object)
        rows = pd.DataFrame(list(self.strata), columns=list(STRATA))
        improper = rows["stratum"].map(counts.value_counts()).fillna(0).astype(int)
        return rows.assign(improper=improper)


@dataclass(frozen=True)
class Estimate:
    """What a reviewed sample says of all claims; yuan and shares."""

    claims: int
    sampled: int
    improper: int
    amount: float
    found_amount: float
    share: Bounds
    yuan: Bounds


def estimated(sample: KeptSample, policy: SamplePolicy) -> Estimate:
    """Return what a reviewed sample says; UsageError for one not reviewed."""
    if sample.found is None:
        raise UsageError(
            f"sample {sample.sample_id}: nobody has reviewed it yet",
            expected="findings",
            todo=f"run: anomaly inspect estimate --sample {sample.sample_id} ...",
        )
    table, level = sample.table, float(policy.level)
    rows = pd.DataFrame(
        [
            (stratum, float(sample.found.get(name, 0)))
            for name, (stratum, _) in sample.claims.items()
        ],
        columns=["stratum", "improper_amount"],
    )
    return Estimate(
        int(table["population"].sum()),
        len(sample.claims),
        len(sample.found),
        float(table["amount"].astype(float).sum()),
        float(sum(map(Decimal, sample.found.values()))),
        improper_share(table, level),
        improper_amount(
            rows, table.astype({"largest": float}), level, int(policy.rounds)
        ),
    )


def fold_samples(events: Iterable[Event]) -> dict[str, KeptSample]:
    """Return every sample by its id, as its events leave it."""
    found: dict[str, KeptSample] = {}
    for event in events:
        body = dict(event.body)
        if event.kind == DRAWN:
            kept = KeptSample(drawn_on=event.day.isoformat(), **body)
            found[kept.sample_id] = kept
        elif event.kind == FOUND:
            name = body.pop("sample_id")
            found[name] = replace(found[name], **body)
    return found


def samples(root: Path) -> dict[str, KeptSample]:
    """Return every sample that a store's ledger holds, by its id."""
    return fold_samples(Ledger(root).events())


def sample_of(root: Path, sample_id: str) -> KeptSample:
    """Return one sample; UsageError where there is none."""
    return _known(samples(root), sample_id)


def keep(root: Path, by: str, **cells) -> KeptSample:
    """Write a drawn sample into the ledger under the next id: S1, S2, ...

    UsageError where the same institution and months have been sampled: a sample that
    could be drawn again until it pleases would be none.
    """
    name = ""

    def write(writing: Writing) -> None:
        nonlocal name
        known = fold_samples(writing.events)
        for one in known.values():
            same = one.institution_id == cells["institution_id"]
            if same and set(one.months) & set(cells["months"]):
                raise UsageError(
                    f"sample {one.sample_id}: it has claims of {one.institution_id} of"
                    f" {', '.join(one.months)}",
                    expected="each month's claims sampled once",
                )
        name = f"{PREFIX}{len(known) + 1}"
        writing.add(Draft(name, DRAWN, by, {"sample_id": name, **cells}))

    Ledger(root).append(write)
    return sample_of(root, name)


def record(
    root: Path,
    sample_id: str,
    found: Mapping[str, Decimal],
    by: str,
    reviewers: int = 1,
    disagreed: int = 0,
) -> KeptSample:
    """Write what reviewers found into the ledger; a later review takes its place.

    ``found`` holds the improper yuan of each claim found improper; DataRefusedError
    for a claim that is not of the sample, or more yuan than it has.
    """

    def write(writing: Writing) -> None:
        sample = _known(fold_samples(writing.events), sample_id)
        check_found(sample, found)
        body = {
            "sample_id": sample_id,
            "found": {name: str(yuan) for name, yuan in found.items()},
            "reviewers": reviewers,
            "disagreed": disagreed,
        }
        writing.add(Draft(sample_id, FOUND, by, body))

    Ledger(root).append(write)
    return sample_of(root, sample_id)


def check_found(sample: KeptSample, found: Mapping[str, Decimal]) -> None:
    """DataRefusedError for findings that the sample's claims cannot have."""
    for name, yuan in found.items():
        if name not in sample.claims:
            raise DataRefusedError(
                f"finding on settlement {name}: it is not of sample {sample.sample_id}",
                expected="settlements that were drawn",
            )
        most = Decimal(sample.claims[name][1])
        if not 0 < yuan <= most:
            raise DataRefusedError(
                f"settlement {name}: {yuan} yuan improper",
                expected=f"more than 0 and at most {most}, what the fund paid",
            )


def _known(known: Mapping[str, KeptSample], sample_id: str) -> KeptSample:
    if sample_id not in known:
        raise UsageError(
            f"sample '{sample_id}': there is none",
            expected=f"one of {', '.join(known)}" if known else "a sample drawn before",
        )
    return known[sample_id]

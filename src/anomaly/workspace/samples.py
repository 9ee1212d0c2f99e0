"""The part of a workspace that samples claims on site, and says what they tell."""

import secrets
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pandas as pd

from anomaly.casework.docket import operator
from anomaly.errors import UsageError
from anomaly.inspection import claims as claims_room
from anomaly.inspection import kept_samples
from anomaly.inspection.kept_draws import kept_draw
from anomaly.inspection.kept_samples import Estimate, KeptSample
from anomaly.inspection.packet_files import check_reviewers, write_packets
from anomaly.inspection.sample import sampled
from anomaly.inspection.sample_rows import SAMPLES, told
from anomaly.periods import MonthLike, month_text, parse_month, shift
from anomaly.policy.inspection import inspection
from anomaly.store.store import Store


class SamplingDesk:
    """What `Workspace` says of samples; it brings the store."""

    store: Store

    def draw_sample(
        self,
        institution_id: str,
        month: MonthLike,
        seed: str = "",
        months: int = 1,
        by: str | None = None,
        unreviewed: bool = False,
    ) -> KeptSample:
        """Draw claims of an institution to be looked at, and keep them in the ledger.

        Of ``months`` months that end with ``month``; by the store's inspection.toml.
        Without a ``seed`` that of the month's draw is taken, which nobody chose for
        this institution. ``unreviewed`` takes in claims that review has not seen yet.
        """
        seed = seed.strip() or self._seed_of_draw(month)
        if months < 1:
            raise UsageError(f"--months {months}", expected="1 or more")
        last = parse_month(month)
        wanted = [shift(last, -back) for back in reversed(range(months))]
        found = claims_room.approved(self.store, institution_id, wanted, unreviewed)
        policy = inspection(self.store.root).sample
        sample, strata = sampled(found, seed, policy)
        cells = sample[["settlement_id", "stratum", "amount"]].itertuples(index=False)
        return kept_samples.keep(
            self.store.root,
            by or operator(),
            institution_id=institution_id,
            months=[month_text(one) for one in wanted],
            seed=seed,
            strata=[
                row | {"largest": str(row["largest"]), "amount": str(row["amount"])}
                for row in strata.to_dict("records")
            ],
            claims={name: [stratum, str(yuan)] for name, stratum, yuan in cells},
        )

    def _seed_of_draw(self, month: MonthLike) -> str:
        kept = kept_draw(self.store.root, month_text(month))
        if kept is None:
            raise UsageError(
                f"no seed, and {month_text(month)} has no draw to take one from",
                expected="--seed, or a draw of the month before",
            )
        return kept.seed

    def sample(self, sample_id: str) -> KeptSample:
        """Return one sample; UsageError where there is none."""
        return kept_samples.sample_of(self.store.root, sample_id)

    def samples(self) -> pd.DataFrame:
        """Return the samples, a row each, with what those reviewed say of all claims.

        Columns: `anomaly.inspection.sample_rows.SAMPLES`; shares of claims, yuan.
        """
        policy = inspection(self.store.root).sample
        known = kept_samples.samples(self.store.root).values()
        reviewed = {
            one.sample_id: kept_samples.estimated(one, policy)
            for one in known
            if one.found is not None
        }
        rows = [told(one, reviewed.get(one.sample_id)) for one in known]
        return pd.DataFrame(rows, columns=list(SAMPLES))

    def estimate(self, sample_id: str) -> Estimate:
        """Return what a reviewed sample says of all the claims it was drawn from."""
        policy = inspection(self.store.root).sample
        return kept_samples.estimated(self.sample(sample_id), policy)

    def record_findings(
        self,
        sample_id: str,
        found: Mapping[str, Decimal],
        by: str | None = None,
        reviewers: int = 1,
        disagreed: int = 0,
    ) -> KeptSample:
        """Write what reviewers found of a sample into the ledger."""
        return kept_samples.record(
            self.store.root, sample_id, found, by or operator(), reviewers, disagreed
        )

    def write_packets(
        self,
        sample_id: str,
        folder: Path | str,
        reviewers: int = 2,
        language: str = "zh",
        numbering: str | None = None,
    ) -> list[Path]:
        """Write a sample as numbered files for reviewers, and the key that is kept.

        The same claims under the same numbers for each reviewer, nothing in them that
        says whose they are; only key.csv tells, which no reviewer is given.
        """
        check_reviewers(reviewers)
        sample, folder = self.sample(sample_id), Path(folder)
        ids = list(sample.claims)
        months = [parse_month(one) for one in sample.months]
        claims, lines = claims_room.facts(self.store, ids, months)
        paid = {name: float(yuan) for name, (_, yuan) in sample.claims.items()}
        claims = claims.assign(amount=claims["settlement_id"].map(paid))
        asked = (reviewers, language, numbering or secrets.token_hex(16))
        return write_packets(sample, claims, lines, folder, *asked)

"""The part of a workspace that follows a campaign: phases, reports, re-checks."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from anomaly.assessment import campaign as campaign_room
from anomaly.assessment import campaign_frame, campaign_money
from anomaly.assessment.campaign import Entry
from anomaly.casework.amounts import NOTHING, yuan
from anomaly.casework.docket import operator, today
from anomaly.inspection.units import units
from anomaly.inspection.visits import names_of
from anomaly.policy.campaign import Campaign, campaign_policy
from anomaly.workspace.ledger import Money, day_of
from anomaly.workspace.visits import InspectionDesk


class CampaignDesk(InspectionDesk):
    """What `Workspace` says of the campaign of its store; yuan are Decimals."""

    @property
    def campaign_policy(self) -> Campaign:
        """The notice's campaign, or the bureau's own in campaign.toml."""
        return campaign_policy(self.store.root)

    def campaign_phases(self, on: date | str | None = None) -> pd.DataFrame:
        """Return which phases run, and the days left of them.

        Columns: `anomaly.assessment.campaign.PHASES`.
        """
        return campaign_room.phases(self.campaign_policy, day_of(on or today()))

    def campaign_entries(self) -> list[Entry]:
        """Return what the ledger holds of the campaign, in order."""
        events = self.docket.ledger.events()
        return campaign_room.entries(events, self.campaign_policy.id)

    def campaign_report(
        self,
        unit_id: str,
        amount: Money,
        unit: str = "institution",
        text: str = "",
        on: date | str | None = None,
        by: str | None = None,
    ) -> Entry:
        """Note a self-report with the yuan returned; late once the window is closed."""
        return self._record(
            campaign_room.REPORTED, unit, unit_id, amount, text, (), on, by
        )

    def campaign_recheck(
        self,
        unit_id: str,
        amount: Money,
        inspectors: str | Sequence[str],
        unit: str = "institution",
        text: str = "",
        on: date | str | None = None,
        by: str | None = None,
    ) -> Entry:
        """Note a re-check with the yuan found on top; refused before its phase."""
        names = names_of(inspectors)
        return self._record(
            campaign_room.RECHECKED, unit, unit_id, amount, text, names, on, by
        )

    def campaign_rectify(
        self,
        unit_id: str,
        unit: str = "institution",
        text: str = "",
        on: date | str | None = None,
        by: str | None = None,
    ) -> Entry:
        """Note that what was reported or found has been put right."""
        return self._record(
            campaign_room.RECTIFIED, unit, unit_id, NOTHING, text, (), on, by
        )

    def _record(self, kind, unit, unit_id, amount, text, names, on, by) -> Entry:
        entry = Entry(
            kind=kind,
            campaign="",
            unit_kind=unit,
            unit_id=unit_id.strip(),
            on=day_of(on or today()),
            amount=yuan(amount, "--amount"),
            text=text,
            inspectors=names,
        )
        return campaign_room.record(
            self.docket.ledger, entry, self.campaign_policy, by or operator(), today()
        )

    def campaign_months(self) -> tuple[list[date], list[date]]:
        """Return the months of the campaign's data that are loaded, and those not."""
        known, asked = self.store.months(), campaign_money.window(self.campaign_policy)
        loaded = [month for month in asked if month in known]
        return loaded, [month for month in asked if month not in known]

    def campaign(self) -> pd.DataFrame:
        """Return a row an institution or pharmacy, the widest gap first.

        Columns: `anomaly.assessment.campaign_frame.COLUMNS`. The hits of every month
        of the campaign's data that is loaded are brought up to date first.
        """
        loaded, _ = self.campaign_months()
        cases = self.docket.cases().values()
        money = campaign_money.suspected(cases, self.hits, loaded)
        return campaign_frame.campaign(
            units(self.store), self.campaign_entries(), money
        )

    def recheck_list(self, seed: str) -> pd.DataFrame:
        """Return whom the campaign re-checks, replayable by its seed.

        Columns: `anomaly.assessment.campaign_frame.RECHECK`.
        """
        return campaign_frame.recheck_list(self.campaign(), self.campaign_policy, seed)

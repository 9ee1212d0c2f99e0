"""What the ledger tells of a district's institutions: samples, visits, points."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from anomaly.briefs.wording import Wording
from anomaly.periods import month_text, shift

POINTED = 10  # units with points that a page shows, the most points first


@dataclass(frozen=True)
class Inspected:
    """Of one district, up to a month's end; frames may be empty.

    ``samples`` a row a reviewed sample with the institution's name; ``progress`` a
    row a kind of unit; ``points`` a row a unit and scheme of the calendar year;
    ``grades`` a row a unit of the last year that was assessed; ``campaign`` a row an
    entry of the campaign's (kind, unit_id, amount), ``phases`` those that run.
    """

    samples: pd.DataFrame
    progress: pd.DataFrame
    points: pd.DataFrame
    visits: int
    units: int
    grades: pd.DataFrame
    campaign: pd.DataFrame
    phases: pd.DataFrame
    campaign_name: str


class CityInspected:
    """The same of the whole store, read once."""

    def __init__(self, store, month: date, language: str) -> None:
        self.store = store
        self.on = shift(month, 1) - timedelta(days=1)
        self.covered = store.visit_coverage(on=self.on)
        self.visits = store.visits()
        self.points = store.points_year(month.year, language=language, until=self.on)
        samples = store.samples()
        until = samples["months"].map(lambda text: str(text).split()[-1])
        told = (until <= month_text(month)) & samples["improper"].notna()
        # Whoever was sampled is told of, under agreement still or not.
        units = store.inspected_units()[["unit_id", "unit_name", "district"]]
        units = units.drop_duplicates("unit_id")
        self.homes = units.set_index("unit_id")["district"]
        grades = store.grades(language)
        grades = grades[grades["year"] <= month.year]
        self.grades = grades[grades["year"] == grades["year"].max()]
        rows = [
            (one.kind, one.unit_id, one.amount)
            for one in store.campaign_entries()
            if one.on <= self.on
        ]
        self.campaign = pd.DataFrame(rows, columns=["kind", "unit_id", "amount"])
        policy = store.campaign_policy
        self.campaign_name = policy.zh if language == "zh" else policy.en
        phases = store.campaign_phases(self.on)
        self.phases = phases[phases["state"] == "running"]
        self.samples = samples[told].merge(
            units, left_on="institution_id", right_on="unit_id", how="left"
        )

    def of(self, district: str) -> Inspected:
        """Return a district's part."""
        covered = self.covered[self.covered["district"] == district]
        seen = self.visits["unit_id"].isin(covered["unit_id"])
        seen &= pd.to_datetime(self.visits["inspected_on"]) <= pd.Timestamp(self.on)
        return Inspected(
            self.samples[self.samples["district"] == district],
            self.store.visit_progress(covered, on=self.on),
            self.points[self.points["district"] == district],
            int(seen.sum()),
            int((self.homes == district).sum()),
            self._at_home(self.grades, district),
            self._at_home(self.campaign, district),
            self.phases,
            self.campaign_name,
        )

    def _at_home(self, rows: pd.DataFrame, district: str) -> pd.DataFrame:
        return rows[rows["unit_id"].map(self.homes) == district]


def samples(inspected: Inspected, words: Wording) -> list[list[str]]:
    """Return a row a sample: who, months, claims, share with interval, yuan."""
    return [
        [
            row.unit_name,
            row.months.replace(" ", words["comma_space"]),
            f"{words.count(row.sampled)} / {words.count(row.claims)}",
            words.say(
                "sample_share",
                share=words.share(row.share),
                lower=words.share(row.share_lower),
                upper=words.share(row.share_upper),
            ),
            words.money(row.amount_at_least),
        ]
        for row in inspected.samples.itertuples(index=False)
    ]


def progress(inspected: Inspected, words: Wording) -> list[list[str]]:
    """Return a row a kind of unit: units, visited, left, overdue, share."""
    return [
        [
            words[f"{row.unit_kind}_heading"],
            words.count(row.units),
            words.count(row.done),
            words.count(row.left),
            words.count(row.overdue),
            words.share(row.share),
        ]
        for row in inspected.progress.itertuples(index=False)
        if inspected.visits
    ]


def points(inspected: Inspected, words: Wording) -> list[list[str]]:
    """Return a row a unit with points, most first: who, points, band, clause."""
    rows = inspected.points[inspected.points["entries"] > 0]
    rows = rows.sort_values(["points", "unit_id"], ascending=[False, True])
    return [
        [
            row.unit_name,
            words.count(row.points),
            row.what,
            row.basis.split("；")[0],
        ]
        for row in rows.head(POINTED).itertuples(index=False)
    ]


def grades(inspected: Inspected, words: Wording) -> list[list[str]]:
    """Return a row a grade of the last year assessed: year, grade, how many units."""
    counts = inspected.grades.groupby(["year", "grade_name"], sort=False).size()
    rows = [
        [str(year), name, words.count(count)] for (year, name), count in counts.items()
    ]
    # Who has no grade is told too: too little was known of them.
    ungraded = inspected.units - len(inspected.grades)
    if rows and ungraded > 0:
        rows.append([rows[0][0], words["grade_none"], words.count(ungraded)])
    return rows


def campaign_says(inspected: Inspected, words: Wording) -> str:
    """Return a sentence on the campaign: what runs, who reported, what was found."""
    name = "zh" if words.language == "zh" else "en"
    running = [
        words.say("campaign_phase", name=row[name], days=row["days_left"])
        for row in inspected.phases.to_dict("records")
    ]
    if not running and inspected.campaign.empty:
        return ""
    rows = inspected.campaign
    told = {
        kind: rows[rows["kind"] == f"campaign_{kind}"]
        for kind in ("self_reported", "rechecked", "rectified")
    }
    return words.say(
        "campaign_says",
        name=inspected.campaign_name,
        phases=words["comma_space"].join(running) or words["campaign_none_runs"],
        reported=told["self_reported"]["unit_id"].nunique(),
        returned=words.money(float(sum(told["self_reported"]["amount"]))),
        rechecked=told["rechecked"]["unit_id"].nunique(),
        found=words.money(float(sum(told["rechecked"]["amount"]))),
        rectified=told["rectified"]["unit_id"].nunique(),
    )


SAMPLES = {
    "unit_name": "column_institution",
    "institution_id": "column_id",
    "sample_id": "column_sample",
    "months": "column_months",
    "claims": "column_claims",
    "sampled": "column_sampled_claims",
    "improper": "column_improper_claims",
    "share": "column_improper",
    "share_lower": "column_lower",
    "share_upper": "column_upper",
    "amount_at_least": "column_at_least",
}
PROGRESS = {
    "unit_kind": "column_who",
    "units": "column_units",
    "done": "column_visited",
    "left": "column_left",
    "overdue": "column_overdue",
    "share": "column_share",
}
POINTS = {
    "unit_name": "column_who",
    "unit_id": "column_id",
    "points": "column_points",
    "added": "column_added",
    "reversed": "column_reversed",
    "what": "column_band",
    "basis": "column_basis",
}


GRADES = {
    "year": "column_year",
    "unit_id": "column_id",
    "grade_name": "column_grade",
}


def sheets(inspected: Inspected, words: Wording) -> dict[str, pd.DataFrame]:
    """Return the workbook's sheets by their wording, numbers as numbers, all rows."""
    seen = inspected.progress if inspected.visits else inspected.progress.iloc[:0]
    kinds = seen["unit_kind"].map(lambda kind: words[f"{kind}_heading"])
    return {
        "workbook_samples": _sheet(inspected.samples, SAMPLES, words),
        "workbook_visited": _sheet(seen.assign(unit_kind=kinds), PROGRESS, words),
        "workbook_points": _sheet(inspected.points, POINTS, words),
        "workbook_grades": _sheet(inspected.grades, GRADES, words),
    }


def _sheet(frame: pd.DataFrame, heads: dict[str, str], words: Wording) -> pd.DataFrame:
    rows = frame.reindex(columns=list(heads))
    return rows.rename(columns={key: words[head] for key, head in heads.items()})


def composed(inspected: Inspected, words: Wording) -> dict:
    """Return what the page says of a district's samples, visits and points."""
    return {
        "samples": samples(inspected, words),
        "progress": progress(inspected, words),
        "points": points(inspected, words),
        "grades": grades(inspected, words),
        "campaign": campaign_says(inspected, words),
    }

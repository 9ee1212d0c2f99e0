"""The sections that make a brief checkable: repairs, gaps, definitions, traces."""

from anomaly.briefs.facts import Facts
from anomaly.leads.reasons import name_of
from anomaly.leads.scoring import CHANGE
from anomaly.periods import month_text
from anomaly.policy.read import policy

MAIN = ("settlement", "visit", "charge")
REPAIR_ROWS = 20
COVERAGE_ROWS = 30


def repairs(facts: Facts) -> list[list[str]]:
    """Return the data faults: problem, institution, settlements, amount, to do."""
    words = facts.words
    english = words.language == "en" and "what_to_do_en" in facts.repairs
    todo = "what_to_do_en" if english else "what_to_do"
    return [
        [
            getattr(row, words.language),
            row.institution_name or row.institution_id,
            words.count(float(row.settlements)),
            words.money(float(row.amount)),
            getattr(row, todo),
        ]
        for row in facts.repairs.head(REPAIR_ROWS).fillna("").itertuples()
    ]


def coverage(facts: Facts) -> list[list[str]]:
    """Return what is missing in the data, and what could not be computed for it."""
    words = facts.words
    missed = facts.coverage[facts.coverage["kind"] != "unused"]
    rows = [
        [
            f"{words.entries.get(f'kind_{row.kind}', row.kind)} {row.what}",
            row.consequence or words["coverage_blank"],
        ]
        for row in missed.head(COVERAGE_ROWS).fillna("").itertuples()
    ]
    unused = len(facts.coverage) - len(missed)
    if unused:
        what = words.say("coverage_unused", columns=unused)
        rows.append([what, words["coverage_unused_consequence"]])
    return rows + _unlisted(facts)


def _unlisted(facts: Facts) -> list[list[str]]:
    """Return a line on the indicators whose tails are too heavy for a q, if any."""
    words = facts.words
    heavy = {
        unit: set(evidence.loc[~evidence["listable"].astype(bool), "indicator"])
        for unit, evidence in facts.evidence.items()
    }
    units = [words[f"unit_{unit}"] for unit, names in heavy.items() if names]
    if not units:
        return []
    records = sorted(
        {name.removesuffix(CHANGE) for name in set().union(*heavy.values())}
    )
    names = [name_of(record, words.language) for record in records]
    comma = words["enumeration"]
    what = words.say("coverage_heavy", units=comma.join(units), names=comma.join(names))
    return [[what, words["coverage_heavy_consequence"]]]


def definitions(facts: Facts) -> list[list[str]]:
    """Return the words of the brief and what they mean."""
    months = policy("peers")["window_months"]
    pairs = facts.words["definitions"]
    return [[word, meaning.format(months=months)] for word, meaning in pairs]


def reproduce(facts: Facts) -> list[list[str]]:
    """Return data fingerprint, code version, parameters and rows read."""
    words = facts.words
    value = words.say(
        "reproduce_value",
        district=facts.district,
        month=month_text(facts.month),
        language=words.language,
    )
    packages = ", ".join(f"{name} {one}" for name, one in facts.versions.items())
    rows = [
        [words["reproduce_fingerprint"], facts.fingerprint],
        [words["reproduce_version"], facts.version],
        [words["reproduce_packages"], packages],
        [words["reproduce_parameters"], value],
    ]
    return rows + [[words["reproduce_rows"], line] for line in _row_lines(facts)]


def _row_lines(facts: Facts) -> list[str]:
    """Return a line a table: the main ones, and each that lost a row; then the rest."""
    accounts = facts.accounts
    told = accounts["table"].isin(MAIN) | (accounts["accepted"] < accounts["read"])
    lines = [_row_line(facts, row) for row in accounts.loc[told].to_dict("records")]
    rest = accounts.loc[~told]
    if len(rest):
        read = f"{int(rest['read'].sum()):,}"
        lines.append(facts.words.say("rows_rest", tables=len(rest), read=read))
    return lines


def _row_line(facts: Facts, row: dict) -> str:
    label = "zh" if facts.words.language == "zh" else "table"
    fates = ["read", "accepted", "quarantined", "duplicate", "ignored"]
    counts = {fate: f"{int(row[fate]):,}" for fate in fates}
    return facts.words.say("rows_line", table=row[label], **counts)

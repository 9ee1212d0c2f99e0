"""A case of the ledger as HTML: what a notebook shows; every text escaped."""

from html import escape

from anomaly.casework.case import Case
from anomaly.casework.listing import MONEY
from anomaly.leads.case_html import STYLE, html_table
from anomaly.leads.headings import headings
from anomaly.policy.casework import casework

SHOWN = (
    "unit_kind",
    "unit_id",
    "district",
    "month",
    "procedure",
    "opened_on",
    "decided_on",
    "tier",
)


def as_html(case: Case, language: str = "zh") -> str:
    """Return a case as one piece of HTML: who, state, money in yuan, grounds.

    States are called as the shipped procedure calls them.
    """
    heads = headings("cases", language)
    rows = [(heads[name], str(getattr(case, name) or "")) for name in SHOWN]
    rows.insert(0, (heads["state"], _state(case)))
    rows += [(heads[name], f"{getattr(case, name):,.2f}") for name in MONEY]
    grounds = [
        (one.rule or one.indicator, f"{one.amount:,.2f}")
        for one in case.parts
        if one.rule or one.indicator
    ]
    parts = [
        f"<h4>{escape(case.lead_id)}</h4>",
        html_table(["", ""], [row for row in rows if row[1]]),
        html_table([heads["rule"], heads["amount"]], grounds) if grounds else "",
    ]
    return f'{STYLE}<div class="case-file">{"".join(parts)}</div>'


def _state(case: Case) -> str:
    known = {one.id: one.names for one in casework().procedures}
    name = known.get(case.procedure, {}).get(case.state, "")
    return f"{name} {case.state}".strip()

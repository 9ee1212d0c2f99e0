"""What a lead is made of: items, visits, fee lines and rule hits."""

import numpy as np
import pandas as pd

from anomaly.features.builder import all_steps, scope
from anomaly.features.frames import quoted
from anomaly.features.indicator import UNITS, indicators
from anomaly.leads.case_history import group_of_all
from anomaly.leads.case_standing import Subject
from anomaly.leads.foremost import UNIT as DOCTOR
from anomaly.leads.foremost import against_peers
from anomaly.leads.pooling import present
from anomaly.leads.reasons import NOTABLE_P
from anomaly.periods import month_text, shift
from anomaly.rules.hits import hits as hits_of
from anomaly.rules.rule import rules
from anomaly.store.steps import Runner, needed

ITEMS_AT_MOST, VISITS_AT_MOST, LINES_AT_MOST = 15, 20, 200
STEPS = ("item_fact", "visit_fact")
ITEMS = (
    "national_item_code",
    "item",
    "fee_category",
    "visits",
    "lines",
    "quantity",
    "amount",
    "share",
    "peers_share",
    "patients_share",
    "peers_patients_share",
)
VISITS = (
    "visit_id",
    "settled_at",
    "visit_class",
    "insured_id",
    "institution_id",
    "doctor_id",
    "main_diagnosis",
    "main_diagnosis_name",
    "stay_days",
    "total_fee",
    "fund_pay",
    "drug_fee",
    "beyond",
    "rules",
)
LINES = (
    "line_id",
    "settlement_id",
    "visit_id",
    "insured_id",
    "charged_at",
    "national_item_code",
    "item",
    "fee_category",
    "quantity",
    "unit_price",
    "line_amount",
    "doctor_id",
    "rules",
)
HITS = (
    "rule",
    "name",
    "unit_kind",
    "unit_id",
    "amount",
    "excluded",
    "exclusion",
    "reason",
    "insured_id",
    "doctor_id",
    "institution_id",
    "visit_id",
    "settlement_id",
    "line_id",
    "basis",
    "official",
)
# A hit names the units it touches in these columns.
NAMED = {"doctor": "doctor_id", "insured": "insured_id"}


def items(subject: Subject) -> pd.DataFrame:
    """Return the items with the most yuan of the unit in the window (`ITEMS`).

    ``share`` is of the unit's amount, ``peers_share`` of that of all peers together;
    a doctor's drugs have the share of patients who take them beside the peers' too.
    """
    store, texts = subject.store, _built(subject)
    for name in ("item_fact", "catalogue"):
        store.show(name, texts if name == "item_fact" else None)
    key = UNITS[subject.unit_kind]
    limits = scope("item_fact", subject.unit_kind)
    own = f"{key} = {quoted([subject.unit_id])}"
    sums = (
        "SELECT national_item_code, max(fee_category) AS fee_category,"
        " count(DISTINCT visit_id) AS visits, sum(lines) AS lines,"
        " CAST(sum(quantity) AS DOUBLE) AS quantity,"
        " CAST(sum(amount) AS DOUBLE) AS amount FROM item_fact"
        f" WHERE {limits} AND national_item_code IS NOT NULL AND {{who}}"
        " GROUP BY national_item_code"
    )
    mine = store.engine.frame(sums.format(who=own))
    mine = mine.merge(_item_names(subject), on="national_item_code", how="left")
    codes = mine["national_item_code"].astype(object)
    mine["item"] = mine["item"].astype(object).fillna(codes)
    mine["share"] = mine["amount"] / mine["amount"].sum()
    others = group_of_all(subject)
    mine["peers_share"] = np.nan
    if others:
        peers = store.engine.frame(sums.format(who=f"{key} IN ({quoted(others)})"))
        amounts = peers.set_index("national_item_code")["amount"]
        part = mine["national_item_code"].map(amounts).fillna(0)
        mine["peers_share"] = part / amounts.sum()
    mine = _with_patients(subject, mine)
    order = ["amount", "national_item_code"]
    mine = mine.sort_values(order, ascending=[False, True], ignore_index=True)
    return mine.reindex(columns=list(ITEMS)).head(ITEMS_AT_MOST)


def _built(subject: Subject) -> list[str]:
    """Bring the window's rows up to date; return its months as text."""
    months = sorted(present(subject.store, subject.month))
    Runner(subject.store, needed(all_steps().values(), STEPS)).run(months)
    return [month_text(month) for month in months]


def _item_names(subject: Subject) -> pd.DataFrame:
    return subject.store.engine.frame(
        "SELECT national_item_code, max(catalog_item_name) AS item FROM catalogue"
        " GROUP BY national_item_code"
    )


def _with_patients(subject: Subject, mine: pd.DataFrame) -> pd.DataFrame:
    """Add the share of patients who take each drug of a doctor, and of the peers'."""
    names = list(ITEMS[-2:])
    if subject.unit_kind != DOCTOR:
        return mine.assign(**dict.fromkeys(names, np.nan))
    rows = against_peers(subject.store, subject.month, subject.people)
    rows = rows[rows["unit_id"] == subject.unit_id].set_index("code")
    shares = rows["numerator"] / rows["denominator"], rows["rate"]
    codes = mine["national_item_code"]
    return mine.assign(
        **{n: codes.map(share) for n, share in zip(names, shares, strict=True)}
    )


def visits(subject: Subject, found: pd.DataFrame) -> pd.DataFrame:
    """Return the visits of the month that contribute most (columns `VISITS`).

    ``beyond`` is what a visit adds in yuan to the foremost reason that money tells:
    its fee above the peers' centre, or its part above the peers' share of the whole;
    visits stand in its order, else in that of their fee. ``found`` are the hits.
    """
    store, month = subject.store, [month_text(subject.month)]
    _built(subject)
    store.show("visit_fact", month)
    store.show("visit")
    key = UNITS[subject.unit_kind]
    beyond = _beyond(subject)
    rows = store.engine.frame(
        "SELECT f.*, v.main_diagnosis_name FROM (SELECT visit_id, settled_at,"
        " visit_class, insured_id, institution_id, doctor_id, main_diagnosis,"
        " stay_days, CAST(total_fee AS DOUBLE) AS total_fee,"
        " CAST(fund_pay AS DOUBLE) AS fund_pay,"
        f" CAST(drug_fee AS DOUBLE) AS drug_fee, {beyond} AS beyond"
        f" FROM visit_fact WHERE {scope('visit_fact', subject.unit_kind)}"
        f" AND {key} = {quoted([subject.unit_id])}) f LEFT JOIN ("
        "SELECT visit_id, max(main_diagnosis_name) AS main_diagnosis_name FROM visit"
        " GROUP BY visit_id) v ON f.visit_id = v.visit_id"
    )
    rows["beyond"] = rows["beyond"].astype(float).round(2)
    rows["rules"] = _rules_of(rows, found, "visit_id").fillna("")
    rows = rows.sort_values(
        ["beyond", "total_fee", "visit_id"],
        ascending=[False, False, True],
        na_position="last",
        ignore_index=True,
    )
    return rows.reindex(columns=list(VISITS)).head(VISITS_AT_MOST)


def _beyond(subject: Subject) -> str:
    """Return the SQL of what a visit adds to the foremost reason that money tells."""
    for row in subject.own.to_dict("records"):
        record = indicators().get(row["indicator"])
        if not (row["p"] < NOTABLE_P and record and record.step == "visit_fact"):
            continue
        if row["kind"] not in ("per_visit", "share_of_money") or record.numerator:
            continue
        part = record.part or record.amount
        whole = f"CAST({record.whole} AS DOUBLE)" if record.whole else "1"
        sum_ = f"CAST({part} AS DOUBLE) - {float(row['expected'])!r} * {whole}"
        return f"CASE WHEN {record.where} THEN {sum_} END"
    return "CAST(NULL AS DOUBLE)"


def _rules_of(rows: pd.DataFrame, found: pd.DataFrame, column: str) -> pd.Series:
    """Return the rules that hit each row by an id, as one text; None where none do."""
    caught = found[~found["excluded"] & found[column].notna()]
    names: dict[str, set] = {}
    for one, rule in zip(caught[column], caught["rule"], strict=True):
        names.setdefault(one, set()).add(rule)
    told = [" ".join(sorted(names.get(one, ()))) or None for one in rows[column]]
    return pd.Series(told, index=rows.index, dtype=object)


def hits(subject: Subject) -> pd.DataFrame:
    """Return the rule hits that name the unit, excluded ones too (columns `HITS`).

    Those that count for the unit stand first; a doctor's and a person's name also
    those that count for an institution.
    """
    found = hits_of(subject.store, subject.month)
    english = subject.language == "en"
    if english:
        texts = {"reason": found["reason_en"], "exclusion": found["exclusion_en"]}
        found = found.assign(**texts)
    own = (found["unit_kind"] == subject.unit_kind) & (
        found["unit_id"] == subject.unit_id
    )
    named = own
    if subject.unit_kind in NAMED:
        named = own | (found[NAMED[subject.unit_kind]] == subject.unit_id)
    found = found.assign(other=~own)[named]
    known = [rules()[name] for name in found["rule"]]
    found = found.assign(
        name=[getattr(rule, subject.language) for rule in known],
        basis=[rule.basis for rule in known],
        official=[rule.official for rule in known],
        excluded=found["excluded"].astype(bool),
        exclusion=found["exclusion"].fillna(""),
    )
    order = ["other", "excluded", "rule", "visit_id", "settlement_id", "line_id"]
    found = found.sort_values(order, ignore_index=True)
    return found[list(HITS)]


def lines(
    subject: Subject, seen: pd.DataFrame, found: pd.DataFrame, most: int = LINES_AT_MOST
) -> pd.DataFrame:
    """Return fee lines as loaded, of hits first, then of the visits (columns `LINES`).

    ``seen`` and ``found`` are the visits and the hits; at most ``most`` lines, so that
    an inspector finds them by their ids.
    """
    store = subject.store
    texts = [month_text(subject.month), month_text(shift(subject.month, -1))]
    store.show("charge", texts)
    store.show("settlement", texts)
    # What a rule names line by line is few; what it names by the bill may be many.
    wanted = {
        "c.line_id": found["line_id"],
        "c.settlement_id": found["settlement_id"],
        "s.visit_id": pd.concat([seen["visit_id"], found["visit_id"]]),
    }
    chosen = [
        f"{name} IN ({quoted(sorted(set(ids.dropna())))})"
        for name, ids in wanted.items()
        if ids.notna().any()
    ]
    if not chosen:
        return pd.DataFrame(columns=list(LINES))
    rows = store.engine.frame(
        "SELECT c.line_id, c.settlement_id, s.visit_id, s.insured_id, c.charged_at,"
        " c.national_item_code, coalesce(c.catalog_item_name, c.local_item_name,"
        " c.national_item_code) AS item, c.fee_category,"
        " CAST(c.quantity AS DOUBLE) AS quantity,"
        " CAST(c.unit_price AS DOUBLE) AS unit_price,"
        " CAST(c.line_amount AS DOUBLE) AS line_amount, c.doctor_id"
        " FROM charge c JOIN settlement s ON c.settlement_id = s.settlement_id"
        f" WHERE {' OR '.join(chosen)}"
    )
    exact, billed = (_rules_of(rows, found, name) for name in LINES[:2])
    place = {visit: nth for nth, visit in enumerate(seen["visit_id"])}
    rows = rows.assign(
        rules=exact.fillna(billed).fillna(""),
        first=np.select([exact.notna(), billed.notna()], [0, 1], 2),
        place=rows["visit_id"].map(place).fillna(len(place)),
    )
    rows = rows.sort_values(
        ["first", "place", "line_amount", "line_id"],
        ascending=[True, True, False, True],
        ignore_index=True,
    )
    return rows[list(LINES)].head(most)

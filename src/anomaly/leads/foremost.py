"""The drug that a doctor favours most, held against what the peers favour most.

Whoever has habits has a favourite: being far above the others in one drug out of fifty
is no surprise by itself. So each doctor is asked for the drug in which it lies furthest
above its peers, and these largest excesses are compared with each other.
"""

from datetime import date

import pandas as pd

from anomaly.features.builder import all_steps
from anomaly.leads.pooling import present
from anomaly.peers.evidence import evidence
from anomaly.peers.groups import FOCUS
from anomaly.periods import month_text
from anomaly.policy.read import policy
from anomaly.store.catalog import Part
from anomaly.store.steps import Runner, needed
from anomaly.store.store import Store

UNIT = "doctor"
ID = "top_drug_patients"
BLOCK = "drug"
KIND = "foremost"
STEPS = ("doctor_item", "doctor_person")
# Half an event and one patient more keep what few peers do from being certain.
HALF = 0.5


def prepare(store: Store, month: date) -> None:
    """Bring up to date what a window's favourites are read from."""
    steps = needed(all_steps().values(), STEPS)
    Runner(store, steps).run(sorted(present(store, month)))


def parts(store: Store, month: date) -> list[Part]:
    """Return the parts that a window's favourites are read from."""
    texts = [month_text(each) for each in present(store, month)]
    return [part for name in STEPS for part in store.parts(name, texts)]


def foremost(store: Store, month: date, people: pd.DataFrame) -> pd.DataFrame:
    """Return evidence of each doctor's favourite drug over a window.

    Parameters
    ----------
    people : DataFrame
        Doctors with group and few, as `anomaly.leads.scoring.peopled` gives them.

    Returns
    -------
    DataFrame
        unit_id, item (its name), numerator (patients a month who took it),
        denominator (all patients), n, value (their share), what `evidence` gives of
        it beside the peers' shares of their own favourites, each above what that
        drug's share is among others; excess, lower and upper in yuan of the window.
    """
    # Too few of a focus are compared with nobody.
    people = people[~(people["few"] & (people[FOCUS] != ""))]
    rows = _against_peers(_used(store, month), people)
    rows = rows[rows["denominator"] >= policy("peers")["min_visits"]]
    rows = rows.sort_values(["unit_id", "over", "code"], ascending=[True, False, True])
    top = rows.drop_duplicates("unit_id").reset_index(drop=True)
    patients = top["denominator"]
    share = (top["numerator"] + 1) / (patients + 2)
    asked = pd.DataFrame(
        {
            "unit_id": top["unit_id"],
            "group": top["group"],
            "numerator": top["over"] * patients,
            "denominator": patients,
            "n": patients,
            "spread": share * (1 - share) / patients,
        }
    )
    found = evidence(asked, "share_of_money")
    tail = found.attrs.get("tail", {"listable": False})
    price = top["amount"] / top["numerator"]
    money = found[["excess", "lower", "upper"]].mul(price, axis=0)
    share = ["expected", "expected_low", "expected_high"]
    shares = found[share].add(top["rate"], axis=0).clip(0, 1)
    return top.join(found.drop(columns=[*money, *share])).assign(
        **money,
        **shares,
        value=top["numerator"] / patients,
        n=patients,
        listable=tail["listable"],
        indicator=ID,
        block=BLOCK,
        kind=KIND,
    )


def against_peers(store: Store, month: date, people: pd.DataFrame) -> pd.DataFrame:
    """Return each doctor's drugs of a window beside what the peers' patients take.

    Columns unit_id, code, item, numerator (patients a month who took it), amount
    (yuan), denominator (all patients), rate (the peers' share) and over.
    """
    prepare(store, month)
    return _against_peers(_used(store, month), people)


def _used(store: Store, month: date) -> pd.DataFrame:
    """Return doctor and drug pairs: unit_id, code, item, numerator, amount, and
    denominator, the doctor's patients; persons are counted anew each month."""
    texts = [month_text(each) for each in present(store, month)]
    for name in STEPS:
        store.show(name, texts)
    store.show("catalogue")
    return store.engine.frame(
        "SELECT i.doctor_id AS unit_id, i.national_item_code AS code,"
        " coalesce(max(c.item_name), i.national_item_code) AS item,"
        " CAST(sum(i.patients) AS DOUBLE) AS numerator,"
        " CAST(sum(i.amount) AS DOUBLE) AS amount,"
        " CAST(max(p.patients) AS DOUBLE) AS denominator FROM doctor_item i"
        " JOIN (SELECT doctor_id, count(*) AS patients FROM doctor_person"
        " GROUP BY doctor_id) p ON i.doctor_id = p.doctor_id"
        " LEFT JOIN (SELECT national_item_code, max(catalog_item_name) AS item_name"
        " FROM catalogue GROUP BY national_item_code) c"
        " ON i.national_item_code = c.national_item_code"
        " WHERE i.is_drug = 1 GROUP BY i.doctor_id, i.national_item_code"
    )


def _against_peers(used: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Add group, rate (the peers' share of patients) and over (the share above it)."""
    rows = used.merge(people[["unit_id", "group", "fallback", "few"]], on="unit_id")
    doctors = rows.drop_duplicates("unit_id")
    patients = rows["group"].map(doctors.groupby("group")["denominator"].sum())
    takers = rows.groupby(["group", "code"])["numerator"].transform("sum")
    rate = (takers - rows["numerator"] + HALF) / (patients - rows["denominator"] + 1)
    over = rows["numerator"] / rows["denominator"] - rate
    return rows.assign(rate=rate, over=over)

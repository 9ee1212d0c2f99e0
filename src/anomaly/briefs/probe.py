"""What must be known before a run: month, districts, fingerprint, rows."""

from anomaly.briefs.facts import UNITS, code_version, known_district, known_month
from anomaly.periods import parse_month


def probe(job: dict) -> dict:
    """Check month and districts against the store, and describe it.

    Asking for the leads once also brings up to date whatever the month needs,
    before several reports would want to do so at the same time. It is done in a
    process of its own: the one that forks must never have opened a store.
    """
    import anomaly

    store = anomaly.open_store(job["store"])
    month = parse_month(job["month"])
    known_month(store, month)
    wanted = job["districts"] or store.districts()["district"].tolist()
    names = {district: known_district(store, district) for district in wanted}
    for unit in UNITS:
        store.leads(unit, month=month)
    accounts = store.accounts().set_index("table")
    rows = {
        table: {"read": int(row["read"]), "accepted": int(row["accepted"])}
        for table, row in accounts.iterrows()
    }
    return {
        "names": names,
        "fingerprint": store.fingerprint(),
        "code_version": code_version(),
        "rows": rows,
    }

"""The funnel that the city of Ankang published for 2024, to the cent."""

import csv
from decimal import Decimal

from drawn import bill, write_bills

import anomaly
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store

CONFIRMED, DISMISSED, RECOVERED = 1_479, 2_628 - 1_479, 1_000
SUSPECTED_YUAN, CONFIRMED_YUAN, RECOVERED_YUAN = 593_500, 199_000, 123_000
HEADER = (
    "lead_id unit_kind unit_id district month state amount recovered decided_on by"
).split()


def parts(yuan: int, count: int) -> list[Decimal]:
    """Return a sum in so many uneven parts, exact to the cent."""
    cents, over = divmod(yuan * 100, count)
    return [Decimal(cents + (n < over)) / 100 for n in range(count)]


def test_the_published_funnel_comes_back_to_the_cent(tmp_path):
    held = parts(CONFIRMED_YUAN, CONFIRMED)
    lifted = parts(SUSPECTED_YUAN - CONFIRMED_YUAN, DISMISSED)
    back = parts(RECOVERED_YUAN, RECOVERED) + [Decimal(0)] * (CONFIRMED - RECOVERED)
    rows = [("confirmed", *pair) for pair in zip(held, back, strict=True)]
    rows += [("dismissed", amount, Decimal(0)) for amount in lifted]
    path = tmp_path / "ankang.csv"
    with path.open("w", encoding="gb18030", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for n, (state, amount, recovered) in enumerate(rows):
            unit = ("institution", f"H{n:04}", "610900", f"2024-{n % 12 + 1:02}")
            done = ("2024-12-05", "合议")
            writer.writerow([f"A{n}", *unit, state, amount, recovered, *done])
    store = Store.create(tmp_path / "store")
    load(store, [write_bills(tmp_path / "x", [bill(1)])], load_mapping())
    store.close()
    workspace = anomaly.open_store(tmp_path / "store")
    done = workspace.import_cases(path, by="me")
    assert (done["new"], len(done["unknown_units"])) == (2_628, 2_628)
    wanted = {
        "suspected": {"count": 2_628, "amount": "593500.00"},
        "confirmed": {"count": 1_479, "amount": "199000.00"},
        "dismissed": {"count": 1_149, "amount": "394500.00"},
        "recovered": {"count": 1_000, "amount": "123000.00"},
    }
    for by in (None, "kind", "rule"):
        funnel = workspace.case_funnel(by)
        for found in (funnel, *funnel.get("groups", [])):
            assert {stage: found[stage] for stage in wanted} == wanted
    assert workspace.import_cases(path, by="me")["unchanged"] == 2_628
    found = workspace.sql("SELECT count(*), sum(amount) FROM finding")
    assert found.values.tolist() == [[2_628, SUSPECTED_YUAN]]

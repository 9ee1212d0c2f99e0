"""Which settlements are artefacts, and the list that asks for their repair."""

from datetime import date
from importlib.resources import files

import pandas as pd

from anomaly.periods import month_text
from anomaly.policy.read import policy
from anomaly.store.steps import Step, read_steps
from anomaly.store.store import Store


def screen_steps() -> dict[str, Step]:
    """The steps of this room; features reads ``screened`` and leaves out its rows."""
    folder = files("anomaly.screen").joinpath("steps")
    return read_steps(folder, dict(policy("screen")["parameters"]))


def repairs(store: Store, month: date, district: str | None = None) -> pd.DataFrame:
    """Return the repair list of a month, one row an artefact and institution.

    Columns: artefact, zh, en, institution_id, institution_name, district,
    settlements, amount (yuan), what_to_do, what_to_do_en.
    """
    store.show("institution")
    for need in ("settlement", "screened"):
        store.show(need, [month_text(month)])
    found = store.engine.frame(
        "SELECT x.artefact, x.institution_id,"
        " max(i.institution_name) AS institution_name,"
        " coalesce(max(i.district), max(s.institution_district)) AS district,"
        " count(*) AS settlements, sum(x.total_fee) AS amount FROM screened x"
        " JOIN settlement s USING (settlement_id)"
        " LEFT JOIN institution i ON x.institution_id = i.institution_id"
        " GROUP BY x.artefact, x.institution_id"
        " ORDER BY amount DESC, x.artefact, x.institution_id"
    )
    if district:
        found = found[found["district"] == district].reset_index(drop=True)
    words = policy("screen")["artefacts"]
    for column, key in {
        "zh": "zh",
        "en": "en",
        "what_to_do": "todo_zh",
        "what_to_do_en": "todo_en",
    }.items():
        found[column] = [words[name][key] for name in found["artefact"]]
    return found

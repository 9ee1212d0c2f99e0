"""The city read once, before its reports: checks, frames, fingerprint, rows."""

import pickle
from pathlib import Path

from anomaly.briefs.facts import code_version, gather_many, keep_ready


def probe(job: dict) -> dict:
    """Check month and districts, and keep the facts of each district in a file.

    Peers are the whole city's, so its leads are worked out once, not once a
    report; asking for them also brings up to date whatever the month needs, before
    several reports would want to do so at the same time. All that is done in a
    process of its own: the one that forks must never have opened a store.
    """
    import anomaly

    store = anomaly.open_store(job["store"])
    wanted = job["districts"] or store.districts()["district"].tolist()
    found = gather_many(store, wanted, month=job["month"], language=job["language"])
    for district, facts in found.items():
        facts_path(job["kept"], district).write_bytes(pickle.dumps(facts))
    accounts = store.accounts()
    rows = {
        table: {"read": int(read), "accepted": int(accepted)}
        for table, read, accepted in zip(
            accounts["table"], accounts["read"], accounts["accepted"], strict=True
        )
    }
    return {
        "names": {district: facts.name for district, facts in found.items()},
        "fingerprint": store.fingerprint(),
        "code_version": code_version(),
        "rows": rows,
    }


def take_facts(job: dict) -> None:
    """Make the facts that `probe` kept for this district ready for `gather`."""
    path = facts_path(job["kept"], job["district"])
    keep_ready(pickle.loads(path.read_bytes()))  # noqa: S301 we wrote it, 0700 folder


def facts_path(folder: str, district: str) -> Path:
    return Path(folder) / f"{district}.facts"

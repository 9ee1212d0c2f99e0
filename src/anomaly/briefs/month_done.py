"""Whether a month's briefs lie there whole: one of every district of the store."""

from pathlib import Path

from anomaly.briefs.record import DONE
from anomaly.briefs.run_log import Report, outcome
from anomaly.briefs.schedule import Schedule

NONE = Report("", "")


def is_whole(schedule: Schedule, month: str, *, as_now: bool = False) -> bool:
    """Tell whether every district's brief is made; ``as_now``: of today's store.

    A run over one district leaves a manifest that says done: it speaks for that
    district only, so the store is asked which there are.
    """
    from anomaly.store.store import CATALOG
    from anomaly.workspace import open_store

    found = outcome(schedule.out, month)
    if not found.reports or not (Path(schedule.store) / CATALOG).is_file():
        return False
    workspace = open_store(schedule.store)
    try:
        every = workspace.districts()["district"].tolist()
        present = workspace.fingerprint()
    finally:
        workspace.store.close()
    made = [found.reports.get(district, NONE) for district in every]
    return all(
        one.status == DONE and (not as_now or one.fingerprint == present)
        for one in made
    )

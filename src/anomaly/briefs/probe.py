"""The city read once, before its reports: checks, frames, fingerprint, rows."""

import pickle
import re
import traceback
from pathlib import Path

from anomaly.briefs.facts import (
    City,
    code_version,
    district_name,
    keep_ready,
    known_district,
    known_month,
)
from anomaly.briefs.freshness import kept_record, key_of
from anomaly.briefs.wording import Wording
from anomaly.errors import UsageError
from anomaly.periods import parse_month

CODE = re.compile("[0-9A-Za-z]+")  # it names files


def probe(job: dict) -> dict:
    """Check month and districts; keep the facts of each district that is to be made.

    Peers are the whole city's, so its leads are worked out once, not once a
    report; asking for them also brings up to date whatever the month needs, before
    several reports would want to do so at the same time. All that is done in a
    process of its own: the one that forks must never have opened a store. Nothing is
    worked out where every report lies there as it would be made.
    """
    import anomaly

    store = anomaly.open_store(job["store"])
    known_month(store, parse_month(job["month"]))
    wanted = job["districts"] or store.districts()["district"].tolist()
    _check_codes(wanted)
    names = {district: known_district(store, district) for district in wanted}
    words = Wording(job["language"])
    keys = {district: _key(job, district, store.fingerprint()) for district in wanted}
    fresh = _fresh(job, keys)
    stale = [district for district in wanted if district not in fresh]
    if stale:
        city = City(store, job["month"], job["language"])
        for district in stale:
            _keep(city, district, facts_path(job["kept"], district))
    return {
        "names": {d: district_name(d, name, words) for d, name in names.items()},
        "fingerprint": store.fingerprint(),
        "code_version": code_version(),
        "rows": _rows(store.accounts()),
        "keys": keys,
        "fresh": fresh,
    }


def _check_codes(districts: list[str]) -> None:
    for district in districts:
        if not CODE.fullmatch(district):
            raise UsageError(
                f"district: found {district!r}",
                expected="letters and digits, for it names files",
            )


def _key(job: dict, district: str, fingerprint: str) -> str:
    parameters = job["parameters"] | {"district": district}
    return key_of(
        template=Path(job["template"]), fingerprint=fingerprint, parameters=parameters
    )


def _fresh(job: dict, keys: dict[str, str]) -> dict[str, dict]:
    """Return the records of reports that need not be made again, by district."""
    if job["force"]:
        return {}
    folder = Path(job["folder"])
    found = {d: kept_record(folder, d, key) for d, key in keys.items()}
    return {district: record for district, record in found.items() if record}


def _rows(accounts) -> dict[str, dict]:
    return {
        table: {"read": int(read), "accepted": int(accepted)}
        for table, read, accepted in zip(
            accounts["table"], accounts["read"], accounts["accepted"], strict=True
        )
    }


def _keep(city: City, district: str, path: Path) -> None:
    """Keep a district's facts; where that fails, its own report will say why."""
    try:
        path.write_bytes(pickle.dumps(city.facts(district)))
    except Exception:
        traceback.print_exc()


def take_facts(job: dict) -> None:
    """Make the facts that `probe` kept for this district ready for `gather`."""
    path = facts_path(job["kept"], job["district"])
    if path.is_file():
        keep_ready(pickle.loads(path.read_bytes()))  # noqa: S301 ours, folder is 0700


def facts_path(folder: str, district: str) -> Path:
    return Path(folder) / f"{district}.facts"

"""The limits that reference and engine work with: small, so that worlds cross them."""

from dataclasses import asdict, replace
from importlib.resources import files

from anomaly.features.calendar import calendar_step
from anomaly.features.limits import limits, parameters
from anomaly.policy.read import policy
from anomaly.store.steps import Step, read_steps

# Counts that the policy sets for a whole city.
LIMITS = replace(
    limits(),
    case_mix_visits=3,
    companion_times=2,
    companion_crowd=4,
    handler_reviews=2,
)
SCREEN = dict(policy("screen")["parameters"]) | {
    "mismapped_lines": 6,
    "reupload_settlements": 3,
    "master_share": 0.8,
    "names_of_code": 3,
    "unit_lines": 4,
    "unit_times": 4,
    "neighbour_lines": 3,
    "neighbour_share": 0.6,
    "neighbour_letters": 2,
}
FOLDERS = {"features": parameters() | asdict(LIMITS), "screen": SCREEN}


def step_files() -> dict[str, Step]:
    """Return every step that is a SQL file, by name, with these limits."""
    found: dict[str, Step] = {}
    for room, named in FOLDERS.items():
        folder = files(f"anomaly.{room}").joinpath("steps")
        found |= read_steps(folder, named)
    return found


def steps() -> list[Step]:
    """Return the steps that tests build: the files', and the calendar they need."""
    return [calendar_step(), *step_files().values()]

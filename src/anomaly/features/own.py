"""An analyst's own indicators: TOML records in a folder, with the same checks."""

from pathlib import Path

from anomaly.errors import PolicyError, UsageError
from anomaly.features.builder import all_steps
from anomaly.features.indicator import Indicator, indicators, read_records
from anomaly.store.store import Store

# Where a store keeps them if no other folder is named.
FOLDER = "indicators"


def own_indicators(
    store: Store | None = None, folder: Path | str | None = None
) -> dict[str, Indicator]:
    """Return the records of a folder, or those of the store's own, by id.

    UsageError where a named folder does not exist; PolicyError on an id of the
    catalogue, an unknown step, or an alert: that needs calibration first.
    """
    path = Path(folder) if folder else store.root / FOLDER if store else None
    if path is None or not path.is_dir():
        if folder:
            raise UsageError(
                f"indicators '{folder}': there is none",
                expected="a folder of TOML records",
            )
        return {}
    found = read_records(path)
    for record in found.values():
        _check(record)
    return found


def _check(record: Indicator) -> None:
    where = f"indicator {record.id}"
    if record.id in indicators():
        raise PolicyError(f"{where}: the catalogue has it", expected="another id")
    if record.alert:
        raise PolicyError(
            f"{where}: alert = true", expected="no alert before it is calibrated"
        )
    for unit in record.units:
        if record.step_of(unit) not in all_steps():
            raise PolicyError(
                f"{where}: unknown step '{record.step_of(unit)}'",
                expected=f"one of {', '.join(sorted(all_steps()))}",
            )

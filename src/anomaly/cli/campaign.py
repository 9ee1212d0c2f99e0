"""Commands of a campaign: its phases, self-reports, re-checks, repair."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from anomaly.cli.cases import By
from anomaly.cli.data import AsJson, StorePath
from anomaly.cli.output import check_out, err, out, say_json, show_table
from anomaly.cli.visits import OutFile, records, tell_frame
from anomaly.periods import month_text

if TYPE_CHECKING:
    from anomaly.assessment.campaign import Entry
    from anomaly.workspace.campaigns import CampaignDesk

UnitId = Annotated[str, typer.Argument(help="The institution's or pharmacy's id.")]
UnitKind = Annotated[str, typer.Option("--unit", help="institution or pharmacy.")]
On = Annotated[str, typer.Option("--on", help="The day, YYYY-MM-DD; today if not.")]
Text = Annotated[str, typer.Option(help="What was told, in words.")]
SHORT = ["unit_kind", "unit_id", "unit_name", "state", "self_reported", "late"]
SHORT += ["suspected", "gap", "rechecked_on", "found", "rectified_on"]
SHOWN = 20
campaign_app = typer.Typer(
    help="A campaign: phases, self-reports, re-checks, repair.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    app.add_typer(campaign_app, name="campaign")


@campaign_app.command("show")
def show(store: StorePath, on: On = "", as_json: AsJson = False) -> None:
    """Show which phases run, the days left, and what the ledger holds so far."""
    desk = _desk(store)
    policy, phases = desk.campaign_policy, desk.campaign_phases(on or None)
    sums = _sums(desk.campaign_entries())
    told = {"id": policy.id, "zh": policy.zh, "basis": policy.basis}
    told |= {"data_from": policy.data_from, "data_to": policy.data_to}
    if as_json:
        say_json(told | {"phases": records(phases)} | sums)
        return
    _print(f"{policy.zh} ({policy.id}, {policy.basis})")
    _print(f"data of {policy.data_from} to {policy.data_to}")
    show_table(phases)
    show_table(pd.DataFrame([sums]))


def _sums(entries: "list[Entry]") -> dict:
    """Return how many units told what, and the yuan of it."""
    from anomaly.assessment.campaign import RECHECKED, RECTIFIED, REPORTED
    from anomaly.casework.amounts import NOTHING

    told: dict[str, int | Decimal] = {}
    for name, kind in (
        ("reported", REPORTED),
        ("rechecked", RECHECKED),
        ("rectified", RECTIFIED),
    ):
        own = [one for one in entries if one.kind == kind]
        told[name] = len({one.unit for one in own})
        if kind != RECTIFIED:
            told[f"{name}_yuan"] = sum((one.amount for one in own), NOTHING)
        if kind == REPORTED:
            late = [one for one in own if one.late]
            told["late"] = len({one.unit for one in late})
            told["late_yuan"] = sum((one.amount for one in late), NOTHING)
    return told


@campaign_app.command("report")
def report(
    unit_id: UnitId,
    store: StorePath,
    amount: Annotated[str, typer.Option(help="Yuan returned.")],
    unit: UnitKind = "institution",
    text: Text = "",
    on: On = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Note what an institution reported of itself; late once the window is closed."""
    desk = _desk(store)
    entry = desk.campaign_report(*(unit_id, amount, unit, text, on or None, by or None))
    _tell(entry, f"reported {entry.amount} yuan", as_json, desk)


@campaign_app.command("recheck")
def recheck(
    unit_id: UnitId,
    store: StorePath,
    amount: Annotated[str, typer.Option(help="Yuan found beyond its report.")],
    inspector: Annotated[list[str], typer.Option(help="May be repeated.")],
    unit: UnitKind = "institution",
    text: Text = "",
    on: On = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Note what a re-check found; refused before its phase."""
    desk = _desk(store)
    entry = desk.campaign_recheck(
        *(unit_id, amount, inspector, unit, text, on or None, by or None)
    )
    _tell(entry, f"re-checked, found {entry.amount} yuan", as_json, desk)


@campaign_app.command("rectify")
def rectify(
    unit_id: UnitId,
    store: StorePath,
    unit: UnitKind = "institution",
    text: Text = "",
    on: On = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Note that what was reported or found has been put right."""
    desk = _desk(store)
    entry = desk.campaign_rectify(unit_id, unit, text, on or None, by or None)
    _tell(entry, "rectified", as_json, desk)


@campaign_app.command("list")
def list_(
    store: StorePath,
    recheck_seed: Annotated[
        str, typer.Option("--recheck", help="A seed: list whom to re-check instead.")
    ] = "",
    out_path: OutFile = None,
    as_json: AsJson = False,
) -> None:
    """List what each institution gave back and what speaks of it, widest gap first.

    With --recheck SEED whom to re-check: everyone who reported nothing though rules
    speak of them, and the policy's share of those who reported, drawn by the seed.
    """
    if out_path:
        check_out(out_path)
    desk = _desk(store)
    _, absent = desk.campaign_months()
    more = {"months_not_loaded": [month_text(month) for month in absent]}
    with err.status("reading the hits of the campaign's data"):
        found = desk.recheck_list(recheck_seed) if recheck_seed else desk.campaign()
    shown = found.head(SHOWN) if recheck_seed else found[SHORT].head(SHOWN)
    more |= {"seed": recheck_seed} if recheck_seed else {}
    key = "to re-check" if recheck_seed and not as_json else "units"
    tell_frame(found, key, out_path, as_json, shown, **more)
    if absent and not as_json:
        err.print(f"{len(absent)} months of its data are not loaded: {_span(absent)}")


def _span(months: list[date]) -> str:
    first, last = month_text(months[0]), month_text(months[-1])
    return first if first == last else f"{first} to {last}"


def _desk(store: Path) -> "CampaignDesk":
    from anomaly.workspace import open_store

    return open_store(store)


def _tell(entry: "Entry", what: str, as_json: bool, desk: "CampaignDesk") -> None:
    if as_json:
        say_json({"event": entry.kind} | entry.body())
        return
    late = ", late: its phase was over" if entry.late else ""
    _print(f"{entry.unit_kind} {entry.unit_id}: {what} on {entry.on}{late}")
    known = desk.inspected_units()
    mine = (known["unit_kind"] == entry.unit_kind) & (known["unit_id"] == entry.unit_id)
    if not mine.any():
        unit = f"{entry.unit_kind} {entry.unit_id}"
        err.print(f"not in the store, and taken in: {unit}", markup=False)


def _print(text: str) -> None:
    out.print(text, markup=False, highlight=False)

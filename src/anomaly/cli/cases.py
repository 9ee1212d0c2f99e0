"""Commands of the ledger: what becomes of a lead, step by step."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from anomaly.cli.data import AsJson, Month, StorePath
from anomaly.cli.output import err, out, say_json, show_table
from anomaly.errors import UsageError

if TYPE_CHECKING:
    from anomaly.casework.case import Case
    from anomaly.workspace.ledger import LedgerDesk

LeadId = Annotated[str, typer.Argument(help="Such as '2026-06|doctor|D1'.")]
By = Annotated[str, typer.Option("--by", help="Who does it; the login name if not.")]
On = Annotated[
    str, typer.Option("--on", help="Count days as of YYYY-MM-DD; today if not.")
]
SHORT = ["lead_id", "state", "state_zh", "deadline", "days_left", "suspected"]
SHORT += ["confirmed", "recovered", "district"]
case_app = typer.Typer(
    help="What becomes of leads: open, step, list, decide, recover.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    app.add_typer(case_app, name="case")


@case_app.command("open")
def case_open(
    store: StorePath,
    month: Month,
    unit: Annotated[str, typer.Option(help="doctor, institution, pharmacy, ...")],
    unit_id: Annotated[str, typer.Option("--id", help="The unit's id in the list.")],
    amount: Annotated[
        str | None, typer.Option(help="Suspected yuan, in place of the list's.")
    ] = None,
    lead_id: Annotated[str, typer.Option(help="MONTH|kind|id if not given.")] = "",
    procedure: Annotated[str, typer.Option(help="ankang or longmatan.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Open a case of a lead, with what the month's list says of it."""
    from anomaly.workspace import open_store

    workspace = open_store(store)
    with err.status("reading the month's list"):
        case = workspace.open_case(
            unit, unit_id, month, amount, by or None, lead_id, procedure
        )
    _tell(workspace, case, as_json)


@case_app.command("step")
def case_step(
    lead_id: LeadId,
    state: Annotated[str, typer.Argument(help="The state it enters: notified, ...")],
    store: StorePath,
    amount: Annotated[
        str | None, typer.Option(help="decided, confirmed: the yuan that hold.")
    ] = None,
    recovered: Annotated[
        str | None, typer.Option(help="recovered: the yuan of this instalment.")
    ] = None,
    penalty: Annotated[
        str | None, typer.Option(help="recovered: yuan of a penalty paid.")
    ] = None,
    attach: Annotated[
        list[Path] | None, typer.Option(help="Evidence; may be repeated.")
    ] = None,
    presiding: Annotated[str, typer.Option(help="decided: who presided.")] = "",
    member: Annotated[
        list[str] | None, typer.Option(help="decided: NAME=yes or NAME=no, each.")
    ] = None,
    action: Annotated[
        list[str] | None, typer.Option(help="decided: see policy; may be repeated.")
    ] = None,
    multiple: Annotated[
        int | None, typer.Option(help="decided, with --action penalty: 2 to 5.")
    ] = None,
    note: Annotated[str, typer.Option(help="Anything to remember.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Let a case take its next step; refused in one line where it may not."""
    from anomaly.casework.sheet import vote

    workspace = desk(store)
    case = workspace.step_case(
        lead_id,
        state,
        by=by or None,
        amount=amount,
        recovered=recovered,
        penalty=penalty,
        attach=attach or [],
        presiding=presiding,
        members=[vote(text, "--member") for text in member or []],
        actions=action or [],
        multiple=multiple,
        note=note,
    )
    _tell(workspace, case, as_json)


@case_app.command("recuse")
def case_recuse(
    lead_id: LeadId,
    name: Annotated[str, typer.Argument(help="Who stays out of the case.")],
    store: StorePath,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Note that somebody stays out of a case: no decision with that person."""
    workspace = desk(store)
    case = workspace.recuse_case(lead_id, name, by or None, reason)
    _tell(workspace, case, as_json)


@case_app.command("list")
def case_list(
    store: StorePath,
    state: Annotated[str | None, typer.Option(help="Only cases in it.")] = None,
    district: Annotated[str | None, typer.Option(help="Six digits.")] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only those past their deadline.")
    ] = False,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """List cases with deadline and days left, the most urgent first."""
    rows = desk(store).cases(state, district, overdue, day_asked(on))
    if as_json:
        say_json({"cases": _records(rows)})
        return
    show_table(rows[SHORT])
    out.print(f"{len(rows)} cases")


@case_app.command("show")
def case_show(lead_id: LeadId, store: StorePath, as_json: AsJson = False) -> None:
    """Print a case, its history and what may come next."""
    workspace = desk(store)
    case = workspace.docket.case(lead_id)
    events = workspace.docket.events_of(lead_id)
    if as_json:
        told = [vars(event) | {"body": dict(event.body)} for event in events]
        say_json(_record(workspace, case) | {"events": told})
        return
    show_table(workspace.case_history(lead_id))
    _tell(workspace, case, False)


@case_app.command("funnel")
def case_funnel(
    store: StorePath,
    by: Annotated[
        str | None, typer.Option(help="district, kind, rule, indicator or tier.")
    ] = None,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Say how many cases, and yuan, were suspected, confirmed and recovered."""
    found = desk(store).case_funnel(by, day_asked(on))
    if as_json:
        say_json(found)
        return
    for one in found.get("groups", []):
        show_table(_stages(one), f"{by}: {one[by] or '-'}")
    show_table(_stages(found), "all cases" if by else "")
    won = found["appeal_success"]
    share = "-" if won is None else f"{won:.1%}"
    out.print(
        f"{found['overdue']} overdue; {found['appeals']} appealed, {share} of those"
        " settled with success"
    )


@case_app.command("import")
def case_import(
    path: Annotated[Path, typer.Argument(help="FILE.csv or FILE.xlsx.")],
    store: StorePath,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Take in past decisions, or the steps of an exported workbook: all or none."""
    done = desk(store).import_cases(path, by or None)
    if as_json:
        say_json(done)
        return
    if "steps" in done:
        out.print(f"{path.name}: {done['steps']} steps taken")
        return
    counts = ("new", "superseded", "unchanged")
    told = ", ".join(f"{done[name]} {name}" for name in counts)
    out.print(f"{path.name}: {done['read']} rows: {told}")
    for lead in done["superseded_leads"]:
        out.print(f"superseded: {lead}", markup=False)
    unknown = done["unknown_units"]
    if unknown:
        err.print(f"{len(unknown)} units are not in the store, and were taken in:")
        err.print(", ".join(unknown[:20]) + (", ..." if len(unknown) > 20 else ""))


@case_app.command("export")
def case_export(
    path: Annotated[Path, typer.Argument(help="FILE.xlsx, to fill in and import.")],
    store: StorePath,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Write the open cases to a workbook; fill in `next` and import it."""
    rows = desk(store).export_cases(path, day_asked(on))
    if as_json:
        say_json({"file": str(path), "rows": rows})
        return
    out.print(
        f"{path}: {rows} open cases; fill in 'next', then: anomaly case import {path}"
    )


@case_app.command("publish")
def case_publish(store: StorePath, as_json: AsJson = False) -> None:
    """Write FINDINGS and TIPS of the ledger into the store, where they wait."""
    changed = desk(store).publish_cases()
    if as_json:
        say_json({"changed": changed})
        return
    out.print("FINDINGS and TIPS are as the ledger" + (" now" if changed else ""))


def desk(store: Path) -> "LedgerDesk":
    """Return the ledger of a store; it answers at once, as lists need no ranking."""
    from anomaly.store.store import Store
    from anomaly.workspace.ledger import LedgerDesk

    return LedgerDesk(Store.open(store))


def day_asked(text: str) -> date | None:
    """Return the day an option names, None for ''; UsageError where it is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--on '{text}'", expected="YYYY-MM-DD") from None


def _records(rows: pd.DataFrame) -> list[dict]:
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


def _record(workspace: "LedgerDesk", case: "Case") -> dict:
    from anomaly.casework.cases import next_states
    from anomaly.casework.docket import today
    from anomaly.casework.listing import row

    policy = workspace.docket.policy
    return row(case, policy, today()) | {"next": next_states(case, policy)}


def _tell(workspace: "LedgerDesk", case: "Case", as_json: bool) -> None:
    found = _record(workspace, case)
    if as_json:
        say_json(found)
        return
    due = f", by {found['deadline']}" if found["deadline"] else ""
    following = " or ".join(found["next"]) or "nothing: it is closed"
    out.print(
        f"{case.lead_id}: {case.state} ({found['state_zh']}), suspected"
        f" {case.suspected}, confirmed {case.confirmed}, recovered {case.recovered}"
        f" yuan; next: {following}{due}",
        markup=False,
        highlight=False,
    )


def _stages(found: dict) -> pd.DataFrame:
    from anomaly.casework.case_funnel import STAGE_NAMES

    rows = [{"stage": stage, **found[stage]} for stage in STAGE_NAMES]
    return pd.DataFrame(rows)

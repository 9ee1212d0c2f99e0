"""Open cases as a workbook to fill in, and the steps filled in as an import."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from anomaly.casework.amounts import yuan
from anomaly.casework.case import CLOSED, Case, Step
from anomaly.casework.cases import next_states
from anomaly.casework.docket import Asked, Docket
from anomaly.casework.listing import listed
from anomaly.casework.reading import Row, read_rows, refuse_all
from anomaly.errors import AnomalyError, DataRefusedError, UsageError
from anomaly.policy.casework import STATES, Casework

SHOWN = (
    "lead_id",
    "unit_kind",
    "unit_id",
    "district",
    "month",
    "state",
    "deadline",
    "days_left",
    "suspected",
    "confirmed",
    "lifted",
    "recovered_so_far",
    "tier",
    "rules",
    "indicator",
)
# What a step takes; `next` names the state, the rest are as on the command line.
FILLED = (
    "next",
    "amount",
    "recovered",
    "penalty",
    "attach",
    "presiding",
    "member",
    "action",
    "multiple",
    "note",
)
# Excel takes a list of at most so many characters.
LIST_LENGTH = 255
GAPS = ("；", ";", "、", "，", ",")
VOTES = {"yes": True, "是": True, "赞成": True, "同意": True}
VOTES |= {"no": False, "否": False, "反对": False, "不同意": False}


def export(cases: Iterable[Case], policy: Casework, today: date, path: Path) -> int:
    """Write open cases to a workbook, one row each; return how many.

    Texts stay texts, whatever they begin with; the head is frozen and the cells to
    fill in offer what a case may do next.
    """
    if path.suffix.lower() != ".xlsx":
        raise UsageError(f"'{path}'", expected="a name that ends in .xlsx")
    cases = [case for case in cases if case.state not in CLOSED]
    following = {case.lead_id: next_states(case, policy) for case in cases}
    frame = listed(cases, policy, today)
    frame = frame.rename(columns={"recovered": "recovered_so_far"})
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(partial, frame.to_dict("records"), following, policy)
        partial.chmod(0o600)
        partial.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror})",
            expected="a file in a folder that can be written",
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return len(cases)


def _write(path: Path, rows: list[dict], following: dict, policy: Casework) -> None:
    from xlsxwriter import Workbook

    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(str(path), options) as book:
        sheet = book.add_worksheet("cases")
        bold, fill = book.add_format({"bold": True}), book.add_format()
        fill.set_bg_color("#FFF9DB")
        columns = [*SHOWN, *FILLED]
        sheet.write_row(0, 0, columns, bold)
        for number, row in enumerate(rows, 1):
            cells = ["" if row[n] is None else str(row[n]) for n in SHOWN]
            for place, cell in enumerate(cells):
                sheet.write_string(number, place, cell.replace("<NA>", ""))
            for place in range(len(SHOWN), len(columns)):
                sheet.write_blank(number, place, None, fill)
            _offer(sheet, number, following[row["lead_id"]], policy)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
        sheet.autofit()


def _offer(sheet, number: int, following: list[str], policy: Casework) -> None:
    """Let cells offer what they may hold."""
    actions = [action.id for action in policy.actions]
    for name, known in (("next", following), ("action", actions)):
        if not known or len(",".join(known)) > LIST_LENGTH:
            continue
        place = len(SHOWN) + FILLED.index(name)
        # Several actions may be named: what is not on the list is not stopped.
        rule = {"validate": "list", "source": known}
        rule["error_type"] = "stop" if name == "next" else "information"
        sheet.data_validation(number, place, number, place, rule)


def has_steps(header: list[str]) -> bool:
    """Tell whether a file is one of steps, as `export` writes them."""
    return "next" in header


def import_steps(docket: Docket, path: Path, by: str) -> int:
    """Take the steps of a filled-in workbook: all of them, or none.

    Returns how many were taken; DataRefusedError names each row that is wrong.
    """
    _, rows = read_rows(path, ("lead_id", "next"))
    asked, faults = [], []
    for row in rows:
        if not row.text("next"):
            if any(row.text(name) for name in FILLED):
                faults.append(f"{row.at('next')}: nothing, though the row is filled in")
            continue
        try:
            asked.append(_asked(row, by, path.parent))
        except AnomalyError as error:
            faults.append(str(error))
    refuse_all(path, faults)
    try:
        return docket.steps(asked)
    except UsageError as error:
        raise DataRefusedError(
            error.found,
            expected=error.expected,
            todo=f"nothing of {path.name} was taken in: correct it and import again",
        ) from None


def _asked(row: Row, by: str, folder: Path) -> Asked:
    state = row.text("next")
    if state not in STATES:
        raise UsageError(
            f"{row.at('next')}: '{state}'", expected=f"one of {', '.join(STATES)}"
        )
    money = {
        name: yuan(row.cells[name], row.at(name))
        for name in ("amount", "recovered", "penalty")
        if row.text(name)
    }
    step = Step(
        state=state,
        by=row.text("by") or by,
        presiding=row.text("presiding"),
        members=tuple(vote(one, row.at("member")) for one in _split(row, "member")),
        actions=tuple(_split(row, "action")),
        multiple=_multiple(row),
        note=row.text("note"),
    )
    paths = tuple(folder / name for name in _split(row, "attach"))
    missing = next((path for path in paths if not path.is_file()), None)
    if missing:
        raise UsageError(
            f"{row.at('attach')}: '{missing}' does not exist",
            expected="files beside the workbook, or whole paths",
        )
    step = replace(step, **money)
    return Asked(row.text("lead_id"), step, paths, row.where, row.text("state"))


def _split(row: Row, name: str) -> list[str]:
    text = row.text(name)
    for gap in GAPS:
        text = text.replace(gap, "\n")
    return [part.strip() for part in text.splitlines() if part.strip()]


def vote(text: str, where: str) -> tuple[str, bool]:
    """Return the name and vote of NAME=yes or NAME=no."""
    name, _, answer = text.replace("＝", "=").rpartition("=")
    answer = answer.strip().lower()
    if not name.strip() or answer not in VOTES:
        raise UsageError(f"{where}: '{text}'", expected="NAME=yes or NAME=no")
    return name.strip(), VOTES[answer]


def _multiple(row: Row) -> int | None:
    text = row.text("multiple")
    if not text:
        return None
    if not text.isdecimal():
        raise UsageError(f"{row.at('multiple')}: '{text}'", expected="a whole number")
    return int(text)

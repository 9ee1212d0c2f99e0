"""The analyst's workbook: every lead, filters on, text as text."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from anomaly.briefs import frames, inspected
from anomaly.briefs.facts import Facts

WIDEST, NARROWEST = 60, 8
# A text that begins so would be read as a formula somewhere down the line.
OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": False,
}


def write_workbook(facts: Facts, path: str | Path) -> None:
    """Write the sheets of one district and month; same facts, same bytes."""
    import xlsxwriter

    words = facts.words
    sheets = {
        "workbook_summary": frames.conclusion_frame(facts),
        "workbook_institutions": frames.leads_frame(facts, "institution"),
        "workbook_doctors": frames.leads_frame(facts, "doctor"),
        "workbook_insured": frames.leads_frame(facts, "insured", masks=False),
        "workbook_pharmacies": frames.leads_frame(facts, "pharmacy"),
        "workbook_items": frames.items_frame(facts),
        "workbook_rules": frames.rules_frame(facts),
        "workbook_hits": frames.hits_frame(facts),
        "workbook_stages": frames.stages_frame(facts),
        "workbook_inspection": frames.inspection_frame(facts),
        **inspected.sheets(facts.inspected, words),
        "workbook_repairs": frames.repairs_frame(facts),
        "workbook_coverage": frames.coverage_frame(facts),
        "workbook_accounts": frames.accounts_frame(facts),
    }
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        created = datetime(facts.month.year, facts.month.month, 1, tzinfo=UTC)
        book.set_properties(
            {"title": words["title"], "created": created.replace(tzinfo=None)}
        )
        formats = add_formats(book)
        for name, frame in sheets.items():
            write_sheet(book.add_worksheet(words[name]), frame, formats)


def add_formats(book) -> dict:
    head = {"bold": True, "bg_color": "#eef3f8", "bottom": 1, "text_wrap": True}
    return {
        "head": book.add_format(head | {"valign": "top"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "whole": book.add_format({"num_format": "#,##0", "valign": "top"}),
        "money": book.add_format({"num_format": "#,##0.00", "valign": "top"}),
        "small": book.add_format({"num_format": "0.0000", "valign": "top"}),
    }


def write_sheet(sheet, frame: pd.DataFrame, formats: dict) -> None:
    for place, column in enumerate(frame.columns):
        values = frame[column].tolist()
        sheet.write_string(0, place, str(column), formats["head"])
        sheet.set_column(place, place, _width(column, values))
        for row, value in enumerate(values, start=1):
            _write_cell(sheet, row, place, value, formats)
    sheet.freeze_panes(1, 2 if len(frame.columns) > 4 else 0)
    if len(frame) and len(frame.columns):
        sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)


def _write_cell(sheet, row: int, place: int, value, formats: dict) -> None:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        sheet.write_blank(row, place, None, formats["text"])
    elif isinstance(value, bool) or not _is_number(value):
        sheet.write_string(row, place, str(value), formats["text"])
    else:
        sheet.write_number(row, place, float(value), formats[_kind(value)])


def _is_number(value) -> bool:
    from decimal import Decimal
    from numbers import Number

    return isinstance(value, Number | Decimal)


def _kind(value) -> str:
    number = float(value)
    if number == int(number):
        return "whole"
    return "money" if abs(number) >= 10 else "small"


def _width(column: str, values: list) -> float:
    """Return a width in characters; a Chinese character takes two."""
    longest = max((_cells(str(value)) for value in [column, *values]), default=0)
    return min(max(longest + 2, NARROWEST), WIDEST)


def _cells(text: str) -> int:
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)

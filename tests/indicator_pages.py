"""The reference of indicators: every record with its drawn example, as pages.

    PYTHONPATH=src python tests/indicator_pages.py      # writes docs/indicators anew

A page holds the records of one file of `features/indicators`; its examples are the
drawn worlds of `tests/spec/indicators`, which `test_indicators.py` computes. What
stands on a page is therefore what the tests hold.
"""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from drawn_indicators import BILL, FOLDER, expectations, rows_of, worlds

from anomaly.features.builder import all_steps, formula
from anomaly.features.growth import Growth, growths_of
from anomaly.features.indicator import Indicator, indicators
from anomaly.leads.needs import columns_of
from anomaly.tables import tables

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "indicators"
TEST = "tests/spec/test_indicators.py::test_the_value_is_the_drawn_one"
STEPS = "src/anomaly/features/steps"
# Who came, where, when: no value can be followed without.
ALWAYS = ("insured_id", "institution_id", "attending_doctor_id", "visit_type",
          "settled_at")  # fmt: skip
MONEY = ("total_fee", "fund_pay", "admitted_at", "discharged_at")
LINES = ("national_item_code", "fee_category", "quantity", "line_amount")
BILLED = ("settlement", "visit")
TITLES = {
    "agency": "经办机构 · Agencies",
    "district": "区县 · Districts",
    "drug": "药品、检查、耗材 · Drugs, examinations, consumables",
    "insured": "参保人员 · Insured persons",
    "item": "品种与项目 · Items, alone and in pairs",
    "pattern": "行为与闭环 · Patterns, lists, the ledger",
    "pharmacy": "定点零售药店 · Pharmacies",
    "price": "费用与支付 · Fees and who pays",
    "stay": "住院 · Stays",
    "volume": "数量与金额 · How much",
}
NOTE = "<!-- Written by `make pages`; the tests hold it to the records. -->\n"


@cache
def sections() -> dict[str, list[Indicator]]:
    """Return the records by the name of the file that holds them."""
    folder = files("anomaly.features").joinpath("indicators")
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return {
        path.name.removesuffix(".toml"): [
            indicators()[name] for name in tomllib.loads(path.read_text("utf-8"))
        ]
        for path in paths
        if path.name.endswith(".toml")
    }


def drawn(name: str) -> list[tuple[str, str, str, str, float]]:
    """Return the drawn values of an indicator, those of one world together."""
    found = [case for case in expectations() if case[2] == name]
    return sorted(found, key=lambda case: case[0] != found[0][0])


def gaps(record: Indicator | Growth, page: str, cases: list) -> list[str]:
    """Return what an indicator lacks of names, clause, reason, test and page."""
    source = record.record if isinstance(record, Growth) else record
    told = {
        "zh": record.zh,
        "en": record.en,
        "clause": source.basis,
        "why": source.why_it_matters,
        "reviewed": source.reviewed,
        "test": cases,
        "page": f"`{record.id}`" in page,
    }
    lacking = [name for name, value in told.items() if not value]
    if record.zh and not re.search(r"[\u4e00-\u9fff]", record.zh):
        lacking.append("zh")
    return lacking


def pages() -> dict[str, str]:
    """Return every page by file name, the table of all indicators among them."""
    written = {f"{name}.md": _page(name, own) for name, own in sections().items()}
    return {"README.md": _overview(), **written}


def _page(name: str, records: list[Indicator]) -> str:
    parts = [f"{NOTE}# {TITLES[name]}\n", *(_entry(record) for record in records)]
    return "\n".join(parts).rstrip() + "\n"


def _overview() -> str:
    head = f"""{NOTE}# 指标一览 · Every indicator

{len(indicators())} indicators, and growth derived from {_growing()} of them. Each
stands on its page with formula, needs, clause and a drawn example: a few rows in, the
value out. The example is a test. Every test is `{TEST}`
with the case named here.

| id | 中文 | English | units | page | test |
|---|---|---|---|---|---|
"""
    rows = []
    for name, records in sections().items():
        for record in records:
            for one in (record, *growths_of(record)):
                rows.append(_row(one, record, name))
    growth = worlds()["growth"]
    drawn_from = [
        _table("bills", rows_of(growth["bills"]), ["id", *ALWAYS, *MONEY], BILL),
        _table("lines", rows_of(growth["lines"]), ["bill", *LINES]),
    ]
    link = f"[growth.toml](../../{_drawn_in('growth')})"
    told = f"Drawn ({link}) for May 2026; a purchase without lines is one box of XJ01."
    return (
        head
        + "\n".join(rows)
        + f"\n\n## 增长率 · Growth\n\n{told}\n\n"
        + "".join(drawn_from).rstrip()
        + "\n"
    )


def _growing() -> int:
    return sum(record.growth for record in indicators().values())


def _row(one: Indicator | Growth, record: Indicator, name: str) -> str:
    link = f"[{name}]({name}.md#{record.id})"
    case = _case(*drawn(one.id)[0][:4])
    units = ", ".join(record.units)
    return f"| `{one.id}` | {one.zh} | {one.en} | {units} | {link} | `{case}` |"


def _case(world: str, unit: str, name: str, unit_id: str) -> str:
    # A bar would end the cell of a table.
    return f"{world}-{unit}-{name}-{unit_id}".replace("|", "\\|")


def _entry(record: Indicator) -> str:
    cases = drawn(record.id)
    unit = cases[0][1]
    step = record.step_of(unit)
    facts = [
        f"- 对象 units: {', '.join(record.units)}",
        f"- 类别 kind: {record.kind}, {record.measure}; 关注方向 direction: "
        f"{record.direction}; {_alert(record)}",
        f"- 为何看 why it matters: {record.why_it_matters}",
        f"- 依据 clause: {record.basis} (reviewed {record.reviewed})",
        f"- 所需 needs: {_needs(record)}",
        f"- 一行 a row of [`{step}`](../../{STEPS}/{step}.sql): "
        f"{all_steps()[step].about}",
    ]
    growth = "".join(_growth(one) for one in growths_of(record))
    return (
        f'<a id="{record.id}"></a>\n\n'
        f"## `{record.id}` {record.zh} · {record.en}\n\n"
        + "\n".join(facts)
        + f"\n\n```sql\n{formula(record, unit)}\n```\n\n{_example(record, cases)}"
        + growth
    )


def _alert(record: Indicator) -> str:
    return "feeds leads" if record.alert else "context, feeds no leads"


def _needs(record: Indicator) -> str:
    named = [
        f"{tables()[table].zh}·{tables()[table].column(column).zh} `{table}.{column}`"
        for table, column in sorted(columns_of(record))
    ]
    return "; ".join(named) or "结算 settlement alone"


def _example(record: Indicator, cases: list) -> str:
    """Return the rows that an example is drawn from, then its values."""
    world = cases[0][0]
    return f"Drawn ([{world}.toml](../../{_drawn_in(world)})):\n\n" + "".join(
        [*_tables_of(record, worlds()[world]), *_values(record.id, cases)]
    )


def _drawn_in(world: str) -> str:
    return (FOLDER / f"{world}.toml").relative_to(ROOT).as_posix()


def _values(name: str, cases: list) -> list[str]:
    rows = []
    for world, unit, _, unit_id, value in cases:
        note = _note(world, name)
        rows.append(
            f"- {unit} `{unit_id}`: **{value:g}**" + (f" ({note})" if note else "")
        )
    first = cases[0]
    return [
        "\n".join(dict.fromkeys(rows)),
        f"\n\nTest: `{'-'.join(first[:4])}`\n\n",
    ]


def _note(world: str, name: str) -> str:
    """Return the remark that stands above an expected value."""
    found: list[str] = []
    for line in (FOLDER / f"{world}.toml").read_text("utf-8").splitlines():
        if line.startswith(f"{name} = "):
            return " ".join(found)
        found = [*found, line[2:]] if line.startswith("# ") else []
    return ""


def _growth(one: Growth) -> str:
    months = "12 months" if one.back == -12 else "1 month"
    values = "; ".join(
        f"{unit} `{unit_id}`: **{value:g}**"
        for _, unit, _, unit_id, value in drawn(one.id)
    )
    case = drawn(one.id)[0]
    return (
        f"Derived: `{one.id}` {one.zh} · {one.en}, the value over that of {months}"
        f" before, less 1 ([{case[0]}.toml](../../{_drawn_in(case[0])})): {values}."
        f" Test: `{'-'.join(case[:4])}`\n\n"
    )


def _tables_of(record: Indicator, world: dict) -> list[str]:
    """Return a world's tables, narrowed to the columns that an indicator reads."""
    wanted = columns_of(record)
    named = {table for table, _ in wanted}
    bills = {column for table, column in wanted if table in BILLED}
    lines = {column for table, column in wanted if table == "charge"}
    texts = [_table("bills", rows_of(world["bills"]), ["id", *ALWAYS, *bills], BILL)]
    if lines - {"doctor_id"} and "lines" in world:
        keys = ["bill", *sorted(lines | {"doctor_id"})]
        texts.append(_table("lines", rows_of(world["lines"]), keys))
    for name, text in world.get("tables", {}).items():
        if name in named or (name == "enrolment" and "enrolment" in record.step):
            columns = {column for table, column in wanted if table == name}
            keys = [*tables()[name].key, *columns]
            texts.append(_table(name, rows_of(text), keys))
    return texts


def _table(
    name: str, rows: list[dict], wanted: Iterable[str], default: dict | None = None
) -> str:
    """Return rows as a table; what is the same in all of them stands in its head."""
    filled = [(default or {}) | row for row in rows]
    for row in filled:
        # A purchase has no attending doctor.
        if row.get("visit_type") == "41":
            row.pop("attending_doctor_id", None)
    keys = [key for key in dict.fromkeys(wanted) if any(key in row for row in filled)]
    keys = [keys[0], *sorted(keys[1:])]
    same = {
        key: filled[0].get(key)
        for key in keys[1:]
        if len(filled) > 1 and len({row.get(key) for row in filled}) == 1
    }
    shown = [key for key in keys if key not in same]
    every = ", ".join(f"{key} {value}" for key, value in same.items())
    head = f"{name}" + (f" (every row: {every})" if every else "") + "\n\n"
    cells = [[row.get(key, "") for key in shown] for row in filled]
    if len(shown) == 1:
        return f"{head.rstrip()}: {', '.join(row[0] for row in cells)}\n\n"
    body = [shown, ["---"] * len(shown), *cells]
    return head + "\n".join(f"| {' | '.join(row)} |" for row in body) + "\n\n"


def main() -> None:
    """Write the pages; a page whose section is gone is removed."""
    PAGES.mkdir(parents=True, exist_ok=True)
    written = pages()
    for path in PAGES.glob("*.md"):
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        (PAGES / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

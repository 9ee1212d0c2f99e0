"""Blinded review packets: claims under numbers only, and what comes back of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pandas as pd

from anomaly.casework.reading import Row, read_rows, refuse_all
from anomaly.errors import DataRefusedError, UsageError
from anomaly.features.limits import limits
from anomaly.inspection.claims import FACTS, LINES
from anomaly.inspection.draw import commitment, drawing_order
from anomaly.sources.dictionaries import dictionaries

NUMBER, IMPROPER, AMOUNT = "number", "improper", "improper_amount"
FILLED = (IMPROPER, AMOUNT, "clause", "note")
MARK = 4  # characters of a run's mark in a number
COLUMNS = (NUMBER, *FACTS, *FILLED, *LINES)
CHINESE = (
    *("编号", "就诊类别", "性别", "年龄段", "诊断", "住院天数", "基金支付"),
    *("是否违规", "违规金额", "条款", "备注"),
    *("第几天", "项目", "费用类别", "数量", "单价", "金额"),
)
HEADS = {
    "zh": dict(zip(COLUMNS, CHINESE, strict=True)),
    "en": dict(zip(COLUMNS, COLUMNS, strict=True)),
}
CLASSES = {"outpatient": "门诊", "inpatient": "住院", "pharmacy": "药店"}
ANSWERS = {"yes": True, "是": True, "no": False, "否": False}


@dataclass(frozen=True)
class Review:
    """What reviewers say: improper yuan by claim where all agree, and where not.

    ``found`` holds the least yuan that any reviewer gave; ``disagreed`` the numbers
    of claims on whose impropriety reviewers differ, which count as proper; ``kappa``
    is Cohen's, None but for two reviewers who could differ.
    """

    found: Mapping[str, Decimal]
    disagreed: Sequence[str]
    reviewers: int
    kappa: float | None


def numbered(settlements: Sequence[str], secret: str) -> dict[str, str]:
    """Return the number of each claim, in an order that only the secret tells.

    Each begins with a mark of the secret, so that packets and keys of two runs are
    never taken for one another.
    """
    mark = commitment(secret)[:MARK].upper()
    order = drawing_order(secret, settlements)
    width = max(3, len(str(len(order))))
    places = enumerate(order, start=1)
    return {name: f"{mark}-{place:0{width}d}" for place, name in places}


def age_bands() -> list[str]:
    """Return what each band of ages is called, such as '18-44'."""
    edges = [getattr(limits(), f"age_{n}") for n in range(1, 6)]
    spans = zip([0, *edges], edges, strict=False)
    return [*(f"{low}-{high - 1}" for low, high in spans), f"{edges[-1]}+"]


def write_packet(
    path: Path,
    claims: pd.DataFrame,
    lines: pd.DataFrame,
    numbers: Mapping[str, str],
    language: str = "zh",
    reviewer: str = "A",
) -> None:
    """Write one reviewer's workbook: claims to answer, and their fee lines.

    The reviewer's letter stands before each number.
    """
    from xlsxwriter import Workbook

    numbers = {name: f"{reviewer}-{number}" for name, number in numbers.items()}
    heads = HEADS[language]
    asked, billed = _in_words(claims, lines, numbers, language)
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    partial = path.with_name(f".{path.name}.partial")
    with Workbook(str(partial), options) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        fill = book.add_format({"bg_color": "#FFF9DB"})
        for name, frame, columns in (
            ("claims", asked, (NUMBER, *FACTS, *FILLED)),
            ("lines", billed, (NUMBER, *LINES)),
        ):
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 1)
            for place, column in enumerate(columns):
                sheet.write_string(0, place, heads[column], bold)
                for row, cell in enumerate(frame[column], start=1):
                    _write(sheet, row, place, cell, fill if column in FILLED else None)
            sheet.autofit(max_width=300)
        yes_no = ["是", "否"] if language == "zh" else ["yes", "no"]
        place = 1 + len(FACTS)
        rule = {"validate": "list", "source": yes_no}
        book.worksheets()[0].data_validation(1, place, len(asked), place, rule)
    partial.chmod(0o600)
    partial.replace(path)


def _in_words(claims, lines, numbers: Mapping[str, str], language: str):
    """Return claims and lines under their numbers, codes as words, in order."""
    asked = claims.assign(
        number=claims["settlement_id"].map(numbers),
        age_band=claims["age_band"].map(dict(enumerate(age_bands()))),
        sex=_named(claims["sex"], "sex", language),
        **dict.fromkeys(FILLED, ""),
    )
    if language == "zh":
        words = asked["visit_class"].map(CLASSES)
        asked = asked.assign(visit_class=words.fillna(asked["visit_class"]))
    billed = lines.assign(
        number=lines["settlement_id"].map(numbers),
        fee_category=_named(lines["fee_category"], "fee_category", language),
    )
    return (
        asked.sort_values(NUMBER),
        billed.sort_values([NUMBER, "day"], kind="stable"),
    )


def _named(codes: pd.Series, name: str, language: str) -> pd.Series:
    """Return what codes are called; one that nobody knows as it is."""
    known = dictionaries()[name]
    found = {code: known.find(code) for code in codes.dropna().unique()}
    words = {
        code: (getattr(one, language) or code) if one else code
        for code, one in found.items()
    }
    return codes.map(words)


def _write(sheet, row: int, place: int, cell: object, how) -> None:
    if pd.isna(cell) or cell == "":
        sheet.write_blank(row, place, None, how)
    elif isinstance(cell, str):
        sheet.write_string(row, place, cell, how)
    else:
        sheet.write_number(row, place, float(cell), how)


def read_review(paths: Sequence[Path], key: Mapping[str, tuple[str, Decimal]]):
    """Return what filled-in packets say (`Review`).

    ``key`` holds the settlement and the yuan of each number. Every reviewer must have
    answered every claim; DataRefusedError lists what is wrong, and nothing is taken.
    """
    answered = [_answers(path, key) for path in paths]
    letters = [letter for letter, _ in answered]
    if len(set(letters)) < len(letters):
        raise UsageError(
            f"packets: of reviewers {', '.join(letters)}",
            expected="a file of each reviewer, each once",
        )
    told = [answers for _, answers in answered]
    found, disagreed = {}, []
    for number, (settlement, _) in key.items():
        answers = [one[number] for one in told]
        if all(yuan > 0 for yuan in answers):
            found[settlement] = min(answers)
        elif any(yuan > 0 for yuan in answers):
            disagreed.append(number)
    return Review(found, disagreed, len(told), _kappa(told))


def _answers(path: Path, key: Mapping[str, tuple]) -> tuple[str, dict[str, Decimal]]:
    """Return the reviewer's letter, and the improper yuan of each number or 0."""
    language = "zh" if HEADS["zh"][NUMBER] in read_rows(path, ())[0] else "en"
    heads = HEADS[language]
    _, rows = read_rows(path, tuple(heads[name] for name in (NUMBER, *FILLED[:2])))
    found: dict[str, Decimal] = {}
    faults, letters = [], set()
    for row in rows:
        try:
            letter, number, yuan = _answer(row, heads, key)
            letters.add(letter)
            if number in found:
                raise DataRefusedError(f"{row.where}: number {number} stands twice")
            found[number] = yuan
        except DataRefusedError as error:
            faults.append(str(error))
    if len(letters) > 1:
        faults.append(f"{path.name}: numbers of reviewers {', '.join(sorted(letters))}")
    missing = [number for number in key if number not in found]
    if missing and not faults:
        faults.append(f"{path.name}: number {missing[0]} is missing")
    refuse_all(path, faults)
    return "".join(letters), found


def _answer(row: Row, heads: Mapping, key: Mapping) -> tuple[str, str, Decimal]:
    told = row.text(heads[NUMBER])
    letter, _, number = told.partition("-")
    if number not in key:
        raise DataRefusedError(
            f"{row.where}: number '{told}' is not of this key",
            expected=f"numbers such as {letter[:1] or 'A'}-{next(iter(key))}",
            todo="give the key.csv that was written with this packet",
        )
    _refuse_other_key(row, row.text(heads["amount"]), key[number][1])
    said = ANSWERS.get(row.text(heads[IMPROPER]).lower())
    if said is None:
        raise DataRefusedError(
            f"{row.at(heads[IMPROPER])}: '{row.text(heads[IMPROPER])}'",
            expected="yes or no (是, 否)",
        )
    whole = key[number][1]
    text = row.text(heads[AMOUNT]).replace(",", "")
    try:
        yuan = Decimal(text) if text else (whole if said else Decimal(0))
    except InvalidOperation:
        yuan = Decimal("NaN")
    fits = yuan.is_finite() and (0 < yuan <= whole if said else yuan == 0)
    if not fits:
        wanted = f"above 0 and at most {whole}" if said else "nothing: it is proper"
        raise DataRefusedError(f"{row.at(heads[AMOUNT])}: '{text}'", expected=wanted)
    return letter, number, yuan


def _refuse_other_key(row: Row, told: str, paid: Decimal) -> None:
    """Refuse a claim that the key holds another for: then all would be mixed up."""
    try:
        fits = not told or Decimal(told.replace(",", "")) == paid
    except InvalidOperation:
        fits = False
    if not fits:
        raise DataRefusedError(
            f"{row.where}: the claim has {told} yuan",
            expected=f"{paid}, as in the key",
            todo="give the key.csv that was written with this packet",
        )


def _kappa(told: Sequence[Mapping[str, Decimal]]) -> float | None:
    """Return Cohen's kappa of two reviewers; None where chance alone explains all."""
    if len(told) != 2:
        return None
    pairs = [(told[0][n] > 0, told[1][n] > 0) for n in told[0]]
    share = [sum(one[side] for one in pairs) / len(pairs) for side in (0, 1)]
    chance = share[0] * share[1] + (1 - share[0]) * (1 - share[1])
    same = sum(a == b for a, b in pairs) / len(pairs)
    return None if chance == 1 else (same - chance) / (1 - chance)


def read_key(path: Path) -> dict[str, tuple[str, Decimal]]:
    """Return settlement and yuan by number, as `anomaly inspect packet` wrote them."""
    _, rows = read_rows(path, (NUMBER, "settlement_id", "amount"))
    if not rows:
        raise UsageError(f"{path.name}: it is empty", expected="the key of a packet")
    found: dict[str, tuple[str, Decimal]] = {}
    for row in rows:
        number = row.text(NUMBER)
        try:
            paid = Decimal(row.text("amount"))
        except InvalidOperation:
            paid = Decimal("NaN")
        if number in found or not paid.is_finite():
            raise DataRefusedError(
                f"{row.where}: number {number}, {row.text('amount')} yuan",
                expected="each number once, with its yuan",
            )
        found[number] = (row.text("settlement_id"), paid)
    return found

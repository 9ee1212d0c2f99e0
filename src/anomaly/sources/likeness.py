"""How well a name or a column of values fits a canonical column, from 0 to 1."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
import pandas as pd

from anomaly.sources.dictionaries import of_column
from anomaly.sources.mapping import plain
from anomaly.tables import Column

FLAGS = {"0", "1", "是", "否", "true", "false", "y", "n", "t", "f", "yes", "no"}
DAY = r"(19|20)\d\d([-/]?)(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])"
TIME = DAY + r"[ T]?\d{1,2}:?\d{2}(:?\d{2}(\.\d+)?)?"
NUMBER = r"-?\d{1,3}(,\d{3})+(\.\d+)?|-?\d+(\.\d+)?"
# Words that bureaus use for one another; the first stands for all.
SAME_WORDS = (
    ("号", "编号", "编码", "代码", "号码", "id", "流水号", "no", "code"),
    ("名", "名称", "姓名", "name"),
    ("额", "金额", "费用", "费", "支出", "支付"),
    ("时", "时间", "日期", "日"),
    ("医院", "医疗机构", "定点医疗机构", "定点医药机构", "医药机构", "机构"),
    ("类", "类别", "类型", "种类"),
)
FEW_DIFFER = 0.5


@cache
def shapes() -> dict:
    """Return the shapes of values: usual, columns, relations."""
    path = files("anomaly.sources").joinpath("shapes.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def bare(name: str) -> str:
    """Return a name without punctuation, units in brackets and synonyms."""
    text = re.sub(r"[(\[【].*?[)\]】]", "", plain(name))
    text = re.sub(r"[^\w]|_", "", text)
    for first, *others in SAME_WORDS:
        for word in sorted(others, key=len, reverse=True):
            text = text.replace(word, first)
    return text


def edits(one: str, other: str) -> int:
    """Return the number of letters to add, drop or change (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            least = min(row[j] + 1, row[j - 1] + 1, before + (a != b))
            before, row[j] = row[j], least
    return row[-1]


@cache
def alike(header: str, name: str) -> float:
    """Return how alike two names are: 1 the same, 0 nothing in common."""
    if plain(header) == plain(name):
        return 1.0
    one, other = bare(header), bare(name)
    if not one or not other:
        return 0.0
    if one == other:
        return 0.97
    longest = max(len(one), len(other))
    shared = len(set(one) & set(other)) / max(len(set(one)), len(set(other)))
    if shared < FEW_DIFFER:
        return 0.0
    return 0.95 * (1 - edits(one, other) / longest)


@dataclass(frozen=True, eq=False)
class Values:
    """The cells under one header; empty ones are left out of ``filled``."""

    cells: pd.Series

    @cached_property
    def filled(self) -> pd.Series:
        return self.cells[self.cells != ""]

    @cached_property
    def counts(self) -> pd.Series:
        return self.filled.value_counts()

    @cached_property
    def distinct(self) -> float:
        return len(self.counts) / max(1, len(self.filled))

    def share(self, pattern: str) -> float:
        """Return the share of the filled cells that match a pattern whole."""
        if not len(self.filled):
            return 0.0
        matched = [bool(re.fullmatch(pattern, text)) for text in self.counts.index]
        return float(self.counts[matched].sum() / len(self.filled))

    def share_in(self, known) -> float:
        found = [text.lower() in known for text in self.counts.index]
        return float(self.counts[found].sum() / max(1, len(self.filled)))

    @cached_property
    def numbers(self) -> np.ndarray:
        """The cells as numbers; days and times count as one, blanks as NaN."""
        if max(self.share(DAY), self.share(TIME)) > 0.9:
            digits = self.cells.str.replace(r"\D", "", regex=True).str.ljust(14, "0")
            return pd.to_numeric(digits, errors="coerce").to_numpy(float)
        text = self.cells.str.replace(",", "", regex=False)
        return pd.to_numeric(text, errors="coerce").to_numpy(float)

    @cached_property
    def is_day(self) -> float:
        return self.share(DAY)

    @cached_property
    def is_time(self) -> float:
        return self.share(TIME)

    @cached_property
    def is_number(self) -> float:
        return self.share(NUMBER)

    @cached_property
    def is_money(self) -> float:
        return self.share(r"-?[\d,]+\.\d{2}")

    @cached_property
    def years(self) -> float:
        """The years between the first and the last day."""
        seen = [int(text[:4]) for text in self.counts.index if text[:4].isdigit()]
        return float(max(seen) - min(seen)) if seen else 0.0


def of_type(values: Values, type_: str) -> float:
    """Return how far the values are of a column type."""
    match type_:
        case "date":
            return max(values.is_day, 0.4 * values.is_time)
        case "timestamp":
            return max(values.is_time, 0.4 * values.is_day)
        case "money":
            return max(values.is_money, 0.4 * values.is_number)
        case "flag":
            return values.share_in(FLAGS) if len(values.counts) <= 2 else 0.0
        case "text":
            return 1.0 - max(values.is_time, values.is_money)
        case _:
            return values.is_number * (1.0 if values.is_day < 0.9 else 0.3)


def content(values: Values, column: Column) -> float:
    """Return how well values fit a column; 0.25 where nothing tells."""
    if not len(values.filled):
        return 0.0
    typed = of_type(values, column.type)
    dictionary = of_column(column.name)
    shape = shapes()["columns"].get(column.name)
    if column.type == "text" and dictionary:
        known = {dictionary.normalised(code) for code in dictionary.codes}
        given = values.counts.index.map(dictionary.normalised)
        share = values.counts[given.isin(known)].sum() / len(values.filled)
        varied = min(1.0, 0.75 + 0.1 * len(values.counts))
        padded = (values.counts.index.str.len() == 2).mean()
        same_width = 1.0 if padded == dictionary_width(tuple(known)) else 0.9
        return float(typed * share * varied * same_width)
    if shape:
        return typed * _shaped(values, shape)
    return typed * (0.25 if column.type == "text" else 0.6)


@cache
def dictionary_width(codes: tuple[str, ...]) -> float:
    """Return 1 where all codes have two letters, 0 where none has."""
    return sum(len(code) == 2 for code in codes) / len(codes)


def _shaped(values: Values, shape: dict) -> float:
    score = 1.0
    if "pattern" in shape:
        score *= values.share(shape["pattern"])
    if "distinct" in shape:
        low, high = shape["distinct"]
        score *= 1.0 if low <= values.distinct <= high else 0.5
    if "range" in shape:
        low, high = shape["range"]
        inside = (values.numbers >= low) & (values.numbers <= high)
        score *= inside.sum() / max(1, len(values.filled))
    if "years" in shape:
        low, high = shape["years"]
        score *= 1.0 if low <= values.years <= high else 0.3
    if "mostly" in shape:
        usual = values.counts.index[0] == shape["mostly"]
        score *= 1.0 if usual else 0.5
    return float(score)

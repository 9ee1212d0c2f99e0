"""Numbers and sentences as each reader writes them."""

import math
import string
import tomllib
from datetime import date
from importlib.resources import files

import pytest

from anomaly.briefs.wording import Wording
from anomaly.errors import UsageError


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2060", "")


@pytest.mark.parametrize(
    ("yuan", "zh", "en"),
    [
        (0, "0 元", "CNY 0"),
        (-0.2, "0 元", "CNY 0"),
        (9_999, "9,999 元", "CNY 9,999"),
        (10_000, "1.0 万元", "CNY 10,000"),
        (123_456.78, "12.3 万元", "CNY 123,457"),
        (12_345_678, "1,235 万元", "CNY 12.35 million"),
        (123_456_789, "1.23 亿元", "CNY 123.46 million"),
        (-54_321, "−5.4 万元", "−CNY 54,321"),
        (math.nan, "—", "—"),
    ],
)
def test_money_takes_the_unit_of_its_reader(yuan, zh, en):
    assert plain(Wording("zh").money(yuan)) == zh
    assert plain(Wording("en").money(yuan)) == en


def test_a_number_never_parts_from_its_unit():
    assert Wording("zh").money(123_456) == "12.3\u00a0万\u2060元"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (0.0004, "<0.01"), (0.349, "0.35"), (3.6, "3.6"), (1234, "1,234.0")],
)
def test_chance_tells_little_from_none(number, text):
    assert Wording("zh").chance(number) == text


def test_change_of_amounts_and_of_shares():
    words = Wording("zh")
    assert words.change(110, 100, style="card") == "同比 +10.0%"
    assert words.change(90, 100, style="change") == "比上年同月下降 10.0%"
    assert words.change(0.43, 0.4, style="card", points=True) == "同比 +3.0 个百分点"
    assert words.change(100.01, 100, style="card") == "同比持平"
    assert words.change(100, 0, style="card") == "无上年同月"
    assert words.change(100, math.nan, style="card") == "无上年同月"


def test_counts_of_many_in_wan():
    assert plain(Wording("zh").count(123_456)) == "12.3 万"
    assert Wording("en").count(123_456) == "123,456"


def test_months():
    assert Wording("zh").month(date(2026, 5, 1)) == "2026 年 5 月"
    assert Wording("en").month(date(2026, 5, 1)) == "May 2026"


def test_an_unknown_language_is_refused():
    with pytest.raises(UsageError, match="zh or en"):
        Wording("fr")


OWN = ("overview.toml", "profile.toml")


def entries(name="wording.toml"):
    text = files("anomaly.briefs").joinpath(name).read_text("utf-8")
    return tomllib.loads(text)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things():
    zh, en = entries()["zh"], entries()["en"]
    assert list(zh) == list(en)
    assert len(zh["definitions"]) == len(en["definitions"])
    months = {"month", "year", "month_name"}
    for key, text in zh.items():
        if isinstance(text, str):
            assert fields(text) - months == fields(en[key]) - months, key


@pytest.mark.parametrize("word", ["欺诈", "骗保", "fraud", "violator"])
def test_no_word_passes_judgement(word):
    assert word not in str(entries()).lower()


@pytest.mark.parametrize("name", OWN)
def test_a_reports_own_words_are_whole_and_hide_no_others(name):
    zh, en = entries(name)["zh"], entries(name)["en"]
    assert list(zh) == list(en)
    assert [key for key in zh if fields(zh[key]) != fields(en[key])] == []
    assert not set(zh) & set(entries()["zh"])
    assert not [w for w in ("欺诈", "骗保", "fraud", "violator") if w in str(zh | en)]

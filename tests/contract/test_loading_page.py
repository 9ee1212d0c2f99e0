"""The page on loading says what the records of the checks say."""

from pathlib import Path

from anomaly.sources.checks import all_checks

PAGE = Path(__file__).parents[2] / "docs" / "loading.md"


def test_every_check_stands_on_the_page_as_it_is():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for check in all_checks().values():
        row = f"| `{check.code}` | {check.severity} | {check.zh} | {check.en} |"
        assert row in lines
    assert sum(line.startswith("| `") for line in lines) == len(all_checks())

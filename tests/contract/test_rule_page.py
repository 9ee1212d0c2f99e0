"""The reference of rules says what the records say."""

from rule_pages import PAGE, page

from anomaly.rules.rule import rules


def test_the_page_is_what_the_records_say():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make pages`"


def test_every_rule_is_told_in_full():
    text = page()
    for rule in rules().values():
        entry = text.split(f'<a id="{rule.id.lower()}"></a>')[1].split("<a id=")[0]
        for word in ("clause", "must not catch", "excluded", "drawn", "let pass"):
            assert word in entry, (rule.id, word)
        for name in rule.parameters:
            assert f"`{name}`" in entry, (rule.id, name)

"""Each step's text has an equal in Spark; that it gives the same is run elsewhere."""

import pytest

from anomaly.rules.hits import every_step
from anomaly.store.transpile import to_spark

pytestmark = pytest.mark.spark
STEPS = {step.name: step for step in every_step()}


@pytest.fixture(autouse=True)
def translator():
    pytest.importorskip("sqlglot", reason="no sqlglot: make test-spark")


@pytest.mark.parametrize("name", STEPS)
def test_a_step_translates_and_reads_what_it_names(name):
    step = STEPS[name]
    text = to_spark(step.sql.replace("{month}", "DATE '2026-05-01'"))
    assert text.reads == set(step.needs)
    assert "MATERIALIZED" not in text.whole


def test_what_is_materialised_once_is_kept_apart():
    text = to_spark(
        "WITH a AS (SELECT 1 AS x), b AS MATERIALIZED (SELECT x FROM a)"
        " SELECT l.x FROM b l JOIN b r ON l.x = r.x ORDER BY l.x"
    )
    assert list(text.kept) == ["b"]
    assert "WITH a AS" in text.kept["b"]
    assert text.order == "l.x NULLS LAST"
    assert "ORDER BY" not in text.query
    assert text.reads == frozenset()


def test_an_order_with_a_limit_stays_in_its_place():
    text = to_spark("SELECT x FROM t ORDER BY x LIMIT 3")
    assert (text.order, "LIMIT 3" in text.query) == ("", True)


def test_a_quotient_that_a_having_takes_away_is_no_error():
    text = to_spark("SELECT sum(a) / (b / 2) AS x FROM t GROUP BY b HAVING b > 0")
    wanted = "TRY_DIVIDE(CAST(SUM(a) AS DOUBLE), (TRY_DIVIDE(CAST(b AS DOUBLE), 2)))"
    assert wanted.replace(" ", "") in "".join(text.query.split())

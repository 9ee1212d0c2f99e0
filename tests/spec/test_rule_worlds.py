"""Each rule on its drawn world: what it catches, what it spares and why."""

import engines
import pytest
from drawn_indicators import load_world
from drawn_rules import caught, worlds

from anomaly.periods import parse_month
from anomaly.rules.hits import every_step, hits
from anomaly.rules.rule import rules
from anomaly.store.steps import Runner, needed
from anomaly.store.store import Store

WORLDS = worlds()


@pytest.mark.parametrize("rule", WORLDS)
def test_a_rule_catches_what_its_world_says(tmp_path, rule):
    world = WORLDS[rule]
    month = parse_month(world["month"])
    store = Store.open(load_world(tmp_path, world))
    steps = needed(every_step(), ["visit_fact", rules()[rule].step.name])
    Runner(store, steps).run([month])
    found = caught(hits(store, month, rule))
    store.close()
    assert found == world["expect"]


@pytest.mark.parametrize("rule", rules())
def test_a_world_has_a_hit_a_near_miss_and_an_exclusion(rule):
    world = WORLDS[rule]
    expected = world["expect"].values()
    assert any(not isinstance(one, str) for one in expected)
    assert "near" in world["bills"]
    if rules()[rule].exclusions:
        assert any(isinstance(one, str) for one in expected)


@pytest.mark.spark
@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("rule", WORLDS)
def test_both_engines_catch_the_same(tmp_path, rule):
    month = parse_month(WORLDS[rule]["month"])
    store = Store.open(load_world(tmp_path, WORLDS[rule]))
    twin = engines.copy(store, tmp_path / "spark")
    for one in (store, twin):
        engines.build(one, [month], [rules()[rule].step.name])
    engines.assert_same_store(store, twin)
    for one in (store, twin):
        one.close()

"""A budget follows from the timers of every stage that runs its gate, or the config is refused."""

from pathlib import Path

import pytest
from config_sample import SHIPPED, replace, told

from stages.config import read
from stages.config.timing import FORMULAS, timings

SLOW_CHECKS = ("settings:\n", "settings:\n  loadbalancer:\n    check_interval: 4s\n")


def named(config: Path) -> set[str]:
    """The budgets, as component/fault, that it is refused for."""
    return {problem.split(": ")[1] for problem in told(config)}


def test_the_shipped_budgets_follow_from_the_shipped_timers() -> None:
    gates = read(SHIPPED).gates
    for gate in (gates["failover"], gates["matrix"]):
        assert {component: set(faults) for component, faults in gate.budgets.items()} == {
            component: set(checks) for component, checks in gate.once.items()
        }


def test_a_stage_has_the_timings_of_the_roles_it_has() -> None:
    settings = read(SHIPPED).stage("prod").settings
    found = timings(settings)
    assert {(component, fault) for component, faults in found.items() for fault in faults} == set(FORMULAS)
    assert "redis" not in timings({role: own for role, own in settings.items() if role != "coordination"})


def test_a_timer_changed_without_its_budgets_is_refused_at_each_of_them(config: Path) -> None:
    replace(config, "roles.yaml", "advert_interval: 200ms", "advert_interval: 1s")
    of_each_promotion = {"keepalived/holder_lost", "keepalived/killed_on_holder", "haproxy/frozen_on_holder"}
    # No stage runs the matrix: its budgets hold where faults are made.
    by_hand = {"keepalived/cut_off", "galera/writer_and_holder_lost"}
    assert named(config) == of_each_promotion | by_hand


def test_a_refused_budget_is_told_by_its_place_its_stage_and_its_formula(config: Path) -> None:
    replace(config, "gates.yaml", "holder_lost: 1.86s", "holder_lost: 1.90s")
    line = (config / "gates.yaml").read_text().partition("holder_lost: 1.90s")[0].count("\n") + 1
    (problem,) = told(config)
    assert problem == (
        f"gates.yaml:{line}:20: keepalived/holder_lost: 1.9s does not follow from the timers of staging "
        "(1.25 x ((3 + 0.43) x advert_interval) + 1s = 1.86s)"
    )


def test_a_number_within_a_hundredth_of_its_formula_is_taken(config: Path) -> None:
    replace(config, "gates.yaml", "writer_killed: 4.44s", "writer_killed: 4.40s")
    read(config)


def test_a_timer_that_only_one_stage_replaces_counts_there(config: Path) -> None:
    replace(config, "stages/staging.yaml", *SLOW_CHECKS)
    assert {"galera/writer_frozen", "keystone/host_lost"} <= named(config)


def test_a_stage_that_does_not_run_the_gate_may_have_other_timers(config: Path) -> None:
    replace(config, "stages/dev.yaml", *SLOW_CHECKS)
    read(config)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bystander_killed: 4.44s ", "", ": galera/bystander_killed has no budget (its formula is in "),
        (
            "      gone: 3.13s",
            "      gone: 3.13s\n      gonne: 2s",
            ": there is no formula for what memcached/gonne may cost (did you mean 'gone'?)",
        ),
    ],
)
def test_each_fault_has_a_budget_and_each_budget_a_fault(
    config: Path, old: str, new: str, message: str
) -> None:
    replace(config, "gates.yaml", old, new)
    (problem,) = told(config)
    assert message in problem


def test_no_fault_must_cost_more_than_it_may() -> None:
    for stage in read(SHIPPED).stages:
        for faults in timings(stage.settings).values():
            assert all(0 <= timing.least <= timing.arithmetic < timing.budget for timing in faults.values())

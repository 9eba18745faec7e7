"""A budget follows from the timers of every stage that runs its gate, or the config is refused."""

import shutil
from pathlib import Path

import pytest

from stages.config import ConfigProblems, Problem, read
from stages.config.timing import timings

SHIPPED = Path(__file__).parents[3] / "config"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    directory = shutil.copytree(SHIPPED, tmp_path / "config")
    staging = directory / "stages" / "staging.yaml"
    text = staging.read_text()
    if "failover" not in text:
        staging.write_text(text.replace("gates: [smoke", "gates: [smoke, failover"))
    return directory


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    file.write_text(text.replace(old, new))


def problems(config: Path) -> tuple[Problem, ...]:
    with pytest.raises(ConfigProblems) as caught:
        read(config)
    return caught.value.problems


def test_the_shipped_budgets_follow_from_the_shipped_timers(config: Path) -> None:
    gate = read(config).gates["failover"]
    assert {component: set(faults) for component, faults in gate.budgets.items()} == {
        component: set(checks) for component, checks in gate.once.items()
    }


def test_a_timer_changed_without_its_budgets_is_refused_at_each_of_them(config: Path) -> None:
    replace(config / "roles.yaml", "advert_interval: 200ms", "advert_interval: 1s")
    found = {problem.message.split(":")[0] for problem in problems(config)}
    assert found == {
        "keepalived/holder_lost",
        "keepalived/killed_on_holder",
        "haproxy/frozen_on_holder",
    }


def test_a_refused_budget_is_told_by_its_place_its_stage_and_its_formula(config: Path) -> None:
    gates = config / "gates.yaml"
    replace(gates, "holder_lost: 1.86s", "holder_lost: 1.90s")
    (problem,) = problems(config)
    line = next(
        number
        for number, text in enumerate(gates.read_text().splitlines(), 1)
        if "holder_lost: 1.90s" in text
    )
    assert (problem.file, problem.line, problem.column) == (str(gates), line, 20)
    assert problem.message == "keepalived/holder_lost: 1.9s does not follow from the timers of staging"
    assert problem.hint == "1.25 x ((3 + 0.43) x advert_interval) + 1s = 1.86s"


def test_a_number_within_a_hundredth_of_its_formula_is_taken(config: Path) -> None:
    replace(config / "gates.yaml", "writer_killed: 4.44s", "writer_killed: 4.40s")
    read(config)


def test_a_timer_that_only_one_stage_replaces_counts_there(config: Path) -> None:
    file = config / "stages" / "staging.yaml"
    file.write_text(file.read_text() + "\nsettings:\n  loadbalancer:\n    check_interval: 30s\n")
    found = {problem.message.split(":")[0] for problem in problems(config)}
    assert {"galera/writer_frozen", "keystone/host_lost"} <= found


def test_a_stage_that_does_not_run_the_gate_may_have_other_timers(config: Path) -> None:
    file = config / "stages" / "dev.yaml"
    file.write_text(file.read_text() + "\nsettings:\n  loadbalancer:\n    check_interval: 30s\n")
    read(config)


def test_a_fault_without_a_budget_is_refused(config: Path) -> None:
    text = (config / "gates.yaml").read_text()
    kept = [line for line in text.splitlines() if not line.strip().startswith("bystander_killed:")]
    (config / "gates.yaml").write_text("\n".join(kept) + "\n")
    (problem,) = problems(config)
    assert problem.message == "galera/bystander_killed has no budget"


def test_a_budget_for_a_fault_that_nobody_knows_is_refused_with_the_nearest_name(config: Path) -> None:
    replace(config / "gates.yaml", "      gone: 3.13s", "      gone: 3.13s\n      gonne: 2s")
    (problem,) = problems(config)
    assert problem.message == "there is no formula for what memcached/gonne may cost"
    assert problem.hint == "did you mean 'gone'?"


def test_no_fault_must_cost_more_than_it_may(config: Path) -> None:
    for stage in read(config).stages:
        for faults in timings(stage.settings).values():
            assert all(0 <= timing.least <= timing.arithmetic < timing.budget for timing in faults.values())

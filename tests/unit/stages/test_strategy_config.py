"""The strategy of a stage, as its file says it."""

from pathlib import Path

import pytest
from config_sample import append, replace, told

from stages.config import read
from stages.design.strategy import Strategy


def test_changes_roll_unless_a_stage_says_otherwise(config: Path) -> None:
    assert {stage.strategy for stage in read(config).stages} == {Strategy.ROLLING}
    append(config, "stages/dev.yaml", "\nstrategy: rolling\n")
    append(config, "stages/prod.yaml", "\nstrategy: blue-green\n")
    found = read(config)
    assert found.stage("dev").strategy is Strategy.ROLLING
    assert found.stage("prod").strategy is Strategy.BLUE_GREEN


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("blue-gren", "unknown strategy 'blue-gren' (did you mean 'blue-green'?)"),
        ("[rolling]", "unknown strategy ['rolling']"),
        ("3", "unknown strategy 3"),
    ],
)
def test_another_one_is_told_where_it_is(config: Path, written: str, problem: str) -> None:
    (config / "stages/dev.yaml").write_text(
        f"strategy: {written}\n" + (config / "stages/dev.yaml").read_text()
    )
    (found,) = told(config)
    assert found.startswith(f"stages/dev.yaml:1:11: {problem}")


def test_machines_have_one_colour_so_none_can_take_over(config: Path) -> None:
    replace(config, "stages/dev.yaml", "substrate: lab", "strategy: blue-green\nsubstrate: inventory")
    (found,) = [one for one in told(config) if "one colour" in one]
    assert found == (
        "stages/dev.yaml:3:11: machines of an inventory have one colour, so no second control plane can take "
        "over (write rolling, or leave it out)"
    )

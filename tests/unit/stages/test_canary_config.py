"""The canary of a stage, as its file says it."""

from pathlib import Path

import pytest
from config_sample import append, told

from stages.config import read
from stages.design.canary import Canary


def test_the_part_and_the_time_are_said_and_the_rest_may_be(config: Path) -> None:
    assert read(config).stage("dev").canary is None
    append(config, "stages/dev.yaml", "\ncanary: {share: 10%, for: 90s}\n")
    append(
        config,
        "stages/staging.yaml",
        "\ncanary: {share: 5%, for: 2m, requests: 500, errors: 0.5%, slower: 3}\n",
    )
    assert read(config).stage("dev").canary == Canary(10, 90.0, requests=100, errors=1.0, slower=2.0)
    assert read(config).stage("staging").canary == Canary(5, 120.0, requests=500, errors=0.5, slower=3.0)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("{share: 10, for: 2m}", "share: 10 is not a percentage: write a number and its sign, as in 10%"),
        ("{share: 0%, for: 2m}", "share: a percentage must be more than 0% and 100% at most"),
        ("{share: 2.5%, for: 2m}", "share: a share must be a whole number, 50% at most"),
        ("{share: 60%, for: 2m}", "share: a share must be a whole number, 50% at most"),
        ("{share: 10%, for: 120}", "for: 120 is not a duration"),
        ("{share: 10%, for: 1h}", "for: should be less than or equal to 2700"),
        ("{share: 10%}", "the key 'for' is missing"),
        ("{share: 10%, for: 2m, erorrs: 2%}", "unknown key 'erorrs'"),
        (
            "{share: 10%, for: 2m, requests: 50}",
            "canary: one 5xx of 50 requests is more than 1%, so one answer",
        ),
        ("10%", "canary: must be a mapping of keys to values"),
    ],
)
def test_what_is_wrong_with_it_is_said_where_it_is(config: Path, written: str, problem: str) -> None:
    append(config, "stages/dev.yaml", f"\ncanary: {written}\n")
    (found,) = told(config)
    assert found.startswith("stages/dev.yaml:")
    assert problem in found

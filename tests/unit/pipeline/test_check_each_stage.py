"""`promote check --each-stage` tells what the code in each stage says of a config, and fails for none."""

import pytest
from config_ways import read_otherwise
from desk import Desk, bad_config

from pipeline.core.errors import (
    ChildCrashed,
    ChildRefused,
    ObjectDamaged,
    RunInterrupted,
    StagegateError,
    TryAgain,
)


def test_the_code_of_a_stage_may_refuse_what_the_checkout_accepts(desk: Desk) -> None:
    assert desk(*read_otherwise(desk)) == 0
    assert desk.out.splitlines() == [
        "the config is sound; stages: dev, staging, prod",
        "RELEASE  STAGES  ITS CODE SAYS",
        "r1       dev     1 problem",
        "r1: config/a.yaml:1:5: unknown key 'new'",
    ]


def test_a_release_is_asked_once_for_all_stages_that_it_stands_in(standing: Desk) -> None:
    standing("--stage", "staging")
    standing.bench.world.calls.clear()
    assert standing("check", "--each-stage", "--config", "elsewhere") == 0
    assert standing.out.splitlines()[-1].split(maxsplit=1) == ["r1", "dev, staging  sound"]
    release = standing.bench.revisions.pin.id
    assert [call for call in standing.bench.world.calls if release in call] == [f"check {release}"]


def test_a_release_whose_copy_is_elsewhere_is_told_and_not_asked(standing: Desk) -> None:
    standing.bench.revisions.materialised.clear()
    assert standing("check", "--each-stage") == 0
    assert standing.out.endswith("dev     not asked: the release's copy is not in this site\n")


@pytest.mark.parametrize(
    "error",
    [
        ChildCrashed("it was killed"),
        ChildRefused("no verb"),
        ObjectDamaged("a" * 64, "b" * 64, "store"),
        TryAgain("no network"),
    ],
)
def test_old_code_that_does_not_answer_is_told_and_fails_nothing(
    standing: Desk, error: StagegateError
) -> None:
    (release,) = standing.bench.shop().history().releases
    standing.bench.world.errors[f"check {release}"] = error
    assert standing("check", "--each-stage") == 0, standing.err
    assert standing.out.endswith(f"dev     not asked: {error.what}\n")


def test_a_signal_ends_the_check(standing: Desk) -> None:
    (release,) = standing.bench.shop().history().releases
    standing.bench.world.errors[f"check {release}"] = RunInterrupted(15, "interrupted by SIGTERM")
    assert standing("check", "--each-stage") == 143


def test_without_the_option_no_release_is_asked(standing: Desk) -> None:
    assert standing("check") == 0
    assert standing.out == "the config is sound; stages: dev, staging, prod\n"


def test_a_config_that_the_checkout_refuses_is_refused(standing: Desk) -> None:
    bad_config(standing)
    assert standing("check", "--each-stage") == 2


def test_a_config_that_no_release_can_hold_is_refused(standing: Desk) -> None:
    standing.bench.revisions.unpinnable.add("elsewhere")
    assert standing("check", "--config", "elsewhere") == 2
    assert "where: elsewhere: 'x'" in standing.err

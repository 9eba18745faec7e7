"""`promote status --stage S`: the planes that stand, and which of them answers clients."""

from dataclasses import replace

import pytest
from desk import Desk, green, open_attempt, saying
from plane_ways import GREEN, ONE, STATUS, TWO, changed_over, nobody_answers, standing_on

from pipeline.cli.exit_codes import ExitCode
from pipeline.core.errors import ChildRefused
from pipeline.core.moments import written
from pipeline.core.planes import PlanesSeen


def shown(desk: Desk) -> list[str]:
    """The lines below the row of the stage, as far as they are about what stands."""
    return [line.rstrip() for line in desk.out.splitlines()[2:-1]]


def test_one_plane_that_answers_everything_is_one_line(desk: Desk) -> None:
    assert desk(*standing_on(ONE)(desk)) == 0
    assert shown(desk) == ["dev: blue (OpenStack 2025.2) answers every service; 13 hosts"]


def test_a_host_that_does_not_run_is_named_in_that_line(desk: Desk) -> None:
    desk(*standing_on(replace(ONE, planes=(*ONE.planes, GREEN)))(desk))
    assert shown(desk) == [
        "dev: blue (OpenStack 2025.2) answers every service; 19 hosts, not running: image-green-1 (silent)"
    ]


def test_two_planes_are_drawn_with_the_part_of_each_service_that_either_answers_and_since_when(
    desk: Desk,
) -> None:
    desk.bench.clock.time = 1_795_884_000.0
    assert desk(*changed_over(desk)) == 0

    at = written(1_795_884_000.0)
    assert shown(desk) == [
        "dev, as its hosts tell:",
        "PLANE   RUNS              HOSTS                               ANSWERS",
        "shared  -                 7 of 7 run                          -",
        "blue    OpenStack 2025.2  6 of 6 run                          1 of 2 services",
        "green   OpenStack 2026.1  5 of 6 run: image-green-1 (silent)  2 of 2 services",
        "SERVICE   BLUE              GREEN             SINCE",
        f"identity  ░░░░░░░░░░   0 %  ██████████ 100 %  {at} (p1)",
        "image     █████████░  97 %  █░░░░░░░░░   3 %  -",
    ]


def test_since_is_when_the_last_load_balancer_changed_over_in_the_latest_such_attempt(desk: Desk) -> None:
    changed_over(desk)
    release = desk.bench.commit("back")
    desk.bench.world.recipes[release] = replace(
        next(reversed(desk.bench.world.recipes.values())), things={"cutover/identity/lb-1": "blue"}
    )
    desk.bench.clock.time += 60.0
    desk("--stage", "dev")
    desk(*green(desk))

    (identity, _) = desk.document(*STATUS)["planes"]["services"]

    assert identity["since"] == {"attempt": "p2", "at": written(desk.bench.clock.time)}


def test_a_stage_that_was_taken_down_has_no_host(desk: Desk) -> None:
    desk(*standing_on(PlanesSeen())(desk))
    assert shown(desk) == ["dev: no host stands"]


def test_where_nobody_knows_who_answers_that_is_said(desk: Desk) -> None:
    unknown = PlanesSeen(TWO.planes, (), "no load balancer tells")
    desk(*standing_on(unknown)(desk))
    assert shown(desk)[-1] == "who answers clients is not known: no load balancer tells"


def test_a_stage_that_can_not_be_asked_is_shown_without_it_and_says_why(desk: Desk) -> None:
    assert desk(*nobody_answers(desk)) == 0

    crash = "`python -m stages planes` of the release ended with status 1 (the test says so)"
    assert shown(desk) == [f"dev can't be asked what stands there: {crash}"]


def test_a_release_from_before_there_were_planes_refuses_in_its_own_words(desk: Desk) -> None:
    desk(*green(desk))
    desk.bench.world.errors["planes"] = ChildRefused("there is no verb 'planes'", next="use an older promote")
    desk(*STATUS)
    assert shown(desk) == [
        "dev can't be asked what stands there: there is no verb 'planes'",
        "  next: use an older promote",
    ]


def test_of_a_stage_without_any_deployment_there_is_nothing_to_ask(desk: Desk) -> None:
    desk(*green(desk))
    desk("status", "--stage", "prod")
    assert shown(desk) == [
        "prod can't be asked what stands there: nothing was deployed in prod",
        "  next: promote --stage prod",
    ]


def test_while_an_attempt_is_open_its_own_release_is_asked(desk: Desk) -> None:
    desk(*green(desk))
    desk.bench.commit("second", a="2")
    desk.interrupted("--stage", "dev", after=3)
    assert desk.document(*STATUS)["planes"]["release"] == "r2"


def test_without_the_option_no_host_is_asked(desk: Desk) -> None:
    nobody_answers(desk)
    for words in (("status",), ("status", "dev")):
        assert desk.document(*words)["planes"] is None
    assert not [call for call in desk.bench.world.calls if call.startswith("planes")]


@pytest.mark.parametrize(
    "words",
    [("dev", "--stage", "dev"), ("--stage", "dev", "--watch"), ("--stage", "nowhere")],
    ids=["two stages", "watched", "unknown"],
)
def test_a_question_that_is_not_clear_is_refused(desk: Desk, words: tuple[str, ...]) -> None:
    open_attempt(desk)
    assert desk(*saying("status", *words)(desk)) == ExitCode.USAGE

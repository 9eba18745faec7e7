"""A retirement that was interrupted ends no way back that nobody would let it end any more."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from desk import Desk, set_rules
from retire_ways import with_old

from pipeline.core.approval import ApprovalRule
from pipeline.core.kinds import Outcome
from pipeline.core.line import LineGate

RETIRE = ("retire", "--stage", "dev", "--yes")
RESUME = ("resume", "--stage", "dev")


@pytest.fixture
def killed(standing: Desk) -> Desk:
    """Before its leg began."""
    with_old(standing).interrupted(*RETIRE, after=2)
    return standing


def rejected(desk: Desk) -> None:
    desk("reject", "r1", "--reason", "it loses rows")


def approvals_asked(desk: Desk) -> None:
    set_rules(desk, "dev", approvals=ApprovalRule(1))


def more_asked(desk: Desk) -> None:
    set_rules(desk, "dev", gates=(LineGate("smoke", ("thing/more",)),))


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (rejected, "it loses rows"),
        (approvals_asked, "this site's line asks for approvals that p2 did not have when it began"),
        (more_asked, "this site's line asks more of dev than when p2 began"),
    ],
)
def test_it_does_not_go_on_when_that_would_not_be_allowed_any_more(
    killed: Desk, meanwhile: Callable[[Desk], None], why: str
) -> None:
    meanwhile(killed)
    assert killed(*RESUME) == 9
    assert why in killed.err
    assert "next: promote abort --stage dev" in killed.err
    assert killed.bench.world.stages["dev"]["old-1"] == "1", "what stood beside it still does"
    assert killed("abort", "--stage", "dev") == 0
    assert list(killed.bench.shop().history().attempts.values())[-1].outcome is Outcome.ABORTED


def test_a_hold_stops_its_next_leg_until_it_is_lifted(killed: Desk) -> None:
    killed("hold", "--stage", "dev", "--reason", "812")
    assert killed(*RESUME) == 6
    assert "before leg remove of r1 in dev, which may not begin" in killed.err
    killed("unhold", "h1")
    assert killed(*RESUME) == 0


def test_with_its_leg_under_way_it_does_not_go_on_for_a_rejected_release_either(standing: Desk) -> None:
    with_old(standing).interrupted(*RETIRE, after=4)
    rejected(standing)
    assert standing(*RESUME) == 9
    assert "p2 may not go on: nothing may be retired in dev any more" in standing.err


def test_a_release_that_lacks_a_gate_of_the_line_begins_none(standing: Desk) -> None:
    set_rules(with_old(standing), "dev", gates=(LineGate("smoke"), LineGate("api")))
    assert standing(*RETIRE) == 9
    assert "the config of r1 takes away from this site's line" in standing.err


def test_its_second_leg_does_not_begin_for_a_release_that_was_rejected_meanwhile(standing: Desk) -> None:
    recipes = with_old(standing).bench.world.recipes
    (first,) = recipes
    recipes[first] = replace(recipes[first], contracts=("schema",))
    standing.interrupted(*RETIRE, after=8)
    rejected(standing)
    assert standing(*RESUME) == 9
    assert "before leg contract of r1 in dev, which may not begin" in standing.err
    assert "next: promote abort --stage dev" in standing.err
    assert "schema" not in standing.bench.world.stages["dev"]

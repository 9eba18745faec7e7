"""`promote bootstrap`: looks, says, and does it when asked; what a person chose is in the ledger."""

from dataclasses import replace

import pytest
from desk import Desk, held
from documents import lost

from pipeline.core.actor import Actor
from pipeline.core.events import AttemptStarted
from pipeline.core.plan import Bootstrap, Plan
from pipeline.engine.bootstrap import look
from pipeline.testing.deployer import FakeDeployer, Recipe

LOOK = ("bootstrap", "--stage", "dev")


def started(desk: Desk) -> list[AttemptStarted]:
    events = [record.event for record in desk.bench.shop().ledger.read()]
    return [event for event in events if isinstance(event, AttemptStarted)]


def test_without_yes_it_shows_what_each_host_has_and_changes_nothing(desk: Desk) -> None:
    argv = lost(*LOOK, "--from", "a")(desk)
    before = len(started(desk))
    assert desk(*argv) == 0
    assert "thing  a     lost         starts" in desk.out
    assert desk.out.endswith("to do it: promote bootstrap --stage dev --from a --yes\n")
    assert len(started(desk)) == before
    assert desk.bench.world.stages["dev"]["a"] == "lost"


def test_with_yes_it_is_a_promotion_of_what_stands_there_and_the_choice_is_recorded(desk: Desk) -> None:
    argv = lost(*LOOK, "--from", "a", "--yes")(desk)
    desk.bench.actor = Actor("anna@desk")
    assert desk(*argv) == 0
    first, last = started(desk)
    assert last == replace(
        first,
        attempt="p2",
        run="p2",
        token=last.token,
        by=Actor("anna@desk"),
        bootstrap=Bootstrap(("a",)),
        expects=last.expects,
    )
    assert last.expects, "what was shown is what is done"
    assert desk.bench.world.stages["dev"]["a"] == "1"
    desk("audit", "--stage", "dev")
    assert "by anna@desk" in desk.out
    assert "asked for a bootstrap from a" in desk.out


def test_where_no_cluster_was_lost_nothing_is_promoted(desk: Desk) -> None:
    desk(*lost("status")(desk))
    desk("--stage", "dev")
    before = len(started(desk))
    for more in ((), ("--yes",)):
        assert desk(*LOOK, *more) == 0
        assert "no cluster needs a bootstrap" in desk.out
    assert len(started(desk)) == before


def test_where_a_person_must_choose_it_says_so(desk: Desk) -> None:
    argv = lost(*LOOK)(desk)
    release = started(desk)[0].release
    desk.bench.world.recipes[release] = Recipe(
        {}, {}, ("two have data (next: promote bootstrap --from HOST)",)
    )
    assert desk(*argv) == 9
    assert "not decided: two have data (next: promote bootstrap --from HOST)" in desk.out
    assert desk(*argv, "--yes") == 9
    assert "two have data" in desk.err
    assert len(started(desk)) == 1


@pytest.mark.parametrize(
    ("refusal", "sources", "next_command"),
    [
        ("a has data", (), "promote bootstrap --stage dev --from HOST --yes, where HOST is a"),
        ("a has nothing to start from", ("--from", "a"), "promote bootstrap --stage dev"),
        ("hosts run an older OpenStack, and a-1 too", (), "promote plan --stage dev"),
    ],
)
def test_the_next_command_is_another_one_than_that_which_was_refused(
    desk: Desk, refusal: str, sources: tuple[str, ...], next_command: str
) -> None:
    argv = lost(*LOOK, *sources, "--yes")(desk)
    desk.bench.world.recipes[started(desk)[0].release] = Recipe({}, {}, (refusal,))
    assert desk(*argv) == 9
    assert f"next: {next_command}\n" in desk.err


def test_a_hold_stops_it_as_any_promotion(desk: Desk) -> None:
    argv = lost(*LOOK, "--yes")(desk)
    held(desk)
    assert desk(*argv) == 6


def test_where_nothing_stands_there_is_nothing_to_bootstrap(desk: Desk) -> None:
    assert desk(*LOOK) == 9
    assert "nothing stands in dev" in desk.err


def test_a_release_from_before_is_not_asked_to_do_what_it_does_not_know(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = lost(*LOOK, "--from", "a", "--yes")(desk)
    monkeypatch.setattr(FakeDeployer, "_found", lambda *_: None)
    assert desk(*argv) == 9
    assert "before there was `promote bootstrap`" in desk.err
    assert len(started(desk)) == 1


def test_the_plan_is_asked_with_the_choice_and_a_plan_without_an_answer_is_one_of_before(desk: Desk) -> None:
    lost()(desk)
    found = look(desk.bench.shop(), "dev", Bootstrap(("a",)))
    assert [(one.host, one.does) for one in found.plan.found or ()] == [("a", "starts")]
    assert Plan().found is None

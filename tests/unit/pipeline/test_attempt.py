"""The state machine: the table is the whole truth, and nothing but a pass moves a pointer."""

import typing
from dataclasses import replace

import pytest
from attempt_events import EVENTS, FAIL, GRAPH, NOT_RUN, PASS, PINS, UNCLEAR, fresh, started
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import events as ev
from pipeline.core.actions import next_actions
from pipeline.core.advancing import advance, closing_outcome
from pipeline.core.attempt import Attempt
from pipeline.core.errors import IllegalTransition, StagegateError
from pipeline.core.history import History, apply, replay
from pipeline.core.kinds import Kind, NoPlan, Outcome
from pipeline.core.plan import Plan, Trouble
from pipeline.core.transitions import LEGAL, Phase
from pipeline.core.verdict import Verdict


def everything_reachable() -> tuple[list[Attempt], list[tuple]]:
    """Every state that any sequence of events can reach, by walking all of them (times left out)."""
    seen, todo = {}, [fresh(), fresh(Kind.ROLLBACK), fresh(Kind.GATE), fresh(Kind.REDEPLOY)]
    steps = []
    while todo:
        state = todo.pop()
        key = (
            state.kind,
            state.phase,
            state.done,
            state.started_steps,
            tuple(state.evidence.items()),
            tuple(state.overrides),
            tuple(sorted(state.failures)),
            repr(state.plan),
            state.outcome,
            state.aborted,
            bool(state.plan_trouble),
            tuple(state.gate_starts),
            state.legs_started,
            state.interrupted,
            repr(state.shards),
            bool(state.starts),
        )
        if key in seen:
            continue
        seen[key] = state
        for kind, events in EVENTS.items():
            for event in events:
                try:
                    after = advance(state, event, 1.0)
                except IllegalTransition:
                    continue
                steps.append((state.phase, kind, after.phase, state, event, after))
                todo.append(after)
    return list(seen.values()), steps


STATES, STEPS = everything_reachable()


def test_every_kind_of_event_of_an_attempt_is_tried() -> None:
    assert set(EVENTS) | {ev.AttemptStarted} == set(typing.get_args(ev.AttemptEvent))


def test_the_table_holds_exactly_what_can_happen() -> None:
    happened: dict = {}
    for before, kind, after, *_ in STEPS:
        happened.setdefault((before, kind), set()).add(after)

    assert happened == {key: set(phases) for key, phases in LEGAL.items()}


@pytest.mark.parametrize("kind", list(EVENTS), ids=lambda kind: kind.__name__)
def test_nothing_happens_to_an_attempt_that_has_ended(kind: type) -> None:
    ended = [state for state in STATES if state.phase is Phase.ENDED]
    assert ended
    for state in ended:
        for event in EVENTS[kind]:
            with pytest.raises(IllegalTransition):
                advance(state, event, 2.0)


def test_every_state_but_the_end_has_a_next_action() -> None:
    for state in STATES:
        assert bool(next_actions(History(), state)) is (state.phase is not Phase.ENDED)


def test_verified_always_means_a_pass_or_an_override_of_every_gate_and_every_step_done() -> None:
    verified = [state for state in STATES if state.outcome is Outcome.VERIFIED]
    assert verified
    for state in verified:
        red = {gate for gate in state.gate_names() if state.evidence[gate].verdict is not Verdict.PASS}
        assert red == set(state.overrides)
        assert NOT_RUN not in state.evidence.values()
        assert state.done == {step.id for step in state.plan.steps}
        assert not state.failures


def test_an_override_carries_nothing_but_a_promotions_gate_that_ran_and_did_not_pass() -> None:
    carried = [(state, event) for *_, state, event, _ in STEPS if getattr(event, "override", None)]
    assert {state.kind for state, _ in carried} == {Kind.PROMOTE}
    assert {event.evidence for _, event in carried} == {FAIL, UNCLEAR}


def test_no_gate_runs_before_every_step_is_done() -> None:
    for before, kind, _, state, *_ in STEPS:
        if kind is ev.GateStarted and state.kind is Kind.PROMOTE:
            assert before is Phase.GATING
            begun = state.legs[: max(1, state.legs_started)]
            assert state.done == {step for leg in begun for step in leg.steps}


def test_no_step_of_a_leg_begins_before_every_gate_of_the_legs_before_has_passed() -> None:
    second = [(state, event) for *_, state, event, _ in STEPS if event == ev.StepStarted("p1", "c", 1)]
    legged = [state for state, _ in second if state.plan.legs]
    assert legged
    for state in legged:
        assert state.evidence["one/smoke"] == PASS
        assert state.done >= {"a", "b"}


def test_the_last_leg_ends_with_every_gate_that_the_attempt_must_pass() -> None:
    verified = [state for state in STATES if state.outcome is Outcome.VERIFIED and state.plan.legs]
    assert verified
    for state in verified:
        assert set(state.evidence) == {"one/smoke", "two/smoke", "two/failover"}


def test_a_no_is_diagnosed_before_it_ends() -> None:
    for before, _, after, _, event, _ in STEPS:
        judged = isinstance(event, ev.GateJudged)
        bad_gate = judged and event.evidence.verdict is not Verdict.PASS and event.override is None
        if bad_gate or (isinstance(event, ev.StepFailed) and not event.transient):
            assert after is Phase.FAILING
        if after is Phase.CLOSING and before is Phase.FAILING and not isinstance(event, ev.AbortRequested):
            assert isinstance(event, ev.DiagnosticsCollected)


def possible(state: Attempt) -> set[Outcome]:
    """The one that follows, and what older engines wrote of the refusal of a rollback by hand."""
    due = closing_outcome(state)
    refused = due is Outcome.REFUSED and state.kind is Kind.ROLLBACK
    return {due, Outcome.ROLLBACK_FAILED} if refused else {due}


REFUSED = [
    ev.PlanMade("p1", Plan(refusals=("a schema cannot be downgraded",))),
    ev.PlanFailed("p1", Trouble("a secret cannot be used"), NoPlan.REFUSED, again=False),
]


@pytest.mark.parametrize("refused", REFUSED, ids=["plan", "release"])
@pytest.mark.parametrize(
    ("undoes", "outcome"),
    [(None, Outcome.REFUSED), ("p0", Outcome.ROLLBACK_FAILED)],
    ids=["by hand", "caused"],
)
def test_a_refused_rollback_has_failed_if_there_was_something_to_repair(
    refused: ev.AttemptEvent, undoes: str | None, outcome: Outcome
) -> None:
    state = advance(replace(fresh(Kind.ROLLBACK), rolls_back=undoes), refused, 1.0)

    assert closing_outcome(state) is outcome
    # An engine from before schema 9 has written this in either case.
    assert (
        advance(state, ev.AttemptEnded("p1", Outcome.ROLLBACK_FAILED), 2.0).outcome is Outcome.ROLLBACK_FAILED
    )


def test_the_outcome_cannot_be_chosen() -> None:
    for state in STATES:
        if state.phase is Phase.CLOSING:
            for outcome in Outcome:
                if outcome not in possible(state):
                    with pytest.raises(IllegalTransition):
                        advance(state, ev.AttemptEnded("p1", outcome), 1.0)


@st.composite
def any_event(draw: st.DrawFn) -> ev.Event:
    number = draw(st.integers(1, 4))
    choice = draw(st.sampled_from([*EVENTS, ev.AttemptStarted, ev.ReleasePinned]))
    if choice is ev.AttemptStarted:
        kind = draw(st.sampled_from(Kind))
        gates = draw(st.sampled_from([("smoke", "failover"), ("smoke",), ()]))
        return started(number, kind, draw(st.sampled_from(PINS)).id, gates)
    if choice is ev.ReleasePinned:
        index = draw(st.integers(0, 1))
        return ev.ReleasePinned(PINS[index].id, f"r{index + 1}", PINS[index], GRAPH)
    event = draw(st.sampled_from(EVENTS[choice]))
    return replace(event, attempt=f"p{number}")


def likely_events(history: History) -> list[ev.Event]:
    """Events that fit, so that random walks get somewhere."""
    open_ones = [p for p in history.attempts.values() if p.outcome is None]
    if not open_ones:
        return []
    state = open_ones[0]
    found = []
    for events in EVENTS.values():
        for event in events:
            mine = replace(event, attempt=state.id)
            try:
                advance(state, mine, 0.0)
            except IllegalTransition:
                continue
            found.append(mine)
    return found


@examples(150)
@given(st.data())
def test_no_sequence_of_events_moves_a_pointer_without_a_pass_of_every_gate(data: st.DataObject) -> None:
    pinned = [ev.ReleasePinned(pin.id, f"r{number}", pin, GRAPH) for number, pin in enumerate(PINS, 1)]
    history = replay(ev.Record(number, 0.0, event) for number, event in enumerate(pinned, 1))
    for _ in range(data.draw(st.integers(5, 40))):
        fitting = likely_events(history)
        event = data.draw(st.one_of(st.sampled_from(fitting), any_event()) if fitting else any_event())
        before = history.stage("dev").verified
        try:
            history = apply(history, ev.Record(history.head + 1, 0.0, event))
        except StagegateError:
            continue
        after = history.stage("dev").verified
        if set(after) != set(before) or after[-1:] != before[-1:]:
            require_a_reason(history, event, before)


def require_a_reason(history: History, event: ev.Event, before: tuple[str, ...]) -> None:
    """A red gate takes a release away, passes of all gates add one, a rollback moves one to the end."""
    attempt = history.attempts[event.attempt]
    after = history.stage("dev").verified
    if isinstance(event, ev.GateJudged):
        assert event.evidence.verdict is not Verdict.PASS
        assert after == tuple(release for release in before if release != attempt.release)
        return
    assert isinstance(event, ev.AttemptEnded)
    assert after == (*(release for release in before if release != attempt.release), attempt.release)
    if attempt.kind in {Kind.ROLLBACK, Kind.REDEPLOY}:
        assert attempt.release in before
        return
    verdicts = {gate: attempt.evidence[gate].verdict for gate in ("smoke", "failover")}
    assert (attempt.kind, verdicts) == (Kind.PROMOTE, dict.fromkeys(verdicts, Verdict.PASS))


def test_a_gap_in_the_numbers_is_refused() -> None:
    with pytest.raises(IllegalTransition, match="event 3 follows event 0"):
        replay([ev.Record(3, 0.0, ev.HoldPlaced(None, "x", "y"))])


def test_an_attempt_of_fewer_gates_than_the_stage_has_is_refused() -> None:
    pinned = ev.Record(1, 0.0, ev.ReleasePinned(PINS[0].id, "r1", PINS[0], GRAPH))
    with pytest.raises(IllegalTransition, match="does not run the gates"):
        replay([pinned, ev.Record(2, 0.0, started(1, Kind.PROMOTE, PINS[0].id, ("smoke",)))])

"""The rules of reuse once more, from the events alone; a part of the oracle, and as stateless as it is.

It reads what evidence rests on from the rosters, and not from the digests that the engine makes of them.
"""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.core import events as ev
from pipeline.core.kinds import Kind
from pipeline.core.plan import Roster
from pipeline.core.verdict import Verdict

Past = Sequence[ev.Record]
# The digest of each component that a check looks at, and the hosts that it runs on.
Rests = tuple[Mapping[str, str], frozenset[str]]


def wrong_reuse(past: Past, record: ev.Record) -> Iterator[str]:
    """Why this verdict may not stand on what it says was run before."""
    judged = record.event
    assert isinstance(judged, ev.GateJudged)
    for check, source in judged.reused.items():
        for why in _wrong(past, judged, check, source):
            yield f"{judged.attempt} reuses {check} of {source}: {why}"


def _wrong(past: Past, judged: ev.GateJudged, check: str, source: str) -> Iterator[str]:
    start, roster = _start(past, judged.attempt), judged.roster
    rests = None if roster is None else _rests(roster, check)
    if roster is None or rests is None:
        yield "nobody knows what it rests on"
        return
    if start.kind is not Kind.PROMOTE or start.anew:
        yield "the attempt may reuse nothing"
    proofs = [one for one in past if _proves(past, one, (start.stage, judged.gate), check, source)]
    if not proofs:
        yield "that did not run it there in a promotion that passed the gate"
        return
    proof = proofs[-1]
    assert isinstance(proof.event, ev.GateJudged)
    if proof.event.roster is None or _rests(proof.event.roster, check) != rests:
        yield "it rests on something else now"
    began = [one.at for one in past if _begins(one.event, judged)][-1]
    if not 0 <= began - proof.at <= _allowed_s(past, start, judged.gate):
        yield "it is older than the line allows"
    since = past[proof.seq :]
    if any(_turned_down(past, one.event, (start.stage, judged.gate), check, rests) for one in since):
        yield "it was turned down since"
    hosts = {host for component in rests[0] for host in roster.inputs[component].hosts}
    if any(_changed(past, one.event, start.stage, hosts) for one in since):
        yield "a host that it rests on was changed since"


def _rests(roster: Roster, check: str) -> Rests | None:
    """What the check rests on by this roster; None if that is not known of some component."""
    component, _, name = check.partition("/")
    looked_at = {component, *roster.watches.get(check, ())}
    if not looked_at <= roster.inputs.keys():
        return None
    runs_on = {entry.host for entry in roster.entries if (entry.component, entry.check) == (component, name)}
    return {one: roster.inputs[one].digest for one in looked_at}, frozenset(runs_on)


def _proves(past: Past, record: ev.Record, place: tuple[str, str], check: str, source: str) -> bool:
    """Whether this is the pass of the gate in the stage by a promotion that ran the check itself."""
    event = record.event
    if not isinstance(event, ev.GateJudged) or event.attempt != source or event.roster is None:
        return False
    start = _start(past, source)
    return (
        start.kind is Kind.PROMOTE
        and (start.stage, event.gate) == place
        and event.evidence.verdict is Verdict.PASS
        and check not in event.reused
        and check in _checks(event.roster)
    )


def _turned_down(past: Past, event: ev.Event, place: tuple[str, str], check: str, rests: Rests) -> bool:
    """Whether this judged the check on the same, or on nobody knows what, and the gate did not pass."""
    if not isinstance(event, ev.GateJudged) or event.evidence.verdict is Verdict.PASS:
        return False
    if (_start(past, event.attempt).stage, event.gate) != place:
        return False
    if event.roster is None:
        return True
    return check in _checks(event.roster) and _rests(event.roster, check) in (None, rests)


def _changed(past: Past, event: ev.Event, stage: str, hosts: set[str]) -> bool:
    """Whether this is a step in the stage on one of these hosts, or on nobody knows which."""
    if not isinstance(event, ev.StepStarted) or _start(past, event.attempt).stage != stage:
        return False
    plans = [
        one.event.plan
        for one in past
        if isinstance(one.event, ev.PlanMade) and one.event.attempt == event.attempt
    ]
    (step,) = (step for step in plans[-1].steps if step.id == event.step)
    return step.kind != "image" and (step.host is None or step.host in hosts)


def _begins(event: ev.Event, judged: ev.GateJudged) -> bool:
    asked = (judged.attempt, judged.gate)
    return isinstance(event, ev.GateStarted) and (event.attempt, event.gate) == asked


def _allowed_s(past: Past, start: ev.AttemptStarted, gate: str) -> float:
    """For how long the line of the attempt's start lets evidence of the gate be reused; -1 for never."""
    begun = next(number for number, one in enumerate(past) if one.event is start)
    lines = [one.event.line for one in past[:begun] if isinstance(one.event, ev.LineSet)]
    rules = [
        item.reuse_s
        for stage in (lines[-1].stages if lines else ())
        for item in stage.gates
        if (stage.name, item.name) == (start.stage, gate)
    ]
    return rules[0] if rules and rules[0] else -1


def _checks(roster: Roster) -> set[str]:
    return {f"{entry.component}/{entry.check}" for entry in roster.entries}


def _start(past: Past, attempt: str) -> ev.AttemptStarted:
    (found,) = (
        one.event for one in past if isinstance(one.event, ev.AttemptStarted) and one.event.attempt == attempt
    )
    return found

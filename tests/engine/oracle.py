"""The rules of docs/operate.md once more, from the events alone: what the engine should not have recorded.

It shares no decision with the engine and keeps no state: each question is asked of the whole past.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oracle_approvals import another_plan, unapproved
from oracle_legs import asks_policy, not_all_legs, out_of_turn, rolls_back_wrongly, verifies
from oracle_overrides import checks_seen, overridden, wrongly_carried
from oracle_reuse import wrong_reuse
from oracle_standing import DOES, begun_and_resumed, held, not_of_what_stands, rejected
from oracle_turns import older

from pipeline.core import events as ev
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.verdict import Verdict

Past = Sequence[ev.Record]
# How an attempt ends after which its release stands confirmed.
_STANDING = (Outcome.VERIFIED, Outcome.ROLLED_BACK, Outcome.REDEPLOYED, Outcome.RETIRED)

# Of which kind an attempt is that may end so, which needs every gate.
_BY_THE_LINE = {Outcome.VERIFIED: Kind.PROMOTE, Outcome.RETIRED: Kind.RETIRE}


@dataclass(frozen=True)
class Rule:
    """What is asked of a stage: the stages before it, whether one of them is enough, and for how long a
    release must have stood verified there; its gates, and the checks that each must see; who may override,
    and whether somebody must vouch for them.
    """

    after: tuple[str, ...] = ()
    gates: Mapping[str, frozenset[str]] = field(default_factory=dict)
    soak_s: float = 0.0
    one_is_enough: bool = False
    overriders: frozenset[str] = frozenset()
    overriders_verified: bool = False


def forbidden(records: Past) -> list[str]:
    """What was recorded and should not have been, in words; empty when the rules were kept."""
    return [f"event {record.seq}: {why}" for record in records for why in _reasons(records, record)]


def verified(past: Past, stage: str) -> set[str]:
    """The releases that may count as verified in the stage."""
    return {begun.event.release for begun in _promotions(past, stage) if _counts(past, begun, Rule())}


def letting_in(records: Past, begun: ev.Record) -> set[str]:
    """The stages before that let this promotion in."""
    past, start = records[: begun.seq - 1], begun.event
    line = _line(past, start.release)
    entered = line.get(start.stage, Rule())
    return {before for before in entered.after if not _against(past, start, before, line, begun.at)}


def _reasons(records: Past, record: ev.Record) -> Iterator[str]:
    past = records[: record.seq - 1]
    match record.event:
        case ev.AttemptStarted(kind=Kind.PROMOTE) as start:
            if held(past, start.stage, record.at):
                yield f"{start.attempt} enters {start.stage}, which is held"
            yield from _unfit(past, start, record.at)
            yield from unapproved(past, record, past)
            yield from older(records, record)
        case ev.PlanMade() as made:
            yield from another_plan(past, made)
        case ev.AttemptStarted(kind=Kind.ROLLBACK) as start:
            yield from _no_goal(past, start, "goes back to")
            yield from rolls_back_wrongly(past, start)
        case ev.AttemptStarted(kind=Kind.REDEPLOY | Kind.RETIRE) as start:
            yield from not_of_what_stands(past, start, is_held=held(past, start.stage, record.at))
            yield from _no_goal(past, start, f"{DOES[start.kind]} of")
            yield from unapproved(past, record, past) if start.kind is Kind.RETIRE else ()
        case ev.LegStarted() | ev.StepStarted() | ev.GateStarted():
            yield from out_of_turn(past, record.event, _let_through)
            yield from _against_leg(past, record)
            yield from _retired_on(past, record.event) if isinstance(record.event, ev.StepStarted) else ()
        case ev.GateJudged():
            if (why := wrongly_carried(past, record, _rule)) is not None:
                yield why
            yield from wrong_reuse(past, record)
        case ev.AttemptEnded(attempt=name, outcome=outcome) if outcome in _STANDING:
            yield from not_all_legs(past, name, _let_through)
            yield from _unproved(past, name, outcome) if outcome in _BY_THE_LINE else ()


def _no_goal(past: Past, start: ev.AttemptStarted, does: str) -> Iterator[str]:
    """Why nothing of this release may be brought back in this stage."""
    if not any(_stands(past, begun) for begun in _promotions(past, start.stage, start.release)):
        yield f"{start.attempt} {does} what is not verified in {start.stage}"
    if rejected(past, start.release):
        yield f"{start.attempt} {does} a rejected release"


def _unfit(past: Past, start: ev.AttemptStarted, at: float) -> Iterator[str]:
    """Why this release may not enter this stage now, holds aside."""
    line, own = _line(past, start.release), _own(past, start.release)
    if rejected(past, start.release):
        yield f"{start.attempt} is of a rejected release"
    if start.stage not in line:
        yield f"{start.attempt} enters {start.stage}, which is not on the line"
    yield from _lacks(line, own, start)
    entered = line.get(start.stage, Rule())
    against = [_against(past, start, before, line, at) for before in entered.after]
    if not entered.one_is_enough or all(against):
        yield from (why for reasons in against for why in reasons)


def _lacks(line: Mapping[str, Rule], own: Mapping[str, Rule], start: ev.AttemptStarted) -> Iterator[str]:
    for stage, rule in line.items():
        if stage not in own or not rule.gates.keys() <= own[stage].gates.keys():
            yield f"{start.attempt} is of a release that lacks {stage} or a gate of it"


def _against(
    past: Past, start: ev.AttemptStarted, before: str, line: Mapping[str, Rule], at: float
) -> list[str]:
    """Why the stage before does not let this release in."""
    found, soak_s = [], line[start.stage].soak_s
    if soak_s and _stood_s(past, before, start.release, at) < soak_s:
        found.append(f"{start.attempt} is of a release that has not stood in {before} for long enough")
    if not any(_counts(past, begun, line[before]) for begun in _promotions(past, before, start.release)):
        found.append(f"{start.attempt} is of a release that is not verified in {before}")
    return found


def _against_leg(past: Past, record: ev.Record) -> Iterator[str]:
    """Why policy does not let a leg begin that asks it."""
    if not asks_policy(past, record.event):
        return
    begun = next(one for one in past if getattr(one.event, "attempt", "") == record.event.attempt)
    start = begun.event
    if start.kind is not Kind.ROLLBACK and held(past, start.stage, record.at):
        yield f"{start.attempt} begins leg {record.event.leg} in {start.stage}, which is held"
    if start.kind is Kind.PROMOTE:
        yield from _unfit(past, start, record.at)
        yield from unapproved(past, begun, past)


def _retired_on(past: Past, step: ev.StepStarted) -> Iterator[str]:
    """Why a retirement that was resumed may remove nothing more."""
    begun, *resumed = begun_and_resumed(past, step.attempt)
    start = begun.event
    for resumption in resumed if start.kind is Kind.RETIRE else ():
        then = past[: resumption.seq - 1]
        if rejected(then, start.release):
            yield f"{start.attempt} goes on for a rejected release"
        yield from _lacks(_line(then, start.release), _own(then, start.release), start)
        yield from unapproved(past, begun, then)


def _unproved(past: Past, name: str, outcome: Outcome) -> Iterator[str]:
    """Why this attempt may not end so, by the rules of its start and of each resumption."""
    begun, *resumed = begun_and_resumed(past, name)
    start = begun.event
    if start.kind is not _BY_THE_LINE[outcome]:
        yield f"{name} ends as {outcome.value}, and is no {_BY_THE_LINE[outcome].value}"
    for asking in (begun, *resumed):
        then = past[: asking.seq - 1]
        rule = _line(then, start.release).get(start.stage, Rule())
        if not _passed(past, begun, {**dict.fromkeys(start.gates, frozenset()), **rule.gates}):
            yield f"{name} ends as {outcome.value} without a pass of each gate and check"
    for resumption in resumed if start.kind is Kind.PROMOTE else ():
        then = past[: resumption.seq - 1]
        yield from _unfit(then, start, resumption.at)
        yield from unapproved(past, begun, then)


def _counts(past: Past, begun: ev.Record, rule: Rule) -> bool:
    """Whether this promotion makes its release count as verified by this rule."""
    return _stands(past, begun) and not _rebuilt(past, begun) and _passed(past, begun, rule.gates)


def _stands(past: Past, begun: ev.Record) -> bool:
    """Whether the promotion ended as verified, and no gate has turned its release down there since."""
    start = begun.event
    place = (start.stage, start.release)
    judging = {
        other.attempt
        for other in _of(ev.AttemptStarted, past)
        if other.kind is not Kind.GATE and (other.stage, other.release) == place
    }
    turned_down = any(
        isinstance(record.event, ev.GateJudged)
        and record.event.attempt in judging
        and not _let_through(past, record)
        for record in past[begun.seq :]
    )
    ended = ev.AttemptEnded(start.attempt, Outcome.VERIFIED) in _of(ev.AttemptEnded, past)
    return ended and not turned_down


def _rebuilt(past: Past, begun: ev.Record) -> bool:
    """Whether an artifact has been made differently since the promotion began, or last made it itself."""
    start = begun.event
    of_release = {other.attempt for other in _of(ev.AttemptStarted, past) if other.release == start.release}
    known: dict[str, str] = {}
    since: list[tuple[str, str]] = []
    for record in past:
        event = record.event
        if not isinstance(event, ev.StepSucceeded) or event.attempt not in of_release:
            continue
        if record.seq < begun.seq or event.attempt == start.attempt:
            known, since = {**known, **event.artifacts}, []
        else:
            since += event.artifacts.items()
    return any(known.get(name, digest) != digest for name, digest in since)


def _stood_s(past: Past, stage: str, release: str, at: float) -> float:
    """For how many seconds the release has stood verified in the stage, since it was last turned down."""
    starts = {start.attempt: start for start in _of(ev.AttemptStarted, past)}
    total, since = 0.0, None
    for record in past:
        start = starts.get(getattr(record.event, "attempt", ""))
        if release not in verified(past[: record.seq], stage):
            total, since = 0.0, None
        elif start is None or start.stage != stage or start.kind is Kind.GATE:
            continue
        elif isinstance(record.event, ev.StepStarted | ev.GateStarted) and since is not None:
            total, since = total + record.at - since, None
        elif start.release == release and getattr(record.event, "outcome", None) in _STANDING:
            since = record.at
    return total if since is None else total + at - since


def _passed(past: Past, begun: ev.Record, gates: Mapping[str, frozenset[str]]) -> bool:
    """Whether each gate passed and saw its checks. From before there was a line, checks are believed."""
    believed = not _of(ev.LineSet, past[: begun.seq])
    seen = {
        record.event.gate: checks_seen(record.event)
        for record in past
        if isinstance(record.event, ev.GateJudged)
        and record.event.attempt == begun.event.attempt
        and verifies(past, record.event)
        and _let_through(past, record)
    }
    return all(gate in seen and (believed or checks <= seen[gate]) for gate, checks in gates.items())


def _let_through(past: Past, record: ev.Record) -> bool:
    """Whether this verdict is a pass, or was overridden."""
    verdict = record.event.evidence.verdict
    return verdict is Verdict.PASS or overridden(past[: record.seq - 1], record, _rule)


def _rule(past: Past, start: ev.AttemptStarted) -> Rule:
    """What was asked by then of the stage that the attempt is in."""
    return _line(past, start.release).get(start.stage, Rule())


def _line(past: Past, release: str) -> Mapping[str, Rule]:
    """The rules that are in force; before a site has any, those of the release."""
    lines = _of(ev.LineSet, past)
    if not lines:
        return _own(past, release)
    return {
        stage.name: Rule(
            stage.after,
            {gate.name: frozenset(gate.least) for gate in stage.gates},
            stage.soak_s,
            stage.after_any,
            frozenset(stage.overriders),
            stage.overriders_verified,
        )
        for stage in lines[-1].line.stages
    }


def _own(past: Past, release: str) -> Mapping[str, Rule]:
    """The stages that the config of the release describes."""
    (graph,) = (pinned.stages for pinned in _of(ev.ReleasePinned, past) if pinned.release == release)
    return {
        spec.name: Rule((spec.after,) if spec.after else (), dict.fromkeys(spec.gates, frozenset()))
        for spec in graph.stages
    }


def _promotions(past: Past, stage: str, release: str | None = None) -> list[ev.Record]:
    """The starts of the promotions into the stage, of one release or of any."""
    return [
        record
        for record in past
        if isinstance(record.event, ev.AttemptStarted)
        and (record.event.kind, record.event.stage) == (Kind.PROMOTE, stage)
        and release in (None, record.event.release)
    ]


def _of(kind: type | tuple[type, ...], past: Past) -> list[Any]:
    """The events of this kind, or of these kinds."""
    return [record.event for record in past if isinstance(record.event, kind)]

"""The checks that have passed in a stage, and which pass of each may still be reused."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.core import events as ev
from pipeline.core.kinds import Kind
from pipeline.core.line import checks_of
from pipeline.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Pass:
    """What a promotion that passed a gate ran itself, and did not reuse.

    `inputs` is the digest of what each check rests on, by "component/check". `at` is when the gate was judged
    (seconds since 1970). `changed` are the hosts on which a step has begun since; an empty name stands for a
    step that belongs to no single host.
    """

    attempt: str
    at: float
    inputs: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()


# By gate; a check is in one of its passes at most.
Passes = Mapping[str, tuple[Pass, ...]]


def after_step(passes: Passes, host: str | None) -> Passes:
    """The passes once a step on this host has begun; None is for one that belongs to no single host."""
    return {gate: tuple(_changed(one, host or "") for one in known) for gate, known in passes.items()}


def after_verdict(passes: Passes, event: ev.GateJudged, kind: Kind, at: float) -> Passes:
    """The passes after a gate was judged, at this time (seconds since 1970), in an attempt of this kind.

    A promotion that passes leaves what it ran and what it reused, nothing else. Whatever does not pass, of
    any kind, takes away what it judged: the checks with these inputs, and those of which it is not known.
    """
    known = passes.get(event.gate, ())
    if event.evidence.verdict is not Verdict.PASS:
        left = tuple(_without(one, event) for one in known)
    elif kind is Kind.PROMOTE:
        ran = {check: digest for check, digest in event.inputs.items() if check not in event.reused}
        left = (*(_reused(one, event.reused) for one in known), Pass(event.attempt, at, ran))
    else:
        return passes
    return {**passes, event.gate: tuple(one for one in left if one.inputs)}


def _changed(one: Pass, host: str) -> Pass:
    return one if host in one.changed else replace(one, changed=tuple(sorted((*one.changed, host))))


def _without(one: Pass, event: ev.GateJudged) -> Pass:
    """What this pass has left after a verdict that was not a pass."""
    left = {check: digest for check, digest in one.inputs.items() if not _is_about(event, check, digest)}
    return replace(one, inputs=left)


def _is_about(event: ev.GateJudged, check: str, digest: str) -> bool:
    """Whether the verdict is about the check on these inputs, or may be: if its inputs are not known."""
    if check in event.inputs:
        return event.inputs[check] == digest
    return event.roster is None or check in checks_of(event.roster)


def _reused(one: Pass, reused: Mapping[str, str]) -> Pass:
    left = {check: digest for check, digest in one.inputs.items() if reused.get(check) == one.attempt}
    return replace(one, inputs=left)

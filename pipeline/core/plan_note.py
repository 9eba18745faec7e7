"""What a promotion would do, as a note for people who review a change: host by host. Pure."""

from collections.abc import Iterator, Sequence

from pipeline.core.moments import written
from pipeline.core.plan import Plan, Step
from pipeline.core.policy.decision import Allow, Decision, Defer
from pipeline.core.release import SHORT, Release
from pipeline.core.telling import quoted

_MOST_LINES = 300
_NOWHERE = "the stage as a whole"


def plan_note(stage: str, release: Release, decision: Decision, plan: Plan, digest: str) -> str:
    """The note: policy's word, what is refused, and the difference. Long ones are cut, and say so."""
    hosts = {step.host or _NOWHERE for step in plan.steps if step.changes_hosts}
    changes = f"steps: {len(plan.steps)}, hosts: {len(hosts)}" if plan.steps else "nothing to change"
    head = [
        f"**{stage}**, plan of {release.alias} {quoted(release.id[:SHORT])}: {changes}",
        "",
        f"- {_word(decision)}",
        *(f"- {quoted(reason)}" for reason in decision.reasons),
        *(f"- the plan refuses: {quoted(refusal)}" for refusal in plan.refusals),
    ]
    return "\n".join([*head, *_block(list(_difference(plan))), "", f"Plan digest: {quoted(digest[:SHORT])}"])


def _word(decision: Decision) -> str:
    match decision:
        case Allow():
            return "policy: it may enter"
        case Defer(until=until):
            return f"policy: it may not enter before {written(until)}"
        case _:
            return "policy: it may **not** enter now"


def _block(lines: Sequence[str]) -> Sequence[str]:
    if not lines:
        return ()
    more = len(lines) - _MOST_LINES
    cut = [f"… and {more} lines more: `promote plan`"] if more > 0 else []
    return ("", "```diff", *lines[:_MOST_LINES], "```", *cut)


def _difference(plan: Plan) -> Iterator[str]:
    """Of each host what changes, then the steps; one that can't be undone is marked as a removal is."""
    names = [change.host for change in plan.summary] + [step.host or _NOWHERE for step in plan.steps]
    for host in dict.fromkeys(names):
        yield f"@@ {_plain(host)} @@"
        yield from (f"! {_plain(change.change)}" for change in plan.summary if change.host == host)
        yield from (_step(step) for step in plan.steps if (step.host or _NOWHERE) == host)


def _step(step: Step) -> str:
    title = _plain(step.title)
    return (
        f"+ {title}" if step.undo.possible else f"- {title} (can't be undone: {_plain(step.undo.why or '?')})"
    )


def _plain(text: str) -> str:
    """The text in one line, which cannot end the block that it is in."""
    return " ".join(text.replace("`", "'").split())

"""Events as text for people."""

from collections.abc import Mapping

from pipeline.core import events as ev

Titles = Mapping[str, str]


def sentence(event: ev.Event, titles: Titles) -> str | None:  # noqa: PLR0911 - one return per event
    """What happened, in a few words; None for an event that is not shown live. `titles` are by step id."""
    match event:
        case ev.StepStarted() | ev.StepSucceeded() | ev.StepFailed():
            return _step(event, titles)
        case ev.GateStarted() | ev.GateJudged() | ev.DiagnosticsCollected():
            return _gate(event)
        case ev.AttemptStarted(attempt=attempt, kind=kind, stage=stage):
            back = f"; a rollback of {event.rolls_back}" if event.rolls_back else ""
            asked = f"; a {event.bootstrap}" if event.bootstrap else ""
            host = f" of {event.redeploy}" if event.redeploy else ""
            return f"{attempt}: {kind.value}{host} in {stage} begins{back}{asked}"
        case ev.PlanMade(plan=plan):
            if plan.refusals:
                return "plan: refused: " + "; ".join(plan.refusals)
            legs = f" in {len(plan.legs)} legs" if plan.has_sections else ""
            return f"plan: {len(plan.steps)} steps{legs}" if plan.steps else f"plan: nothing to change{legs}"
        case ev.LegStarted(leg=leg):
            return f"leg {leg} begins"
        case ev.PlanFailed(trouble=trouble, again=again):
            return f"plan: transient failure: {trouble.line()}" if again else f"plan: failed: {trouble.what}"
        case ev.AttemptEnded(attempt=attempt, outcome=outcome):
            return f"{attempt}: {outcome.value}"
        case _:
            return _steering(event)


def _step(event: ev.StepStarted | ev.StepSucceeded | ev.StepFailed, titles: Titles) -> str:
    title = titles.get(event.step)
    name = f"{event.step}: {title}" if title else event.step
    match event:
        case ev.StepStarted(number=number):
            again = f" (start {number})" if number > 1 else ""
            return f"begin {name}{again}"
        case ev.StepSucceeded():
            return f"done  {event.step}"
        case ev.StepFailed(trouble=trouble, transient=transient):
            kind = "transient failure of" if transient else "FAILED"
            return f"{kind} {event.step}: {trouble.line()}"


def _gate(event: ev.GateStarted | ev.GateJudged | ev.DiagnosticsCollected) -> str:
    match event:
        case ev.GateStarted(number=number):
            return f"gate {event.full_name} begins" + (f" (start {number})" if number > 1 else "")
        case ev.GateJudged(evidence=evidence, override=override):
            passed = f"{evidence.passed} of {evidence.wanted} checks passed"
            aside = f" ({', '.join(evidence.origins)})" if evidence.reused else ""
            told = f"{evidence.verdict.value}, {passed}{aside}"
            return f"gate {event.full_name}: {told}" + (f" ({override})" if override else "")
        case ev.DiagnosticsCollected(directory=directory, files=files, trouble=trouble):
            if trouble is not None:
                return f"diagnostics could not be collected: {trouble.what}"
            return f"diagnostics: {len(files)} files in {directory}"


def _steering(event: ev.Event) -> str | None:
    match event:
        case ev.ReleasePinned(release=release, alias=alias):
            return f"pinned {alias} ({release[:12]})"
        case ev.LineSet(line=line, source=source):
            return f"line set from {source}: {line}"
        case ev.Resumed(attempt=attempt):
            return f"{attempt}: continues"
        case ev.AbortRequested(attempt=attempt):
            return f"{attempt}: abandoned"
        case ev.Interrupted(attempt=attempt, reason=reason):
            return f"{attempt}: interrupted by {reason}"
        case _:
            return None

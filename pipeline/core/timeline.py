"""How long each step took, and which chain of steps the rollout waited for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.core import events as ev
from pipeline.core.plan import Step


@dataclass(frozen=True, slots=True)
class Bar:
    """One step or gate: its first start and its last end, in seconds since 1970."""

    name: str
    title: str
    began: float
    ended: float | None
    starts: int
    needs: tuple[str, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long it took; None when it has not ended."""
        return None if self.ended is None else self.ended - self.began


def bars(steps: Sequence[Step], records: Iterable[ev.Record], attempt: str) -> tuple[Bar, ...]:
    """The steps and gates of an attempt, in the order of their first starts."""
    titles = {step.id: step for step in steps}
    found: dict[str, Bar] = {}
    for record in records:
        match record.event:
            case ev.StepStarted(attempt=owner, step=name) if owner == attempt:
                step = titles.get(name)
                found[name] = _again(found.get(name), name, step, record.at)
            case ev.StepSucceeded(attempt=owner, step=name) | ev.StepFailed(attempt=owner, step=name) if (
                owner == attempt and name in found
            ):
                found[name] = _closed(found[name], record.at)
            case ev.GateStarted(attempt=owner, gate=gate) if owner == attempt:
                found[f"gate {gate}"] = _again(found.get(f"gate {gate}"), f"gate {gate}", None, record.at)
            case ev.GateJudged(attempt=owner, gate=gate) if owner == attempt:
                found[f"gate {gate}"] = _closed(found[f"gate {gate}"], record.at)
    return tuple(found.values())


def critical_path(all_bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """The chain of steps that ended last, each after the need that it waited for; without gates."""
    steps = {bar.name: bar for bar in all_bars if bar.ended is not None and not bar.name.startswith("gate ")}
    if not steps:
        return ()
    path = [max(steps.values(), key=_end)]
    while needs := [steps[need] for need in path[-1].needs if need in steps]:
        path.append(max(needs, key=_end))
    return tuple(reversed(path))


def _end(bar: Bar) -> float:
    return bar.ended or bar.began


def _again(before: Bar | None, name: str, step: Step | None, at: float) -> Bar:
    if before is not None:
        return Bar(name, before.title, before.began, None, before.starts + 1, before.needs)
    return Bar(name, step.title if step else "", at, None, 1, step.needs if step else ())


def _closed(bar: Bar, at: float) -> Bar:
    return Bar(bar.name, bar.title, bar.began, at, bar.starts, bar.needs)

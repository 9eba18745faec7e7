"""The answers of `python -m stages` as values. A malformed one counts as a crash of the release's code."""

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from pipeline.core.codec import revive
from pipeline.core.errors import ChildCrashed, ChildRefused, ConfigProblem, StageLocked, TryAgain
from pipeline.core.plan import Plan, Roster, Trouble
from pipeline.core.planes import PlanesSeen
from pipeline.core.retries import Retry
from pipeline.core.stages import StageGraph
from pipeline.core.traffic import TrafficSeen
from pipeline.ports import CheckResult, StepResult, Target

Answer = Mapping[str, Any]
_T = TypeVar("_T")


def require_ok(answer: Answer) -> None:
    """Raise the child's error if the answer is a refusal.

    TryAgain if it is transient, StageLocked if somebody else is at work there, else ChildRefused.
    """
    if answer.get("ok") is False and isinstance(error := answer.get("error"), Mapping):
        told = _told(error, otherwise="the release's code refused")
        raise _kind(answer)(told.what, where=told.where, why=told.why, next=told.next)


def _kind(answer: Answer) -> type[TryAgain | StageLocked | ChildRefused]:
    if answer.get("in_use") is True:
        return StageLocked
    return TryAgain if answer.get("transient") is True else ChildRefused


def _told(error: Mapping[str, Any], otherwise: str) -> Trouble:
    words = {key: str(error.get(key) or "") for key in ("what", "where", "why", "next")}
    return Trouble(words["what"] or otherwise, words["where"], words["why"], words["next"])


def _sensible(read: Callable[[Answer], _T]) -> Callable[[Answer], _T]:
    @wraps(read)
    def reader(answer: Answer) -> _T:
        try:
            return read(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise ChildCrashed(
                f"`python -m stages` of the release returned a malformed answer ({read.__name__})",
                why=repr(problem),
            ) from problem

    return reader


def _strict(read: Callable[[Answer], _T]) -> Callable[[Answer], _T]:
    @_sensible
    @wraps(read)
    def reader(answer: Answer) -> _T:
        require_ok(answer)
        return read(answer)

    return reader


@_strict
def check(answer: Answer) -> CheckResult:
    """The problems and the stages."""
    problems = tuple(revive(ConfigProblem, item) for item in answer["problems"])
    return CheckResult(problems, revive(StageGraph, {"stages": answer["stages"]}))


@_strict
def plan(answer: Answer) -> Plan:
    """The plan."""
    found: Plan = revive(Plan, answer["plan"])
    return found


@_sensible
def performed(answer: Answer) -> StepResult:
    """How a step ended."""
    retries: tuple[Retry, ...] = revive(tuple[Retry, ...], answer.get("retries") or ())
    if answer.get("ok") is True:
        receipt, artifacts = dict(answer.get("receipt") or {}), dict(answer.get("artifacts") or {})
        return StepResult(receipt=receipt, artifacts=artifacts, retries=retries)
    error = answer.get("error")
    trouble = _told(error if isinstance(error, Mapping) else {}, "the step failed and did not say why")
    return StepResult(trouble, transient=answer.get("transient") is True, retries=retries)


@_strict
def roster(answer: Answer) -> Roster:
    """What a gate must see, and what its checks rest on, which older releases do not tell."""
    data = {
        "entries": answer["roster"],
        "within_s": int(answer["within_s"]),
        "definition": answer["definition"],
        "inputs": answer.get("inputs") or {},
    }
    found: Roster = revive(Roster, data)
    return found


@_strict
def target(answer: Answer) -> Target:
    """The path of target.json."""
    return Target(Path(answer["path"]))


@_strict
def hosts(answer: Answer) -> tuple[str, ...]:
    """The names of hosts."""
    return tuple(str(item) for item in answer["hosts"])


@_strict
def files(answer: Answer) -> tuple[str, ...]:
    """The paths of collected files."""
    return tuple(str(item) for item in answer["files"])


@_strict
def planes(answer: Answer) -> PlanesSeen:
    """What stands, and who answers."""
    found: PlanesSeen = revive(PlanesSeen, answer)
    return found


@_strict
def traffic(answer: Answer) -> TrafficSeen:
    """What the next call goes on from, and who told nothing."""
    silent = {str(name): str(why) for name, why in answer["silent"].items()}
    return TrafficSeen(dict(answer["since"]), silent)

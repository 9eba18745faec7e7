"""The state of one stage, and what changes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.follow_ups import Pending
from pipeline.core.kinds import Outcome
from pipeline.core.passes import Passes, after_step, after_verdict
from pipeline.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class StageView:
    """The state of a stage.

    `verified` are the releases that passed every gate here and that no gate of a promotion or rollback has
    turned down since; the one that stood here last is last. `outdated` passed with artifacts that have been
    rebuilt since. `proofs` are the attempts that passed every gate last, by release. `standing` is the
    release deployed last, `confirmed` whether its gates (after a rollback: the smoke gate) have passed since.
    `soaked` is for how many seconds each release has stood here verified, but for the time from
    `soaking_since` on (seconds since 1970), when the present one was confirmed; None while none is.
    `passes` are the checks whose pass may be reused, by gate. `follow_up` is what is still to be done after
    the attempt that brought the stage where it is.
    """

    name: str
    verified: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()
    proofs: Mapping[str, str] = field(default_factory=dict)
    soaked: Mapping[str, float] = field(default_factory=dict)
    soaking_since: float | None = None
    standing: str | None = None
    confirmed: bool = False
    open: str | None = None
    latest: str | None = None
    passes: Passes = field(default_factory=dict)
    follow_up: Pending | None = None

    @property
    def pointer(self) -> str | None:
        """The last verified release: where a rollback goes, and what the next stage takes."""
        return self.verified[-1] if self.verified else None

    def soaks(self, release: str) -> bool:
        """Whether this release stands here now, verified and confirmed."""
        return self.soaking_since is not None and self.standing == release

    def soaked_s(self, release: str, at: float) -> float:
        """For how many seconds it has stood here so, in all, by this moment (seconds since 1970)."""
        now = at - self.soaking_since if self.soaking_since is not None and self.soaks(release) else 0.0
        return self.soaked.get(release, 0.0) + now


def touched(view: StageView, release: str, at: float) -> StageView:
    """An attempt has begun to change the stage: this release stands there now, and is not confirmed yet."""
    soaked = view.soaked
    if view.standing is not None:
        soaked = {**soaked, view.standing: view.soaked_s(view.standing, at)}
    return replace(view, standing=release, confirmed=False, soaked=soaked, soaking_since=None)


def judged(view: StageView, release: str, verdict: Verdict) -> StageView:
    """Turn the release down at the verdict itself, so that no later end of the attempt can undo it."""
    return view if verdict is Verdict.PASS else _without(view, release)


def outdated(view: StageView, release: str) -> StageView:
    """An artifact of the release was rebuilt differently: what was verified here is not what it is now."""
    if release not in view.verified:
        return view
    return replace(_without(view, release), outdated=(*view.outdated, release))


def ended(view: StageView, attempt: Attempt, at: float, *, up_to_date: bool) -> StageView:
    """Close the attempt. `up_to_date` is whether its artifacts are still the release's artifacts."""
    release = attempt.release
    known = release in view.verified
    view = replace(view, open=None, follow_up=_follow_up(view, attempt, at))
    if attempt.outcome is Outcome.VERIFIED:
        view = replace(view, proofs={**view.proofs, release: attempt.id})
    match attempt.outcome:
        case Outcome.VERIFIED if not up_to_date:
            others = tuple(item for item in view.outdated if item != release)
            return replace(_without(view, release), outdated=(*others, release), confirmed=True)
        case Outcome.VERIFIED:
            others = tuple(item for item in view.outdated if item != release)
            return replace(_stands(view, release, at), outdated=others, confirmed=True)
        case Outcome.ROLLED_BACK | Outcome.REDEPLOYED | Outcome.RETIRED:
            return replace(_stands(view, release, at) if known else view, confirmed=True)
        case _:
            return view


def _follow_up(view: StageView, attempt: Attempt, at: float) -> Pending | None:
    """What is to be done after an attempt that ends now. A stage that is made anew has nothing to follow.

    An attempt of the verb's own kind that has performed all of its steps has done it, whatever gates say. One
    that would have begun it anew and failed may have done so halfway: then the next that is well begins it.
    """
    asked, plan = view.follow_up, attempt.plan
    if attempt.outcome in {Outcome.VERIFIED, Outcome.ROLLED_BACK}:
        if plan.follow_up is not None and (plan.follow_up.restarts or asked is None):
            return Pending(plan.follow_up.verb, attempt.id, at, at + plan.follow_up.after_s)
        return None if plan.new else asked
    if plan.follow_up is not None and plan.follow_up.restarts and attempt.touched:
        return None
    done = bool(plan.steps) and attempt.done.issuperset(step.id for step in plan.steps)
    return None if asked is not None and done and attempt.kind.value == asked.verb else asked


def _without(view: StageView, release: str) -> StageView:
    """The release is not verified here any more, and how long it stood here counts no more."""
    return replace(
        view,
        verified=tuple(item for item in view.verified if item != release),
        soaked={name: seconds for name, seconds in view.soaked.items() if name != release},
        soaking_since=None if view.standing == release else view.soaking_since,
    )


def _stands(view: StageView, release: str, at: float) -> StageView:
    others = tuple(item for item in view.verified if item != release)
    return replace(view, verified=(*others, release), soaking_since=at)


def with_passes(view: StageView, attempt: Attempt, event: ev.AttemptEvent, at: float) -> StageView:
    """The stage, with what is left of its passes after this event."""
    match event:
        case ev.StepStarted(step=name):
            step = next(step for step in attempt.plan.steps if step.id == name)
            return replace(view, passes=after_step(view.passes, step.host)) if step.changes_hosts else view
        case ev.GateJudged():
            return replace(view, passes=after_verdict(view.passes, event, attempt.kind, at))
        case _:
            return view

"""What a promotion would do, without changes: the same choice of release, policy and plan call."""

from dataclasses import dataclass

from pipeline.core.errors import ChildRefused
from pipeline.core.plan import Plan
from pipeline.core.policy import Allow, Decision, may_promote, up_next
from pipeline.core.release import Release, find_release
from pipeline.engine.choose import check_directory, graph_at_hand
from pipeline.ports import Context, Deployer
from pipeline.workshop import Workshop

UNPINNED = "unpinned"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen. `pinned` is False when the promotion would have to pin the checkout first."""

    stage: str
    release: Release
    pinned: bool
    why: str
    decision: Decision
    plan: Plan

    @property
    def would_go(self) -> bool:
        """Whether the attempt would reach its first step."""
        return isinstance(self.decision, Allow) and not self.plan.refusals


def preview(shop: Workshop, stage: str, name: str | None, config: str | None) -> Preview:
    """The plan for `stage`, and why it would or would not be performed.

    Raises what `promote` raises when no release can be chosen; a denial or refusal is part of the result.
    """
    history = shop.history()
    if name is not None:
        return _pinned(shop, stage, find_release(history.releases.values(), name), "named by --release")
    spec = graph_at_hand(shop, config).stage(stage)
    if spec.after is None:
        return _checkout(shop, stage, config)
    release = up_next(history, stage, spec.after)
    return _pinned(shop, stage, release, f"the release verified in {spec.after}")


def _pinned(shop: Workshop, stage: str, release: Release, why: str) -> Preview:
    history = shop.history()
    spec = release.stages.stage(stage)
    artifacts = history.artifacts.get(release.id, {})
    context = Context(stage, release.id, first=spec.after is None, artifacts=artifacts)
    decision = may_promote(history, release, stage)
    plan = _plan(shop.deployer, context)
    return Preview(stage, release, pinned=True, why=why, decision=decision, plan=plan)


def _plan(deployer: Deployer, context: Context) -> Plan:
    try:
        return deployer.plan(context)
    except ChildRefused as refusal:
        return Plan(refusals=("; ".join(refusal.lines()),))


def _checkout(shop: Workshop, stage: str, config: str | None) -> Preview:
    history = shop.history()
    checkout = shop.revisions.identify(config)
    known = history.releases.get(checkout.pin.id)
    if known is not None:
        return _pinned(shop, stage, known, "the release of the checkout")
    with shop.revisions.loose(config) as directory:
        release = Release(UNPINNED, checkout.pin, check_directory(shop, directory))
        context = Context(stage, release.id, first=True)
        plan = _plan(shop.checkout_deployer(directory), context)
    why = "the release of the checkout, not pinned yet"
    return Preview(
        stage, release, pinned=False, why=why, decision=may_promote(history, release, stage), plan=plan
    )

"""What an attempt would do, without changes: the same choice, policy and plan."""

from dataclasses import dataclass, replace

from pipeline.core.errors import ChildRefused, NotEligible
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.line import Least
from pipeline.core.plan import Bootstrap, Plan
from pipeline.core.plan_digest import digest_of
from pipeline.core.policy.decision import Allow, Decision
from pipeline.core.policy.entry import may_promote
from pipeline.core.policy.next_release import up_next
from pipeline.core.policy.question import Question
from pipeline.core.policy.redeploys import may_redeploy, redeploy_choice
from pipeline.core.policy.retirements import may_retire, retire_choice
from pipeline.core.policy.rollbacks import may_roll_back, rollback_choice
from pipeline.core.release import Release, find_release
from pipeline.engine.choose import check_directory, rules_of
from pipeline.engine.gate_preview import GatePreview, Promoted, preview_gates, whole_gates
from pipeline.engine.hearing import with_calendar
from pipeline.engine.rosters import Rosters
from pipeline.ports import Context, Deployer
from pipeline.workshop import Workshop

UNPINNED = "unpinned"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen. `pinned` is False when the promotion would have to pin the checkout first.

    `gates` are what would be run and reused; None if no gate would be reached.
    """

    stage: str
    release: Release
    pinned: bool
    why: str
    decision: Decision
    plan: Plan
    gates: tuple[GatePreview, ...] | None = None
    kind: Kind = Kind.PROMOTE

    @property
    def digest(self) -> str:
        """The digest of the plan."""
        return digest_of(self.plan)

    @property
    def would_go(self) -> bool:
        """Whether the attempt would reach its first step."""
        return isinstance(self.decision, Allow) and not self.plan.refusals


def preview_rollback(shop: Workshop, stage: str, to: str | None) -> Preview:
    """The plan of `roll_back`, and why it would or would not be performed; nothing is locked or changed.

    Raises what `roll_back` raises when there is no release to go back to; an open attempt or a refusal is
    part of the result.
    """
    history = shop.history()
    release = rollback_choice(history, stage, to)
    context = replace(_context(history, stage, release), rollback=True)
    rosters = Rosters(shop.deployer)
    plan = _plan(shop.deployer, context, rosters, None)
    gate = release.stages.stage(stage).rollback_gate()
    gates = None if plan.refusals else whole_gates(rosters, context, plan, (gate,))
    why = "a rollback to the named release" if to else "a rollback to the release verified there before"
    decision = may_roll_back(history, stage, release)
    return Preview(
        stage, release, pinned=True, why=why, decision=decision, plan=plan, gates=gates, kind=Kind.ROLLBACK
    )


def preview_redeploy(shop: Workshop, stage: str, host: str) -> Preview:
    """The plan by which a host is replaced, and why it would or would not be performed; changes nothing.

    Raises NotEligible if nothing verified stands there, or if what stands there knows of no redeployment.
    """
    history = shop.history()
    release = redeploy_choice(history, stage)
    context = replace(_context(history, stage, release), redeploy=host)
    rosters = Rosters(shop.deployer)
    plan = _plan(shop.deployer, context, rosters, None)
    _require_understood(release, stage, plan, "redeploy", understood=plan.redeploys is not None)
    gate = release.stages.stage(stage).rollback_gate()
    gates = None if plan.refusals else whole_gates(rosters, context, plan, (gate,))
    asked, silent = with_calendar(shop, history, stage)
    now, digest = shop.clock.now(), digest_of(plan)
    question = Question(asked, release, stage, now, shop.actor, digest, Kind.REDEPLOY, silent)
    return Preview(
        stage,
        release,
        pinned=True,
        why=f"redeploys {host} as the release has it that stands there",
        decision=may_redeploy(question),
        plan=plan,
        gates=gates,
        kind=Kind.REDEPLOY,
    )


def preview_retire(shop: Workshop, stage: str) -> Preview:
    """The plan that removes what the standing release needs no more, and whether it may go; changes nothing.

    A plan without steps has found nothing to retire. Raises NotEligible if nothing verified stands there, or
    if what stands there knows of no retirement.
    """
    history = shop.history()
    release = retire_choice(history, stage)
    context = replace(_context(history, stage, release), retire=True)
    rosters = Rosters(shop.deployer)
    plan = _plan(shop.deployer, context, rosters, history.least(stage))
    _require_understood(release, stage, plan, "retire", understood=plan.retires)
    own = release.stages.stage(stage).gates
    gates = whole_gates(rosters, context, plan, own) if plan.steps and not plan.refusals else None
    asked, silent = with_calendar(shop, history, stage)
    at, digest = shop.clock.now(), digest_of(plan)
    question = Question(asked, release, stage, at, shop.actor, digest, Kind.RETIRE, silent)
    return Preview(
        stage,
        release,
        pinned=True,
        why="removes what the release that stands there needs no more",
        decision=may_retire(question),
        plan=plan,
        gates=gates,
        kind=Kind.RETIRE,
    )


def _require_understood(release: Release, stage: str, plan: Plan, verb: str, *, understood: bool) -> None:
    """Raise NotEligible if the release's code took what it was asked for an ordinary plan."""
    if not understood and not plan.refusals:
        raise NotEligible(
            f"{release.alias} cannot be asked to {verb}",
            why=f"it was pinned before there was `promote {verb}`",
            next=f"promote --stage {stage}",
        )


def preview_checkout(shop: Workshop, stage: str, config: str | None) -> Preview:
    """The plan of the checkout for `stage`, whether or not it may enter there yet.

    Raises what `promote` into the first stage raises when the checkout cannot be a release.
    """
    rules_of(shop, stage, config)  # there is no plan for a stage that nobody knows
    return _checkout(shop, stage, config)


def preview(
    shop: Workshop, stage: str, name: str | None, config: str | None, bootstrap: Bootstrap | None = None
) -> Preview:
    """The plan for `stage`, and why it would or would not be performed; of a named release with `bootstrap`.

    Raises what `promote` raises when no release can be chosen; a denial or refusal is part of the result.
    """
    history = shop.history()
    if name is not None:
        release = find_release(history.releases.values(), name)
        return _pinned(shop, stage, release, "named on the command line", bootstrap)
    rules = rules_of(shop, stage, config)
    if rules.first:
        return _checkout(shop, stage, config)
    release = up_next(history, rules)
    return _pinned(shop, stage, release, f"the release verified in {rules.before}")


def _pinned(
    shop: Workshop, stage: str, release: Release, why: str, bootstrap: Bootstrap | None = None
) -> Preview:
    history = shop.history()
    release.stages.stage(stage)  # no release has a plan for a stage that its config does not have
    context = _context(history, stage, release, bootstrap)
    return _previewed(shop, history, Promoted(release, context), shop.deployer, why)


def _context(history: History, stage: str, release: Release, bootstrap: Bootstrap | None = None) -> Context:
    artifacts = history.artifacts.get(release.id, {})
    first = history.is_first(release, stage)
    return Context(stage, release.id, first=first, artifacts=artifacts, bootstrap=bootstrap)


def _previewed(shop: Workshop, history: History, promoted: Promoted, deployer: Deployer, why: str) -> Preview:
    release, context = promoted.release, promoted.context
    rosters = Rosters(deployer)
    plan = _plan(deployer, context, rosters, history.least(context.stage))
    gates = None if plan.refusals else preview_gates(shop, history, promoted, rosters, plan)
    asked, silent = with_calendar(shop, history, context.stage)
    now, digest = shop.clock.now(), digest_of(plan)
    question = Question(asked, release, context.stage, now, shop.actor, digest, silent=silent)
    return Preview(context.stage, release, promoted.pinned, why, may_promote(question), plan, gates)


def _plan(deployer: Deployer, context: Context, rosters: Rosters, least: Least | None) -> Plan:
    try:
        plan = deployer.plan(context)
        lacking = rosters.lack(replace(context, leg=plan.last_leg), least)
    except ChildRefused as refusal:
        return Plan(refusals=("; ".join(refusal.lines()),))
    refusals = [f"takes away from this site's line: {', '.join(lacking)}"] if lacking else []
    if not plan.refusals and (problems := plan.problems()):
        refusals.append(f"the plan cannot be performed: {'; '.join(problems)}")
    return replace(plan, refusals=(*plan.refusals, *refusals))


def _checkout(shop: Workshop, stage: str, config: str | None) -> Preview:
    history = shop.history()
    checkout = shop.revisions.identify(config)
    known = history.releases.get(checkout.pin.id)
    if known is not None:
        return _pinned(shop, stage, known, "the release of the checkout")
    with shop.revisions.loose(config) as directory:
        release = Release(UNPINNED, checkout.pin, check_directory(shop, directory))
        promoted = Promoted(release, Context(stage, release.id, first=True), pinned=False)
        why = "the release of the checkout, not pinned yet"
        return _previewed(shop, history, promoted, shop.checkout_deployer(directory), why)

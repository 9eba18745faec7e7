"""Asking a person before a promotion into a protected stage."""

import shlex
from collections.abc import Iterator
from dataclasses import replace

from pipeline.cli.call import Call, ask
from pipeline.cli.comparison import compared
from pipeline.cli.legs_shown import reversible
from pipeline.cli.render import counted, print_lines, table
from pipeline.core.errors import NotEligible, UsageProblem
from pipeline.core.history import History
from pipeline.core.policy.decision import Deny, Obstacle
from pipeline.core.release import Release
from pipeline.engine.choose import pin
from pipeline.engine.preview import Preview, preview
from pipeline.engine.promote import Wish, require
from pipeline.workshop import Workshop


def confirmed(call: Call, shop: Workshop, wish: Wish) -> Wish:
    """The wish, with the release that a person was shown and agreed to.

    Raises UsageProblem on a no and where nobody can be asked, and what `promote` would raise if the release
    may not enter, before asking.
    """
    if not call.can_ask:
        raise UsageProblem(
            f"{wish.stage} is protected: a promotion into it needs confirmation",
            why="nobody can be asked with -o json" if call.json else "nobody can be asked: no terminal",
            next=_without_asking(wish),
        )
    found = preview(shop, wish.stage, wish.release, wish.config)
    _require_would_go(found)
    print_lines(_shown(shop, shop.history(), found), err=True)
    ask(f"promote {found.release.alias} to {wish.stage}?", f"promote plan --stage {wish.stage}")
    if not found.pinned:
        _require_unchanged(found, pin(shop, shop.revisions.identify(wish.config)).id)
    return replace(wish, release=found.release.id)


def _without_asking(wish: Wish) -> str:
    words = ["promote", "to", wish.stage, *([wish.release] if wish.release else []), "--yes"]
    return shlex.join([*words, "--keep"] if wish.keep else words)


def _require_would_go(found: Preview) -> None:
    """Raise unless the answer matters. Whether an open attempt still runs, the lease says later."""
    if not (isinstance(found.decision, Deny) and found.decision.obstacle is Obstacle.OPEN_ATTEMPT):
        require(found.decision, found.release, found.stage)
    if found.plan.refusals:
        raise NotEligible(
            f"the plan of {found.release.alias} for {found.stage} refuses",
            why="; ".join(found.plan.refusals),
            next=f"promote plan --stage {found.stage}",
        )


def _require_unchanged(found: Preview, pinned: str) -> None:
    if pinned != found.release.id:
        raise NotEligible(
            "the checkout changed while you were asked; nothing was promoted",
            next=f"promote to {found.stage}",
        )


def _differs(shop: Workshop, before: Release, after: Release) -> str:
    try:
        summary = compared(shop.revisions, before, after).summary()
    except UsageProblem as problem:  # a copy that was removed does not keep the next release out
        return f"not known: {problem.what}"
    return f"{summary}; promote diff {before.alias} {after.alias}"


def _shown(shop: Workshop, history: History, found: Preview) -> Iterator[str]:
    release, plan = found.release, found.plan
    yield f"{release} into {found.stage}: {found.why}"
    standing = history.stage(found.stage).standing
    if standing is None:
        yield f"nothing stands in {found.stage}"
    elif standing == release.id:
        yield "it stands there already"
    else:
        before = history.releases[standing]
        yield f"{before} stands there"
        if found.pinned:
            yield f"what differs: {_differs(shop, before, release)}"
    yield from table(("HOST", "CHANGE"), [(one.host, one.change) for one in plan.summary])
    gates = ", ".join(release.stages.stage(found.stage).gates)
    legs = f" in {len(plan.legs)} legs" if plan.has_sections else ""
    steps = counted(len(plan.steps), "step") if plan.steps else "nothing to change"
    yield f"{steps}{legs}; then gates {gates}"
    if plan.legs:
        yield reversible(plan, found.kind)

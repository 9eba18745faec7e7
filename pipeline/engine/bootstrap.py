"""A bootstrap: a promotion of what stands in a stage, with a person's word about clusters that were lost."""

import re

from pipeline.core.errors import NotEligible
from pipeline.core.plan import Bootstrap
from pipeline.core.release import Release
from pipeline.engine.preview import Preview, preview
from pipeline.engine.promote import Wish, promote, require
from pipeline.engine.result import RunResult
from pipeline.workshop import Workshop

BY_HAND = "docs/operate.md, 'All databases are down'"


def look(shop: Workshop, stage: str, asked: Bootstrap) -> Preview:
    """What each host of the stage's clusters has, and what would be done. Changes nothing.

    Raises NotEligible if nothing stands in the stage, or if what stands there knows of no bootstrap.
    """
    release = _standing(shop, stage)
    found = preview(shop, stage, release.id, None, asked)
    if found.plan.found is None and not found.plan.refusals:
        raise NotEligible(
            f"{release.alias} cannot be asked what the hosts of {stage} have",
            why="it was pinned before there was `promote bootstrap`",
            next=BY_HAND,
        )
    return found


def bootstrap(shop: Workshop, found: Preview, asked: Bootstrap, *, wait_s: float = 0.0) -> RunResult:
    """Do what a look has shown, and nothing else, then run the gates.

    Raises NotEligible if the plan refuses, and what `promote` raises.
    """
    require(found.decision, found.release, found.stage)
    if found.plan.refusals:
        raise NotEligible(
            f"no cluster of {found.stage} is bootstrapped: that needs a decision",
            why="; ".join(found.plan.refusals),
            next=_decision(found, asked),
        )
    wish = Wish(found.stage, found.release.id, wait_s=wait_s, expects=found.digest, bootstrap=asked)
    return promote(shop, wish)


def _decision(found: Preview, asked: Bootstrap) -> str:
    """The command that decides: with one of the hosts that the refusals name, unless a choice was refused."""
    look = f"promote bootstrap --stage {found.stage}"
    told = " ".join(found.plan.refusals)
    named = [row.host for row in found.plan.found or () if re.search(rf"(?<![\w-]){row.host}(?![\w-])", told)]
    if asked.sources:
        return look
    if not named:
        return f"promote plan --stage {found.stage}"
    return f"{look} --from HOST --yes, where HOST is {' or '.join(named)}"


def _standing(shop: Workshop, stage: str) -> Release:
    history = shop.history()
    standing = history.stage(stage).standing
    if standing is None:
        raise NotEligible(
            f"nothing stands in {stage}", why="no promotion has changed it", next=f"promote --stage {stage}"
        )
    return history.releases[standing]

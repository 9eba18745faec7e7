"""Which release a command is about: the named one, the checkout's, or that of the stage before."""

from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from pipeline.core import events as ev
from pipeline.core.errors import (
    ConfigProblem,
    ConfigProblems,
    Deferred,
    LedgerMoved,
    NotEligible,
    Unpinnable,
    UsageProblem,
)
from pipeline.core.history import History
from pipeline.core.line import LineStage, line_of
from pipeline.core.policy.next_release import up_next
from pipeline.core.policy.rejection import why_rejected
from pipeline.core.release import SHORT, Pin, Release, find_release
from pipeline.core.stages import StageGraph
from pipeline.engine.known import rules_on
from pipeline.ports import Checkout, CheckResult
from pipeline.workshop import Workshop


class Changed(Enum):
    """What a candidate was made for: a change of the code, or one of the config alone."""

    CODE = "code"
    CONFIG = "config"


def sound(result: CheckResult) -> StageGraph:
    """The stages of a valid config. Raises ConfigProblems with every problem."""
    if result.problems:
        raise ConfigProblems(result.problems)
    if problems := result.graph.problems():
        raise ConfigProblems(tuple(ConfigProblem("config", 1, 1, text, None) for text in problems))
    return result.graph


def graph_at_hand(shop: Workshop, config: str | None) -> StageGraph:
    """The stages of the current config, pinned or not. Raises ConfigProblems."""
    with shop.revisions.loose(config) as directory:
        return check_directory(shop, directory)


def check_directory(shop: Workshop, directory: Path) -> StageGraph:
    """The stages of a config directory, read by the checkout's code. Raises ConfigProblems."""
    return sound(shop.checkout_deployer(directory).check(""))


def choose(
    shop: Workshop, stage: str, name: str | None, config: str | None, changed: Changed | None = None
) -> tuple[Release, str]:
    """The release to bring into `stage`, and why this one.

    For the first stage, pins the checkout unless a release is named; or, once code or config has `changed`,
    the newest config that fits it. Raises UsageProblem, ConfigProblems, DirtyTree, Deferred, or NotEligible
    when no release may enter.
    """
    if name is not None:
        return find_release(shop.history().releases.values(), name), "named on the command line"
    rules = rules_of(shop, stage, config)
    if rules.first:
        return newest(shop, config, changed)
    if changed is not None:
        raise UsageProblem(
            f"a candidate enters the first stage, and {stage} comes after {rules.before}",
            next=f"promote --stage {stage}, without --candidate",
        )
    return up_next(shop.history(), rules), f"the release verified in {rules.before}"


def newest(shop: Workshop, config: str | None, changed: Changed | None) -> tuple[Release, str]:
    """Pin the checkout or, once code or config has `changed`, a candidate; return it, and why this one.

    Raises UsageProblem, ConfigProblems, DirtyTree, or NotEligible, as `candidate` does.
    """
    if changed is not None:
        return candidate(shop, config, changed)
    return pin(shop, shop.revisions.identify(config)), "the release of the checkout"


def candidate(shop: Workshop, config: str | None, changed: Changed) -> tuple[Release, str]:
    """Pin the checkout's code with the newest config that it accepts; return the release, and which it has.

    After a change of the config, the code must have been pinned before, since what is pinned has passed its
    own tests; older code is never taken instead. Raises ConfigProblems or Unpinnable, of the newest config,
    if none can go with the code; after a change of the config, Deferred for code that was not pinned,
    NotEligible for code that was rejected; else as `pin`.
    """
    refused: list[ConfigProblems | Unpinnable] = []
    for named in shop.candidates.configs(config):
        try:
            pair = shop.revisions.identify(named)
            if changed is Changed.CONFIG:
                _require_tested(shop.history(), pair.pin)
            release = pin(shop, pair)
        except (ConfigProblems, Unpinnable) as problem:
            refused.append(problem)
            continue
        return release, _revisions(release.pin, refused)
    raise refused[0]


def _require_tested(history: History, pin: Pin) -> None:
    """Raise Deferred if no release has this code yet, NotEligible if a person rejected one that has it.

    Failed gates are no rejection: a changed config may be what mends them.
    """
    own = [release for release in history.releases.values() if release.pin.code == pin.code]
    if not own:
        raise Deferred(
            f"code {pin.commit[:SHORT]} was never pinned in this site; no changed config goes with it yet",
            why="its own pipeline has not come so far; it takes the newest config with it, after its tests",
            next="promote pin --candidate code",
        )
    for release in own:
        if why := why_rejected(history, release):
            raise NotEligible(
                f"code {pin.commit[:SHORT]} was rejected, so no changed config goes with it",
                why=why,
                next=f"promote reject {release.alias} --withdraw --reason TEXT, or revert the code",
            )


def _revisions(pin: Pin, refused: Sequence[ConfigProblems | Unpinnable]) -> str:
    """Why this pair: what it has, and what is newer but the code refuses it, or no release can hold it."""
    own = f"the newest that fit: code {pin.commit[:SHORT]}, config {pin.config_revision[:SHORT]}"
    if not refused:
        return own
    newest = refused[0]
    why = newest.problems[0] if isinstance(newest, ConfigProblems) else f"{newest.where}: {newest.why}"
    return f"{own}; of the config, {len(refused)} newer refused, the newest for {why}"


def choose_planned(shop: Workshop, stage: str, release: str, config: str | None) -> Release:
    """The release of a plan, by its id. Pins the checkout if the plan was made before its release was pinned.

    Raises NotEligible if the checkout is another release by now, ConfigProblems, DirtyTree.
    """
    known = shop.history().releases.get(release)
    if known is not None:
        return known
    checkout = shop.revisions.identify(config)
    if checkout.pin.id != release:
        raise NotEligible(
            f"the plan is of release {release[:SHORT]}, which is not pinned in this site",
            why=f"the checkout is release {checkout.pin.id[:SHORT]}",
            next=f"promote plan --stage {stage} --out FILE",
        )
    return pin(shop, checkout)


def rules_of(shop: Workshop, stage: str, config: str | None) -> LineStage:
    """The rules of `stage` on the site's line.

    A new site has no line yet, so it is asked of the config at hand. Raises UsageProblem for an unknown
    stage, and then ConfigProblems.
    """
    return rules_on(shop.history().line or line_of(graph_at_hand(shop, config)), stage)


def pin(shop: Workshop, checkout: Checkout) -> Release:
    """Make the pair a release, atomically; an equal pair is the same release. Raises ConfigProblems."""
    shop.revisions.materialise(checkout)
    graph: StageGraph | None = None
    while True:
        history = shop.history()
        known = history.releases.get(checkout.pin.id)
        if known is not None:
            return known
        graph = graph or sound(shop.deployer.check(checkout.pin.id))
        release = Release(history.next_alias(), checkout.pin, graph)
        event = ev.ReleasePinned(release.id, release.alias, release.pin, release.stages, shop.actor)
        try:
            records = shop.ledger.append([event], head=history.head)
        except LedgerMoved:
            continue
        for record in records:
            shop.notifier.recorded(record)
        return release

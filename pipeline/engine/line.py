"""The site's line: taken from the first release of a new site, and set by a person afterwards."""

from pipeline.core import events as ev
from pipeline.core.errors import LedgerMoved, NotEligible
from pipeline.core.history import History
from pipeline.core.line import Line, checks_of, line_of
from pipeline.core.release import Release
from pipeline.ports import Context, Deployer
from pipeline.workshop import Workshop


def ensure_line(shop: Workshop, release: Release) -> None:
    """Give a site that has no line one: that of `release`, or of a release that has gone all the way.

    The latter is for sites older than lines: what stands at the end of the way is what their operators trust,
    rather than the release that happens to come next.
    """
    history = shop.history()
    if history.line is not None:
        return
    source = _trusted(history) or release
    line = line_from(shop.deployer, history, source)
    _append(shop, line, source.alias, expected=None)


def line_from(deployer: Deployer, history: History, release: Release) -> Line:
    """The line that a release's own config describes, with the checks of its rosters.

    Raises what `Deployer.roster` raises.
    """
    artifacts = history.artifacts.get(release.id, {})
    checks = {
        spec.name: {
            gate: checks_of(deployer.roster(Context(spec.name, release.id, artifacts=artifacts), gate))
            for gate in spec.gates
        }
        for spec in release.stages.stages
    }
    return line_of(release.stages, checks)


def set_line(shop: Workshop, line: Line, source: str, *, expected: Line | None) -> None:
    """Make `line` the site's line. Raises NotEligible when the line is not the expected one any more."""
    if not _append(shop, line, source, expected=expected):
        raise NotEligible("the line was changed meanwhile; nothing was set", next="promote line show")


def _trusted(history: History) -> Release | None:
    """The release pinned last of those that are verified in the last stage of their own config."""
    found = [
        release
        for release in history.releases.values()
        if release.id in history.stage(release.stages.names()[-1]).verified
    ]
    return found[-1] if found else None


def _append(shop: Workshop, line: Line, source: str, *, expected: Line | None) -> bool:
    """Append the event unless the line is not the expected one (any more)."""
    while True:
        history = shop.history()
        if history.line != expected:
            return False
        try:
            records = shop.ledger.append([ev.LineSet(line, shop.actor, source)], head=history.head)
        except LedgerMoved:
            continue
        for record in records:
            shop.notifier.recorded(record)
        return True

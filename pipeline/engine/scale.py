"""Changing how many hosts of a role a stage has, in the checkout's config."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.core.credentials import without_credentials
from pipeline.core.errors import UsageProblem
from pipeline.core.line import line_of
from pipeline.engine.choose import graph_at_hand
from pipeline.tool_ports import Scaled
from pipeline.workshop import Workshop

IN_TREE = "in-tree"


@dataclass(frozen=True, slots=True)
class Scaling:
    """What was changed in the config, and the commands that bring it into the stage, in order."""

    scaled: Scaled
    next: tuple[str, ...]


def scale(shop: Workshop, stage: str, counts: Mapping[str, int], config: str | None) -> Scaling:
    """Write the counts into the checkout's config. Deploys and pins nothing.

    Raises ConfigProblems with every problem, and UsageProblem if the site's config is not the checkout's.
    Then nothing was changed.
    """
    _require_own_config(shop, stage, counts, config)
    scaled = shop.tools.scale(stage, counts)
    if not scaled.changes:
        return Scaling(scaled, ())
    line = shop.history().line or line_of(graph_at_hand(shop, None))
    names = line.names()
    # A release enters the first stage first.
    through = names[: names.index(stage) + 1] if stage in names else (*names, stage)
    said = ", ".join(f"{one.role} from {one.before} to {one.after}" for one in scaled.changes)
    commit = shlex.join(("git", "commit", "--message", f"{stage}: {said}", scaled.file))
    return Scaling(scaled, (commit, *(f"promote --stage {name}" for name in through)))


def _require_own_config(shop: Workshop, stage: str, counts: Mapping[str, int], config: str | None) -> None:
    newest = max(shop.history().releases.values(), key=lambda release: int(release.alias[1:]), default=None)
    if config is None and (newest is None or newest.pin.config_source == IN_TREE):
        return
    wanted = ", ".join(f"{role}: {count}" for role, count in counts.items())
    why = (
        f"{newest.alias}, the newest release here, has its config from elsewhere"
        if config is None and newest is not None
        else "it is given with --config, and `promote scale` changes only the config/ of the checkout"
    )
    raise UsageProblem(
        "this config is not the checkout's; nothing was changed",
        where=without_credentials(config or "the repository or directory that promote gets with --config"),
        why=why,
        next=f"under `roles` in its stages/{stage}.yaml write {wanted}; commit that, then promote as before",
    )

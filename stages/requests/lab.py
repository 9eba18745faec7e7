"""The lab verbs: list hosts, remove a stage or the whole lab, run a client inside a stage."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stages.errors import BadRequest
from stages.machine import secrets
from stages.machine.site import Site
from stages.machine.substrates import everywhere, lab
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.substrate import Argv
from stages.requests import target
from stages.requests.context import Context


def status(site: Site, stage: str | None) -> list[dict[str, Any]]:
    """The existing hosts of the site, or of one stage of it, sorted by stage and host."""
    found = sorted(everywhere.seen(site, stage), key=lambda seen: (seen.stage, seen.host))
    return [
        {
            "stage": seen.stage,
            "host": seen.host,
            "role": seen.role,
            "state": seen.state,
            "address": seen.address,
            "image": seen.image,
        }
        for seen in found
    ]


def down(site: Site, stage: str | None, tokens: Mapping[str, int], say: Callable[[str], None]) -> list[str]:
    """Remove a stage's hosts, data and network; with None those of all stages, and images and keys, too.

    `tokens` has the tokens of the leases held for this, by stage. Returns the names of what was removed.
    Raises LeaseLost when a newer token was granted for one of the stages.
    """
    standing = everywhere.stages(site) if stage is None else {stage}
    names = sorted({*standing, *tokens})
    held = {name: Lease(tokens.get(name, 0), site.lease_record(name)) for name in names}
    for lease in held.values():
        lease.check()
    removed = everywhere.demolish(site, stage, held)
    folders = [site.stage(stage), site.path / "secrets" / stage, site.keys / "hosts" / stage] if stage else []
    if stage is None:
        removed += lab.drop_images(site, say)
        folders = [site.path / name for name in ("stages", "secrets", "keys", "appliers", "software")] + [
            site.sockets
        ]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return removed


def command(
    context: Context, argv: Sequence[str], preview: str | None = None
) -> tuple[list[str], dict[str, str]]:
    """The argv that runs `argv` inside the stage, and its environment, where OS_CLOUD is the administrator.

    With `preview`, the colour of that name answers it, whichever answers clients. Only reads the files that
    the last gate wrote. Raises BadRequest when no gate has run, or there is no such preview.
    """
    folder = context.site.stage(context.stage)
    if not (folder / "clouds.yaml").exists():
        raise BadRequest(
            f"{context.stage} has no endpoint yet",
            where=str(folder / "clouds.yaml"),
            why="it is written when a stage is deployed and its first gate begins",
            next=f"promote --stage {context.stage}",
        )
    beside = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{beside}{os.pathsep}{os.environ.get('PATH', '')}",
        "OS_CLIENT_CONFIG_FILE": str(folder / "clouds.yaml"),
        "OS_CLOUD": context.stage,
    }
    reference = context.draft.references.get(target.ADMIN_PASSWORD)
    if reference is not None:  # clouds.yaml does not hold it
        environment["OS_PASSWORD"] = secrets.referenced(target.ADMIN_PASSWORD, reference)
    return [*_inside(context, preview), *argv], environment


def _inside(context: Context, preview: str | None) -> Argv:
    if preview is None:
        return context.substrate.inside()
    found = {colour.value: one.inside for colour, one in context.substrate.previews().items()}
    if preview not in found:
        raise BadRequest(
            f"{context.stage} has no preview {preview}",
            where=context.stage,
            why=f"it has {' and '.join(found) or 'none: only while two colours stand does each have one'}",
            next=f"promote lab status --stage {context.stage}",
        )
    return found[preview]

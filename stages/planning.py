"""The verb `plan`: observe the stage and say what would turn it into what the release wants."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from stages import doctor, plan
from stages.errors import ImageGone
from stages.images import build
from stages.observe import observe
from stages.steps import Plan, Wanted
from stages.substrates import ssh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stages.blueprint import Blueprint
    from stages.context import Context
    from stages.observed import Observed


def make(context: Context) -> Plan:
    """The plan for the stage as it is now. Changes no host; without a token nothing in the site, either."""
    root = doctor.root()
    if not root.ok:
        return Plan((), (f"only root can see and make hosts: {root.seen} asks (next: {root.next})",))
    draft = context.draft
    image, recorded = context.image, context.image is not None
    if image is not None:
        try:
            build.require(image)
        except ImageGone as error:
            if not context.first:
                return Plan((), (str(error),))
            image, recorded = None, False
    if image is None and context.first:
        image = build.find(draft.image)
    wanted = Wanted(
        image=image,
        build=context.first,
        recorded=recorded,
        manifests={name: manifest.digest() for name, manifest in draft.manifests.items()},
    )
    with _way(context) as ssh_config:
        observed = observe(context.site, draft, ssh_config)
    made = plan.make(draft.blueprint, observed, wanted)
    return Plan((), lacking) if (lacking := _lacking(draft.blueprint, observed, made)) else made


@contextlib.contextmanager
def _way(context: Context) -> Iterator[Path]:
    """The ssh configuration to ask hosts by. A preview has one of its own: the stage's may be a run's."""
    if context.lease.token:
        yield ssh.configure(context.site, context.draft.blueprint)
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield ssh.borrow(context.site, context.draft.blueprint, Path(folder))


def _lacking(blueprint: Blueprint, observed: Observed, made: Plan) -> tuple[str, ...]:
    """What this machine lacks for the hosts that the plan adds: better said now than by the last of them."""
    added = [
        step.host for step in made.steps if step.action["do"] == "create" and step.host not in observed.hosts
    ]
    findings = doctor.fit_for(Counter(blueprint.host(name).role for name in added if name))
    return tuple(
        f"too little {finding.check} for new hosts: {finding.seen}, {finding.wanted} (next: {finding.next})"
        for finding in findings
        if not finding.ok
    )

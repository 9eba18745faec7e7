"""The verb `plan`: observe the stage and say what would turn it into what the release wants."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from stages import doctor, plan
from stages.errors import ImageGone
from stages.images import build
from stages.observe import observe
from stages.steps import Plan, Wanted

if TYPE_CHECKING:
    from stages.blueprint import Blueprint
    from stages.context import Context
    from stages.observed import Observed


def make(context: Context) -> Plan:
    """The plan for the stage as it is now. Changes nothing."""
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
    observed = observe(context.site, draft)
    made = plan.make(draft.blueprint, observed, wanted)
    return Plan((), lacking) if (lacking := _lacking(draft.blueprint, observed, made)) else made


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

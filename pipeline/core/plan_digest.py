"""The digest of a plan: equal for two plans that would do the same."""

import hashlib
import json

from pipeline.core.codec import plain
from pipeline.core.plan import Plan


def digest_of(plan: Plan) -> str:
    """The SHA-256, in hexadecimal, of the canonical JSON of its steps, refusals, summary and legs.

    What was tried again while it was made, and in which order its steps are listed, are not part of it.
    """
    steps = sorted(plan.steps, key=lambda step: step.id)
    said = {"steps": plain(steps), "refusals": plain(plan.refusals), "summary": _summary(plan)}
    if plan.legs:  # the digest of a plan without is as it was before there were any
        said["legs"] = plain(plan.legs)
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _summary(plan: Plan) -> list[list[str]]:
    return sorted([change.host, change.change] for change in plan.summary)

"""A line written as the text of a YAML file, which `line_file` reads."""

from collections.abc import Iterable

import yaml

from pipeline.core.approval import NONE_NEEDED, ApprovalRule
from pipeline.core.forge_rule import NOTHING_TAKEN, ForgeRule
from pipeline.core.identity import Identity
from pipeline.core.line import Line, LineStage

_HEAD = """\
# The line of a site: its stages in order. Before a release enters one, it must be verified in all of `after`,
# or, with `after: {any: [staging-eu, staging-us]}`, in one of them.
# Each gate's roster must have at least these checks; a release may add gates and checks, and take none away.
# soak: how long (90s, 15m, 2h) it must have stood verified there.
# freezes: when no promotion enters, each with why, begins (2026-12-18T18:00, local time), lasts (62h), zone
# (Europe/Berlin; else UTC), and rule, if it recurs: an RRULE of RFC 5545 such as FREQ=WEEKLY;BYDAY=FR.
# approvals: how many people (count) must approve what another one promotes; by: only these; within: for how
# long an approval counts (else 24h); verified: true: only of people whose name somebody vouches for.
# identity, beside stages: whose tokens prove who runs a job: issuer (https://gitlab.example), audience, and
# keys (the absolute path of a file with the issuer's keys, a JWKS) if the issuer cannot be reached; projects:
# only jobs of these are believed, each by its path or number: [group/project, 42].
# overrides: the names of those who may let a release go on although one gate does not pass: {by: [alice]};
# verified: true: only if somebody vouches for the name.
# lab: a broken stage may be left standing (--keep).
# reuse: by gate, for how long (1h, 7d; else never) a check that passed on the same inputs need not run again.
# protected: a person who promotes into it with `promote to` is asked first.
# gitlab: what it takes from GitLab. freezes: true: its freeze periods keep promotions out; if it is silent,
# the last known ones do or, with without_answer: wait, nothing enters. approvals: true: those of deployments
# are recorded, and stand for none of the line's. deployments: who records them there: job or api.
"""


def written(line: Line) -> str:
    """The line as YAML, which `line_file.read` reads. Checks stand in a row for each component."""
    identity = {"identity": _identity_data(line.identity)} if line.identity else {}
    stages = {stage.name: _stage_data(stage) for stage in line.stages}
    body = yaml.safe_dump({**identity, "stages": stages}, sort_keys=False, default_flow_style=None, width=110)
    return _HEAD + body


def _stage_data(stage: LineStage) -> dict[str, object]:
    gates = {gate.name: _by_component(gate.least) for gate in stage.gates}
    freezes = [
        {"why": one.why, "begins": one.begins, "lasts": f"{one.lasts_s}s", "zone": one.zone, "rule": one.rule}
        for one in stage.freezes
    ]
    approvals = {} if stage.approvals == NONE_NEEDED else {"approvals": _approval_data(stage.approvals)}
    return {
        "after": {"any": list(stage.after)} if stage.after_any else list(stage.after),
        "soak": f"{stage.soak_s}s",
        "freezes": freezes,
        **approvals,
        "overrides": {"by": list(stage.overriders), "verified": stage.overriders_verified},
        "lab": stage.lab,
        "protected": stage.protected,
        "gates": gates,
        **({} if stage.forge == NOTHING_TAKEN else {"gitlab": _forge_data(stage.forge)}),
        "reuse": {gate.name: f"{gate.reuse_s}s" for gate in stage.gates if gate.reuse_s},
    }


def _forge_data(rule: ForgeRule) -> dict[str, object]:
    owner = {"deployments": rule.deployments.value} if rule.deployments.value else {}
    said = {"freezes": rule.freezes, "without_answer": rule.silence.value, "approvals": rule.approvals}
    return {**said, **owner}


def _approval_data(rule: ApprovalRule) -> dict[str, object]:
    within = f"{rule.within_s}s"
    return {"count": rule.count, "by": list(rule.by), "within": within, "verified": rule.verified}


def _identity_data(identity: Identity) -> dict[str, object]:
    keys = {"keys": identity.keys} if identity.keys else {}
    projects = {"projects": list(identity.projects)} if identity.projects else {}
    return {"issuer": identity.issuer, "audience": identity.audience, **keys, **projects}


def _by_component(least: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for check in least:
        component, _, name = check.partition("/")
        found.setdefault(component, []).append(name)
    return found

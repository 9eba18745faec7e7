"""A database takes all connections that the services of a stage may open: a budget, as those of faults."""

from stages import roles as known_roles
from stages.config.document import Document
from stages.config.models import StageConfig
from stages.config.problems import Problem
from stages.config.roles import place
from stages.design.blueprint import Tier
from stages.design.parts import Refused

# For members' health checks, gates, commands that create schemas, backups, and a person who looks.
RESERVED = 50
DATABASE, KEY = "database", "max_connections"


def judge_connections(
    stage: StageConfig, defaults: Document, document: Document, colours: int = 1
) -> list[Problem]:
    """The problem that a stage's services may open more connections than one database takes; else none.

    Of coloured hosts there are `colours` sets. `defaults` is roles.yaml, `document` the stage's own file.
    """
    if (refused := too_many(stage, colours)) is None:
        return []
    return [Problem.at(place(DATABASE, KEY, defaults, document), refused.what, refused.next)]


def too_many(stage: StageConfig, colours: int) -> Refused | None:
    """The same as a refusal, for whoever has no file at hand; None if a database takes all."""
    if DATABASE not in stage.roles or DATABASE not in stage.settings:
        return None
    allowed = int(getattr(stage.settings[DATABASE], KEY))
    parts = _parts(stage, colours)
    needed = sum(hosts * each for _, hosts, each in parts) + RESERVED
    if needed <= allowed:
        return None
    listed = " + ".join(f"{hosts} {name} x {each}" for name, hosts, each in parts)
    return Refused(
        f"{KEY}: {stage.name} may open {needed} connections, and a database takes {allowed}",
        next=f"{listed} + {RESERVED} reserved = {needed}: write at least that, or lower database_overflow",
    )


def _parts(stage: StageConfig, colours: int) -> list[tuple[str, int, int]]:
    """Each role that uses the database, how many hosts it has, and how many connections each may open."""
    found = []
    for name, count in stage.roles.items():
        if name in known_roles.ROLES and name in stage.settings:
            role = known_roles.load(name)
            each = role.connections(stage.settings[name])
            hosts = count * colours if role.tier is Tier.COLOURED else count
            if each:
                found.append((name, hosts, each))
    return found

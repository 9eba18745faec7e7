"""How the schemas of a project come to the next release while the release before still serves. Values only.

stages/openstack/phases.py makes formations of them. Those of a new stage (stages/openstack/forming.py) do all
phases at once, on databases that nobody uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from stages.design.parts import Schema


class UpgradePhase(Enum):
    """The phases in their order. Until the third, the release before can serve on the same schemas."""

    EXPAND = "expand"  # tables and columns that the new release needs are added
    MIGRATE = "migrate"  # rows are brought into them, as far as both releases read them
    ONLINE = "online"  # rows are changed in batches while the new release serves, alone
    CONTRACT = "contract"  # what only the release before used is dropped


@dataclass(frozen=True, slots=True)
class Question:
    """A command that says by its exit status how far a schema, or a whole project, is.

    After a status in `good` the next step may go, after one in `bad` it may not; each says what it means. Any
    other status is a failure of the command itself. `blind` names releases whose own command can't be relied
    upon, and why: those are not asked.
    """

    command: tuple[str, ...]
    good: Mapping[int, str]
    bad: Mapping[int, str]
    blind: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Work:
    """One command of a phase, and what it leaves behind. It may be repeated, and then finds nothing to do.

    `irreversible` says why what it did stays. `ends_before` says why the release before can't serve from then
    on; empty: it can, so the upgrade can still be abandoned. A command that exits with `again` has done a
    part and is to be run again; `failures` are its documented statuses otherwise. `asked_before` says whether
    it may run while anybody serves; None: it may. `asked_after` says whether it has done all; None: only the
    heads do.
    """

    phase: UpgradePhase
    command: tuple[str, ...]
    irreversible: str
    ends_before: str = ""
    again: int | None = None
    failures: Mapping[int, str] = field(default_factory=dict)
    asked_before: Question | None = None
    asked_after: Question | None = None


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The upgrade of one project: `works` in their order, run as `user` by the new release's programs.

    `ready` is asked before anything is changed. A phase that is not in `works` has nothing to do.
    """

    project: str
    user: str
    schemas: tuple[Schema, ...]
    ready: Question
    works: tuple[Work, ...]

    def of(self, phase: UpgradePhase) -> tuple[Work, ...]:
        """The commands of this phase."""
        return tuple(work for work in self.works if work.phase is phase)

    @property
    def heads(self) -> Mapping[str, tuple[str, ...]]:
        """By database, the command that prints its revisions, one a line and sorted.

        What they must be after each phase is in the review of the step (stages/openstack/review.py): it holds
        for projects that have no question of their own, too, and where that question is blind.
        """
        return {name: _revisions(schema, name) for schema in self.schemas for name in schema.databases}


def _revisions(schema: Schema, database: str) -> tuple[str, ...]:
    table = f"{database}.alembic_version"
    statement = f"SELECT version_num FROM {table} ORDER BY version_num"  # noqa: S608 - a role names the database
    options = (f"--defaults-extra-file={schema.client}", "--batch", "--skip-column-names")
    return ("mariadb", *options, "--execute", statement)

"""What the commands of OpenStack's projects have in common when a release is upgraded. Pure.

The statuses are those of the projects' own code, read in the versions that the locks name.
"""

from collections.abc import Mapping

from stages.design.upgrading import Question, UpgradePhase, Work
from stages.openstack.software import BIN

NO_DOWNGRADE = "no project can downgrade its database: what it was before is only in a backup"
BATCH = 1000  # rows that an online migration changes before it is asked whether to go on


def ready_question(program: str, *options: str, blind: Mapping[str, str] | None = None) -> Question:
    """The question of `<project>-status upgrade check`, which all projects answer alike."""
    return Question(
        (f"{BIN}/{program}", *options, "upgrade", "check"),
        good={0: "nothing stands in the way"},
        bad={1: "there are warnings, to be read by a person", 2: "something stops the upgrade"},
        blind=blind or {},
    )


def expand(*command: str, asked_after: Question | None = None) -> Work:
    """What adds, or a project's only migration command. What its scripts do besides adding is reviewed."""
    return Work(UpgradePhase.EXPAND, command, irreversible=NO_DOWNGRADE, asked_after=asked_after)


def contract(*command: str, asked_after: Question, asked_before: Question | None = None) -> Work:
    """What drops."""
    return Work(
        UpgradePhase.CONTRACT,
        command,
        irreversible=NO_DOWNGRADE,
        ends_before="what only the release before reads and writes is dropped",
        asked_before=asked_before,
        asked_after=asked_after,
    )


def online(*command: str, count: str = "--max-count") -> Work:
    """A project's online data migrations, a batch at a time, after the last host of the release before."""
    return Work(
        UpgradePhase.ONLINE,
        (*command, count, str(BATCH)),
        irreversible="rows that were changed are not changed back",
        ends_before="the release before may not know the new form of a row",
        again=1,
        failures={2: "some migrations failed, and no other could go on", 127: "the count is invalid"},
    )

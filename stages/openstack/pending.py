"""What an upgrade has left to do to the schemas when the old colour is gone: recorded beside the data. Pure.

Nothing else tells it: most releases have nothing to contract, and online migrations leave no trace.
"""

from collections.abc import Iterable, Mapping

from stages.design.manifest import Command
from stages.openstack.hosts import APPLIED, DATABASE

FACT = "schemas-wait"
_NOTHING = "nothing"
ASK = (
    "mariadb",
    f"--defaults-extra-file={DATABASE}",
    "--connect-timeout=3",
    "--batch",
    "--skip-column-names",
    "--execute",
    f"SELECT revision FROM stagegate.applied WHERE name = '{FACT}'",  # noqa: S608 - a constant
)


def note(before: str, after: str) -> Command:
    """Record that the schemas wait: for what is to be done from one OpenStack release to the next."""
    return Command("note", (APPLIED, "note", FACT, f"{before} {after}"))


def note_none() -> Command:
    """Record that they wait for nothing."""
    return Command("note", (APPLIED, "note", FACT, _NOTHING))


def before(facts: Iterable[Mapping[str, str]], after: str) -> str | None:
    """The OpenStack release from which the schemas came to this one, if they wait; None if they do not.

    `facts` are those of hosts. A note about another release is of an upgrade that was abandoned since.
    """
    for of_host in facts:
        match of_host.get(FACT, "").split():
            case [earlier, noted] if noted == after:
                return earlier
    return None

"""The queues of hosts whose services answer calls, in RabbitMQ, and how they end. Pure.

Such a service reads the queue of its topic, one of its topic and its own host, TOPIC.HOST, and one for what
goes to all. The last expires. The others are for good: when nobody reads them any more, they keep each call
that still comes, and look like those of a service that has failed. Who reads them is known where hosts leave,
and where a host has come to another OpenStack release, whose services may read fewer topics.

A host that is gone is in no plan, so a deletion that failed, or was never reached, is not repeated by its own
step: brokers tell whose queues nobody reads, and who of them is a host that the stage does not have follows.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from stages.design.blueprint import Blueprint, Colour, Facts
from stages.design.leaving import Act, by_first
from stages.design.manifest import LIB, Command
from stages.design.parts import Formation, Milestone, Phase

UNREAD = f"{LIB}/rabbitmq-unread"  # a program on messaging hosts
WITHIN = 600  # seconds: ends one that hangs, since it ends by itself
FACT, ASK = "unread", (UNREAD, "whose")  # what a broker tells: nothing, or names behind these words
NOBODY_READS = "nobody reads queues of "
COLOURED = "|".join(colour.value for colour in Colour)


def of_gone(blueprint: Blueprint, host: str) -> tuple[Act, ...]:
    """What a broker does when a host is gone; nothing in a stage without brokers."""
    brokers = [one.name for one in blueprint.members("messaging")]
    delete = Command("delete the queues", (UNREAD, "gone", host), within=WITHIN, tells=True)
    return by_first(brokers, f"delete the queues of {host}", delete)


def of_those_that_stay(blueprint: Blueprint, role: str, hosts: Sequence[str]) -> tuple[Formation, ...]:
    """What a broker does when hosts of a role run again; nothing in a stage without brokers.

    It comes after `ready/ROLE`. It fails where a host reads none of its queues: nobody knows then which of
    them are left over, and to delete all would hide that its service has failed.
    """
    delete = Command("delete the queues", (UNREAD, "stays", *hosts), within=WITHIN, tells=True)
    return tuple(
        Formation(
            id=f"ready/{role}-queues",
            kind="ready",
            phase=Phase.SERVE,
            host=broker.name,
            title=f"delete queues that {', '.join(hosts)} read no more",
            commands=(delete,),
            done=(UNREAD, "none", *hosts),
            after=(f"ready/{role}",),
            needs=(Milestone("messaging", Phase.SERVE),),
        )
        for broker in blueprint.members("messaging")[:1]
    )


def of_strangers(
    blueprint: Blueprint, facts: Facts, callers: Collection[str], after: tuple[str, ...]
) -> Iterator[Formation]:
    """What a broker does where queues are left of hosts that the stage does not have; mostly nothing.

    `callers` are the roles whose hosts have queues. What somebody reads stays, and is no error: a host that
    is about to leave may still run.
    """
    for broker in blueprint.members("messaging"):
        if FACT in facts.get(broker.name, {}):
            if names := _strangers(blueprint, facts[broker.name][FACT], callers):
                yield Formation(
                    id="ready/left-queues",
                    kind="ready",
                    phase=Phase.SERVE,
                    host=broker.name,
                    title=f"delete queues of {', '.join(names)}, which the stage does not have",
                    commands=(
                        Command("delete the queues", (UNREAD, "left", *names), within=WITHIN, tells=True),
                    ),
                    after=after,
                )
            return


def _strangers(blueprint: Blueprint, told: str, callers: Collection[str]) -> list[str]:
    own = {host.name for host in blueprint.reachable}
    named = re.compile(rf"(?:{'|'.join(map(re.escape, callers))})(?:-(?:{COLOURED}))?-[0-9]+")
    names = told.removeprefix(NOBODY_READS).split(", ")
    return [name for name in names if named.fullmatch(name) and name not in own]

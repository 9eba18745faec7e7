"""The queues of hosts whose services answer calls, in RabbitMQ, and how they end. Pure.

Such a service reads the queue of its topic, one of its topic and its own host, TOPIC.HOST, and one for what
goes to all. The last expires. The others are for good: when nobody reads them any more, they keep each call
that still comes, and look like those of a service that has failed. Who reads them is known where hosts leave,
and where a host has come to another OpenStack release, whose services may read fewer topics.
"""

from collections.abc import Sequence

from stages.design.blueprint import Blueprint
from stages.design.leaving import Act, by_first
from stages.design.manifest import LIB, Command
from stages.design.parts import Formation, Milestone, Phase

UNREAD = f"{LIB}/rabbitmq-unread"  # a program on messaging hosts
WITHIN = 600  # seconds: ends one that hangs, since it ends by itself


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

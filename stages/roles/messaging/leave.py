"""How brokers leave RabbitMQ's cluster. Pure.

A broker that stays does it (rabbitmq-dismiss): it takes the other one's replicas out of every quorum queue,
stops that one's application, and makes the cluster forget it. The Erlang node of the one that goes still runs
then, and only nodes count for `pause_minority`: so of two brokers one can leave without the other pausing.

The broker that goes is left without its mark of a member, so if it ever starts again, it joins as a new one,
and its old data are no obstacle.
"""

from stages.design.blueprint import Blueprint, Facts
from stages.design.leaving import Going, Leave, by_first
from stages.design.manifest import LIB, Command

DISMISS = f"{LIB}/rabbitmq-dismiss"
WITHIN = 300  # seconds for all tries; each call has the 20 s of rabbitmq-erl, enough for some hundred queues


def leave(blueprint: Blueprint, _facts: Facts, going: tuple[Going, ...]) -> tuple[Leave, ...]:
    """Each is dismissed by the first that stays; with the whole role nobody is left to tell."""
    stay = [host.name for host in blueprint.members("messaging")]
    leaves = []
    for host in going:
        dismiss = Command("dismiss", (DISMISS, host.name), within=WITHIN)
        title = f"take {host.name} out of the queues and the cluster"
        leaves.append(Leave(host.name, before=by_first(stay, title, dismiss)))
    return tuple(leaves)

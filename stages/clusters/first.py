"""Which host of a cluster is first, from what each of them has: decided, or left to a person. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stages.design.blueprint import CHOSEN, Host
from stages.design.parts import Refused

# What a host says that it has; the template `state` prints these.
WHOLE, MEMBER, UNMARKED, FRESH = (
    "a whole member",
    "a member's data",
    "data without a member's mark",
    "no data",
)


@dataclass(frozen=True, slots=True)
class First:
    """The host that comes first. If a person `chose` it, hosts in `discard` lose their data to it.

    `others` are in the order of joining: those that discard data before those that have none, which could
    otherwise join them.
    """

    host: Host
    others: tuple[Host, ...]
    chosen: bool = False
    discard: frozenset[str] = frozenset()


def first(
    program: str, stage: str, members: Sequence[Host], facts: Mapping[str, Mapping[str, str]], *, follow: bool
) -> First | Refused:
    """The first host: by number, but where no host is a member, the only one that has data.

    With `follow`, the other members keep their data if a person chose one's: they find to it by themselves.
    """
    states = {host.name: facts.get(host.name, {}).get(program, FRESH) for host in members}
    holders = [host for host in members if states[host.name] != FRESH]
    chosen = [host for host in members if facts.get(host.name, {}).get(CHOSEN)]
    seen = ", ".join(f"{name} has {state}" for name, state in states.items())
    again = f"promote bootstrap --stage {stage}"
    if chosen:
        if WHOLE in states.values():
            return Refused(f"there is a cluster already: {seen}", next=f"promote --stage {stage}")
        if chosen[0] not in holders:
            return Refused(f"{chosen[0].name} has nothing to start the cluster from: {seen}", next=again)
        keeping = {name for name, state in states.items() if follow and state == MEMBER}
        discard = frozenset(host.name for host in holders if host is not chosen[0]) - keeping
        others = sorted(_but(chosen[0], members), key=lambda host: host not in holders)
        return First(chosen[0], tuple(others), chosen=True, discard=discard)
    if not holders or {WHOLE, MEMBER}.intersection(states.values()):
        return First(members[0], _but(members[0], members))
    if len(holders) > 1:
        return Refused(
            f"no host is known to be a member of {program}'s cluster, and several have data: {seen}; "
            "whose count is not guessed",
            next=f"{again} --from HOST",
        )
    return First(holders[0], _but(holders[0], members))


def _but(one: Host, members: Sequence[Host]) -> tuple[Host, ...]:
    return tuple(host for host in members if host is not one)

"""Which database starts the cluster, from what each host has: decided, or left to a person. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stages.design.blueprint import CHOSEN, Host
from stages.design.parts import Refused

Facts = Mapping[str, Mapping[str, str]]
PRIMARY, RUNNING, FRESH, SAFE, DATA = "primary", "running", "stopped fresh", "stopped safe", "stopped data"
# Zeros are the position of data that were in no cluster.
_POSITION = re.compile(r"(?!0{8}-)([0-9a-f-]{36}):(-?\d+)")


@dataclass(frozen=True, slots=True)
class Start:
    """The member that starts the cluster, None if there is one to join.

    With `over` it does so although other members have data, and those in `discard` lose theirs to it.
    """

    first: Host | None
    over: bool = False
    discard: frozenset[str] = frozenset()


def start(stage: str, members: Sequence[Host], facts: Facts) -> Start | Refused:
    """Who starts the cluster: the only one that has data, or knows that it has all of them.

    Facts of a host that does not run are missing; when its turn comes it is asked again, as all are.
    """
    states = {host.name: facts.get(host.name, {}).get("galera", FRESH) for host in members}
    holders = [host for host in members if states[host.name] != FRESH]
    chosen = [host for host in members if facts.get(host.name, {}).get(CHOSEN)]
    if chosen:
        return _by_a_person(stage, chosen[0], holders, states)
    if PRIMARY in states.values():
        return Start(None if len(members) > 1 else members[0])
    if len(members) == 1 or not holders:
        return Start(members[0])
    if known := _last(holders, states, facts):
        return Start(known)
    if (ahead := _ahead(holders, facts)) and all(host.name in facts for host in members):
        return Start(ahead, over=True)
    return _undecided(stage, members, states, facts)


def _by_a_person(
    stage: str, chosen: Host, holders: Sequence[Host], states: Mapping[str, str]
) -> Start | Refused:
    if PRIMARY in states.values():
        serving = ", ".join(name for name, state in states.items() if state == PRIMARY)
        return Refused(
            f"there is a cluster already ({serving}), so nobody's data are to be chosen",
            next=f"promote --stage {stage}",
        )
    if chosen not in holders:
        return Refused(
            f"{chosen.name} has no data to start the cluster from", next=f"promote bootstrap --stage {stage}"
        )
    if running := [name for name, state in states.items() if state == RUNNING]:
        return Refused(
            f"MariaDB still runs on {', '.join(running)}, in no cluster: it would join the new one unasked",
            next=_stop(stage, running[0]),
        )
    others = frozenset(host.name for host in holders if host is not chosen)
    return Start(chosen, over=True, discard=others)


def _last(holders: Sequence[Host], states: Mapping[str, str], facts: Facts) -> Host | None:
    """The only holder, or the only one that left last and cleanly, unless others are of another cluster."""
    places = [facts[host.name]["position"] for host in holders if "position" in facts[host.name]]
    if len({place.partition(":")[0] for place in places}) > 1:
        return None
    safe = [host for host in holders if states[host.name] == SAFE]
    sole = holders if states[holders[0].name] == DATA else []
    return next((found[0] for found in (safe, sole) if len(found) == 1), None)


def _ahead(holders: Sequence[Host], facts: Facts) -> Host | None:
    """The holder with the newest data, of equals the first; None if that is not known of each."""
    told = {host.name: _POSITION.fullmatch(facts[host.name].get("position", "")) for host in holders}
    known = {name: (match[1], int(match[2])) for name, match in told.items() if match}
    if len(known) < len(holders) or len({uuid for uuid, _ in known.values()}) != 1:
        return None
    return max(holders, key=lambda host: known[host.name][1])


def _undecided(stage: str, members: Sequence[Host], states: Mapping[str, str], facts: Facts) -> Refused:
    asked = any("position" in facts.get(host.name, {}) for host in members)
    running = [name for name, state in states.items() if state == RUNNING]
    seen = ", ".join(
        f"{name} is {state}" + (f" at {place}" if (place := facts.get(name, {}).get("position")) else "")
        for name, state in states.items()
    )
    then = _stop(stage, running[0]) if asked and running else f"promote bootstrap --stage {stage}"
    return Refused(
        f"no database is in a primary component, and there are data: {seen}; "
        "which are the newest is not guessed: a wrong guess loses what was acknowledged",
        next=f"{then} --from HOST" if asked and not running else then,
    )


def _stop(stage: str, host: str) -> str:
    return f"ssh -F .stagegate/stages/{stage}/ssh_config {host} systemctl stop mariadb"

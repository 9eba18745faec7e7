"""The hosts that stand and that the config no longer has: of which role, and whether they may leave. Pure.

A host's name tells its role, so none is asked: one that is lost leaves like any other. Refused are

- a role that has no answer, or whose own answer is a refusal;
- a cluster of which no member that stays is in it: those that go may be the only ones that have the data, and
  who stays would find no cluster to join, and might make another;
- a cluster that has no majority now: it can agree on nothing, so not on a member's leaving either;
- hosts that leave first, of a role without a cluster, while one that stays does not answer: nobody knows
  whether it could take over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stages import roles as known_roles
from stages.design.blueprint import Blueprint, Role, pool
from stages.design.leaving import Going, Leave, plainly
from stages.design.parts import Formation, Refused
from stages.planning.observed import Observed, State


@dataclass(frozen=True, slots=True)
class Departure:
    """The hosts of one role that go, in the order in which they leave, and how they do it.

    `stay` are the names of the role's other hosts. `pools` has those that run, by the load balancers' pool in
    which they are. Without a role, the hosts are of none that this release
    knows: a newer one made them, and nothing here can depend on them.
    """

    going: tuple[Going, ...]
    role: Role | None
    stay: tuple[str, ...] = ()
    leaves: tuple[Leave, ...] = ()
    pools: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def is_of(self, role: str) -> bool:
        """Whether they are of this role."""
        return self.role is not None and self.role.name == role

    @property
    def comes_first(self) -> bool:
        """Whether they leave before the hosts that stay get their new manifests."""
        return self.role is not None and self.role.leaves_first and bool(self.stay)


def departures(
    blueprint: Blueprint, observed: Observed, formations: Mapping[str, Sequence[Formation]]
) -> tuple[tuple[Departure, ...], tuple[str, ...]]:
    """The departures, a role before those that it needs, and the reasons why some may not be."""
    found: list[Departure] = []
    refusals: list[str] = []
    for name, going in _by_role(blueprint, observed).items():
        if not name:
            found.append(Departure(going, None, leaves=plainly(going)))
            continue
        role = blueprint.roles.get(name) or known_roles.load(name)
        stay = tuple(host.name for host in blueprint.everywhere(name))
        cluster = [item for item in formations.get(name, ()) if item.kind == "cluster"]
        refused = _out_of_reach(observed, cluster, going)
        if refused is None and role.leaves_first and not cluster:
            refused = _unknown(observed, stay)
        agreed = refused or _agreed(blueprint, observed, role, going)
        if isinstance(agreed, Refused):
            refusals.append(_told(blueprint, name, agreed, len(stay) + len(going)))
        else:
            if blueprint.inventory is not None and stay:
                agreed = _without_data(role, agreed)
            found.append(Departure(going, role, stay, agreed, _pools(blueprint, role, going)))
    return _users_first(found), tuple(refusals)


def _by_role(blueprint: Blueprint, observed: Observed) -> dict[str, tuple[Going, ...]]:
    """The hosts that go by the name of their role, which is empty if no role has such hosts."""
    beside = () if blueprint.beside is None else blueprint.beside.hosts
    wanted = {host.name for host in (*blueprint.hosts, *beside)}
    strangers = {
        name: seen
        for name, seen in observed.hosts.items()
        if name not in wanted and seen.state is not State.ABSENT
    }
    known = known_roles.possible(blueprint.network) if strangers else {}
    numbers = {name: known[name].number if name in known else 0 for name in strangers}
    found: dict[str, list[Going]] = {}
    # Those that do not run first: the others are a majority of fewer then. The last number first.
    for name in sorted(
        strangers, key=lambda name: (strangers[name].state is not State.STOPPED, -numbers[name])
    ):
        host = known.get(name)
        seen = strangers[name]
        address = seen.address or (host.address if host else "")  # a machine may be anywhere
        going = Going(name, address, runs=seen.state is not State.STOPPED)
        found.setdefault(host.role if host else "", []).append(going)
    return {role: tuple(going) for role, going in found.items()}


def _pools(blueprint: Blueprint, role: Role, going: Iterable[Going]) -> dict[str, tuple[str, ...]]:
    """The hosts that run, by the pool of their colour for each service of the role."""
    known = known_roles.possible(blueprint.network) if role.services else {}
    found: dict[str, list[str]] = {}
    for host in (host for host in going if host.runs):
        for service in role.services:
            found.setdefault(pool(service.name, known[host.name].colour), []).append(host.name)
    return {name: tuple(hosts) for name, hosts in found.items()}


def _out_of_reach(observed: Observed, cluster: Sequence[Formation], going: Sequence[Going]) -> Refused | None:
    """Why the role's cluster can let nobody go now, if so. Members that are out rejoin before that."""
    members = len(cluster) + len(going)
    running = len(cluster) + sum(host.runs for host in going)
    if cluster and all(observed.is_missing(item) for item in cluster):
        names = ", ".join(item.host for item in cluster)
        return Refused(
            f"{names} would stay, and {'is in no' if len(cluster) == 1 else 'none is in a'} cluster: "
            "the data may be only on those that would go",
            next="",
        )
    if cluster and running <= members // 2:
        return Refused(
            f"only {running} of the cluster's {members} members could run, which is no majority", next=""
        )
    return None


def _unknown(observed: Observed, stay: Sequence[str]) -> Refused | None:
    silent = [name for name in stay if observed.host(name).state is State.SILENT]
    return Refused(f"{', '.join(silent)} would stay, and gives no answer", next="") if silent else None


def _agreed(
    blueprint: Blueprint, observed: Observed, role: Role, going: tuple[Going, ...]
) -> tuple[Leave, ...] | Refused:
    if role.leave is None:
        return Refused("how a host leaves this role is not known", next="")
    return role.leave(blueprint, observed.facts, going)


def _without_data(role: Role, leaves: Iterable[Leave]) -> tuple[Leave, ...]:
    """On machines, where a host of the role has its data on others, too, it leaves with them.

    Nobody can throw the machine away, and it may be given to somebody else.
    """
    return tuple(
        replace(leave, discards=tuple(role.keeps), loses_data=set(role.keeps) > set(leave.discards))
        for leave in leaves
    )


def _told(blueprint: Blueprint, role: str, refused: Refused, count: int) -> str:
    advice = refused.next or f"set {role}: {count} in config/stages/{blueprint.stage}.yaml, then promote"
    return f"{role}: no host can be removed: {refused.what} (next: {advice})"


def _users_first(found: Iterable[Departure]) -> tuple[Departure, ...]:
    """Each departure before those of the roles that its own role needs; of unknown roles first."""
    rest, ordered = list(found), list[Departure]()
    while rest:
        needed = {need for item in rest if item.role for need in item.role.needs}
        free = [item for item in rest if item.role is None or item.role.name not in needed]
        ordered += free
        rest = [item for item in rest if item not in free]
    return tuple(ordered)

"""Stages in which one colour serves and the other may stand beside it, as values."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from hypothesis import strategies as st
from stage_sample import IMAGE, OLD_IMAGE, OPENSTACK, all_done, assert_sound, blueprint, but, with_planes

from stages.design import colours, steady
from stages.design.blueprint import Blueprint, Colour, Tier
from stages.machine.images import releases
from stages.planning import order
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.steps import Desired, Plan

NEXT = "2026.2"
BLUE, GREEN = Colour.BLUE, Colour.GREEN
BALANCERS = ("loadbalancer-1", "loadbalancer-2")
GATES = ("smoke", "api", "neighbours")
CHANGED = ("update file /etc/x",)
# By the id of a blueprint, which has no hash: it itself, so that no other one gets this id, and its digests.
_DIGESTS: dict[int, tuple[Blueprint, Mapping[str, str]]] = {}


def services(drawn: Blueprint) -> list[str]:
    """All that coloured roles offer."""
    return [one.name for role in drawn.roles.values() if role.tier is Tier.COLOURED for one in role.services]


def stage(own: Colour, *, served_by_other: bool | Collection[str], newer: str = NEXT) -> Blueprint:
    """A stage that has blue with one release and may have green with a newer one, for a release about one.

    The other one answers all services, or those that are named.
    """
    drawn = with_planes(blueprint("whole-prod"), {BLUE: OPENSTACK, GREEN: newer})
    (beside,) = [one for one in drawn.planes if one.colour not in {None, own}]
    release = newer if own is GREEN else OPENSTACK
    planes = tuple(
        replace(one, openstack=release) if one.tier is Tier.OUTSIDE else one
        for one in drawn.planes
        if one is not beside
    )
    some = services(drawn) if served_by_other is True else served_by_other or ()
    served = dict.fromkeys(some, colours.OTHER[own])
    return replace(drawn, colour=own, planes=planes, beside=beside, served=served)


def standing(drawn: Blueprint, *, own_stands: bool, outside: str = OPENSTACK) -> Observed:
    """All that stands is as it should be; of the release's own colour there is all or nothing.

    Hosts outside the control plane run the release `outside`.
    """
    # Whether a project may be upgraded is asked each time: no host reports it as done.
    done = {
        host: frozenset(name for name in found if not name.endswith("-ready"))
        for host, found in all_done(drawn).items()
    }
    hosts = {}
    for host in drawn.hosts:
        if host.colour is not None and not own_stands:
            continue
        runs = drawn.plane(host).openstack if host.colour else outside
        image = OLD_IMAGE if host.tier is Tier.OUTSIDE else IMAGE
        facts = {"galera": "primary"} if host.role == "database" else {}
        hosts[host.name] = HostSeen(State.RUNNING, image, runs, facts=facts, done=done[host.name])
    assert drawn.beside is not None
    for host in drawn.beside.hosts:
        hosts[host.name] = HostSeen(State.RUNNING, OLD_IMAGE, drawn.beside.openstack)
    return Observed(gateway=True, hosts=hosts, previews=dict.fromkeys(drawn.previews, True))


def digests(drawn: Blueprint) -> Mapping[str, str]:
    """Of the manifests of a blueprint, by host: rendered once, however many plans are made for it."""
    if id(drawn) not in _DIGESTS:
        made = {host.name: steady.manifest(drawn, host).digest() for host in drawn.hosts}
        _DIGESTS[id(drawn)] = drawn, made
    return _DIGESTS[id(drawn)][1]


def desired(drawn: Blueprint, gates: tuple[str, ...] = GATES) -> Desired:
    known = releases.read()
    return Desired(IMAGE, build=False, recorded=True, manifests=digests(drawn), releases=known, gates=gates)


def planned(drawn: Blueprint, observed: Observed, gates: tuple[str, ...] = GATES) -> Plan:
    plan = order.make(drawn, observed, desired(drawn, gates))
    assert plan.refusals == ()
    assert_sound(plan)
    return plan


def marred(observed: Observed, names: list[str], data: st.DataObject) -> Observed:
    """The same, but that some of these hosts are lost, changed, or have not done all."""
    for name in data.draw(st.lists(st.sampled_from(names), max_size=6, unique=True)):
        seen = observed.host(name)
        what = data.draw(st.sampled_from(["gone", "stopped", "changed", "another image"]))
        done = data.draw(st.frozensets(st.sampled_from(sorted(seen.done)))) if seen.done else seen.done
        now = {
            "gone": None,
            "stopped": HostSeen(State.STOPPED, IMAGE, seen.openstack),
            "changed": replace(seen, changes=CHANGED, done=done),
            "another image": replace(seen, image=OLD_IMAGE, done=done),
        }
        observed = but(observed, **{name: now[what]})
    return observed

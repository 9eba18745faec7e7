"""Load balancers let go of a host that leaves or is replaced in the pools of its colour, not in others."""

from dataclasses import replace

import pytest
from stage_sample import IMAGE, OPENSTACK, all_done, assert_sound, blueprint, ids, step, with_planes

from stages.design import steady
from stages.design.blueprint import Blueprint, Colour
from stages.planning import order, redeploying
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.steps import Desired, Plan

POOLS = {Colour.BLUE: "image", Colour.GREEN: "image-green"}
RELEASE = "0123456789abcdef"


def stage(colour: Colour) -> Blueprint:
    """A stage with the plane of this colour alone."""
    return replace(with_planes(blueprint("whole-prod"), {colour: OPENSTACK}), colour=colour)


def observed(drawn: Blueprint, **more: HostSeen) -> Observed:
    """All of it as it should be, and more hosts."""
    hosts = {
        name: HostSeen(State.RUNNING, IMAGE, OPENSTACK, done=ended) for name, ended in all_done(drawn).items()
    }
    return Observed(gateway=True, hosts=hosts | {name.replace("_", "-"): seen for name, seen in more.items()})


def wanted(drawn: Blueprint) -> Desired:
    digests = {host.name: steady.manifest(drawn, host).digest() for host in drawn.hosts}
    return Desired(image=IMAGE, build=False, recorded=True, manifests=digests)


def let_go(plan: Plan, verb: str) -> set[str]:
    """The words of the step's command that name a server of a pool."""
    assert_sound(plan)
    (command,) = step(plan, f"{verb}/loadbalancer-1").action.commands  # type: ignore[union-attr] # commands are run
    return {word for word in command["run"] if word.startswith("image")}


@pytest.mark.parametrize("colour", Colour)
def test_of_a_host_that_is_replaced(colour: Colour) -> None:
    drawn, name = stage(colour), f"image-{colour.value}-2"
    plan = redeploying.make(drawn, observed(drawn), wanted(drawn), name, RELEASE)
    assert let_go(plan, "drain") == let_go(plan, "expect") == {f"{POOLS[colour]}/{name}"}


@pytest.mark.parametrize(
    ("colour", "of"), [(Colour.BLUE, Colour.BLUE), (Colour.GREEN, Colour.GREEN), (Colour.BLUE, Colour.GREEN)]
)
def test_of_hosts_that_the_config_no_longer_has_of_its_colour_or_of_another(
    colour: Colour, of: Colour
) -> None:
    drawn, name = stage(colour), f"image-{of.value}-3"
    seen = observed(drawn, **{name.replace("-", "_"): HostSeen(State.RUNNING, IMAGE, OPENSTACK)})
    changed = replace(seen.host("loadbalancer-1"), changes=("update file /etc/haproxy/haproxy.cfg",))
    seen = replace(seen, hosts={**seen.hosts, "loadbalancer-1": changed})
    plan = order.make(drawn, seen, wanted(drawn))
    assert let_go(plan, "drain") == {f"{POOLS[of]}/{name}"}
    assert f"host/{name}" in ids(plan)
    assert of is colour or ids(plan)[-1] == f"host/{name}"

"""No upgrade begins while schemas wait for the last phases of the one before, which a retirement does."""

from collections.abc import Mapping

import pytest
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_of_two import BLUE, GREEN, desired, stage, standing
from stage_sample import CONFIG, OPENSTACK, altered

from stages.design.blueprint import Colour
from stages.design.colours import Beside, Colours
from stages.draft import draft
from stages.machine.site import Site
from stages.machine.substrates import ssh
from stages.machine.substrates.lab import Lab
from stages.machine.substrates.remote import RemoteHost
from stages.openstack import pending
from stages.openstack.releases import Releases
from stages.planning import order
from stages.planning.observed import Observed
from stages.requests.observe import observe

OLDER = "2025.2"
WAITS = {pending.FACT: f"{OLDER} {OPENSTACK}"}


def refusals(own: Colour, facts: Mapping[str, str], *, own_stands: bool = False) -> tuple[str, ...]:
    drawn = stage(own, served_by_other=True)
    host = "identity-blue-1" if own is GREEN else "identity-green-1"
    seen = altered(standing(drawn, own_stands=own_stands), host, facts=facts)
    return order.make(drawn, seen, desired(drawn)).refusals


@pytest.mark.parametrize("own_stands", [True, False])
def test_an_upgrade_is_refused_and_it_says_what_comes_first(*, own_stands: bool) -> None:
    (why,) = refusals(GREEN, WAITS, own_stands=own_stands)
    assert why == (
        "prod: the schemas wait for the last phases from 2025.2 to 2026.1, since a retirement stopped before "
        "them; without them no upgrade to 2026.2 may begin (next: promote retire --stage prod)"
    )


@pytest.mark.parametrize("noted", ["", "nothing", f"2025.1 {OLDER}"])
def test_where_nothing_waits_it_is_planned(noted: str) -> None:
    assert refusals(GREEN, {pending.FACT: noted}) == ()


def test_the_way_back_is_not_refused_for_it() -> None:
    assert refusals(BLUE, {pending.FACT: f"{OPENSTACK} 2026.2"}, own_stands=True) == ()


def looked(site: Site, lab: Podman) -> Observed:
    """Green is to rise beside blue, of which these stand."""
    beside = Beside(Colour.BLUE, OLDER, ("identity-blue-1", "identity-blue-2"))
    drawn = draft(CONFIG, "prod", site.id, Colours(Colour.GREEN, beside, ("identity",)))
    assert drawn.blueprint.beside is not None
    there = {host.name.replace("-", "_"): host.address for host in drawn.blueprint.beside.hosts}
    lab.stands(site.id, "prod", operator=drawn.blueprint.operator, **there)
    ssh.configure(site, drawn.blueprint)
    found = Lab(site, drawn.blueprint).standing()
    return observe(site, drawn, Releases(), found, lambda name: RemoteHost(name, site.path))


def test_hosts_of_the_colour_beside_are_asked_for_that_fact_alone(
    site: Site, lab: Podman, hosts: Ssh
) -> None:
    hosts.answer(identity_blue_1={"says": f"{OLDER} {OPENSTACK}\n"}, identity_blue_2={"status": 255})
    seen = looked(site, lab)
    assert seen.host("identity-blue-1").facts == WAITS
    assert seen.facts["identity-blue-2"] == {}
    assert hosts.requests("identity-blue-1") == []

"""While two colours stand, each has a gateway whose requests it answers itself; a plan sees to that."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from lab_of_two import SERVES, context, stand, two
from podman_stand_in import Podman
from stage_sample import all_well, blueprint, wanted

from stages.design.blueprint import Colour
from stages.design.inventory import Inventory
from stages.machine.site import Site
from stages.machine.substrates.lab import Lab
from stages.planning import order
from stages.planning.actions import MakeGateway
from stages.requests import lab as verbs

BOTH = dict.fromkeys(Colour, True)
CREATE, REMOVE = "create a preview gateway for each colour", "remove the preview gateways"


@pytest.mark.parametrize(
    ("stands", "beside", "alone"),
    [
        ({}, CREATE, ""),
        (BOTH, "", REMOVE),
        ({Colour.BLUE: True}, CREATE, REMOVE),
        ({**BOTH, Colour.GREEN: False}, CREATE, REMOVE),
    ],
)
def test_they_are_there_and_run_while_two_colours_stand_and_not_else(
    stands: Mapping[Colour, bool], beside: str, alone: str
) -> None:
    observed = replace(all_well("whole-prod"), previews=stands)
    assert order.gateway_title(two(), observed) == beside
    assert order.gateway_title(blueprint("whole-prod"), observed) == alone


def test_a_plan_removes_them_before_anything_else_and_then_has_nothing_to_do() -> None:
    plan = order.make(blueprint(), replace(all_well(), previews=BOTH), wanted())
    assert [(step.id, step.title, step.action) for step in plan.steps] == [("network", REMOVE, MakeGateway())]
    assert order.make(blueprint(), all_well(), wanted()).steps == ()


def test_on_machines_there_are_none() -> None:
    beside = replace(two(), inventory=Inventory("192.0.2.9", "/etc/stagegate/root_key", {}))
    assert beside.previews == {}
    assert order.gateway_title(beside, all_well("whole-prod")) == ""


def test_a_person_sees_them_with_their_addresses_and_no_host_among_them(lab: Podman, site: Site) -> None:
    asked = context(site, SERVES)
    stand(lab, site, asked.draft.blueprint)
    rows = {row["host"]: row["address"] for row in verbs.status(site, "prod")}
    previews = asked.draft.blueprint.previews
    assert {name: rows[name] for name in rows if "preview" in name} == {
        f"preview-{colour.value}": address for colour, address in previews.items()
    }
    standing = Lab(site, asked.draft.blueprint).standing()
    assert not {name for name in standing.hosts if "preview" in name}
    assert standing.previews == BOTH
    assert {"preview-blue", "preview-green"} <= {seen.host for seen in standing.all}

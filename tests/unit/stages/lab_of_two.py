"""A stage in which two colours stand, as stand-ins have it, and the context of requests about it."""

from dataclasses import replace
from typing import Any

from podman_stand_in import Podman
from stage_sample import CONFIG, OPENSTACK, blueprint, with_planes

from stages.design.blueprint import Blueprint, Colour
from stages.design.colours import Beside, Colours
from stages.machine.site import Site
from stages.requests.context import Context

BEFORE, AFTER = "2025.2", "2026.2"  # what a colour beside one with OPENSTACK runs: an older one, a newer one
BESIDE = Beside(Colour.BLUE, BEFORE, ("identity-blue-1", "identity-blue-2"))
SERVES, TOOK_OVER = ("identity",), ()  # what blue answers


def two(*served: str, stage: str = "whole-prod") -> Blueprint:
    """Green is the release's own, blue is beside it and answers these services."""
    drawn = with_planes(blueprint(stage), {Colour.BLUE: OPENSTACK, Colour.GREEN: AFTER})
    (beside,) = [one for one in drawn.planes if one.colour is Colour.BLUE]
    planes = tuple(one for one in drawn.planes if one is not beside)
    found = dict.fromkeys(served, Colour.BLUE)
    return replace(drawn, colour=Colour.GREEN, planes=planes, beside=beside, served=found)


def request(site: Site, **parts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A request about the stage, with these parts."""
    return {"site": str(site.path), "config": str(CONFIG), "stage": "prod", **parts}


def context(site: Site, served: tuple[str, ...], **parts: Any) -> Context:  # noqa: ANN401 - JSON
    """A request about green, which runs the release, beside blue, which answers the services `served`."""
    colours = Colours(Colour.GREEN, BESIDE, served)
    return Context.of(request(site, **parts), changes=True, known=colours)


def stand(lab: Podman, site: Site, drawn: Blueprint, *, previews: bool = True) -> None:
    """Let all hosts of the stage run, of both colours, with its gateways."""
    there = {host.name: host.address for host in drawn.reachable}
    ways = {"operator": drawn.operator}
    if previews:
        ways |= {f"preview-{colour.value}": address for colour, address in drawn.previews.items()}
    lab.stands(site.id, "prod", **{name.replace("-", "_"): at for name, at in {**there, **ways}.items()})
    kept = lab.kept
    for name, seen in kept["inspected"].items():
        seen["Config"]["Labels"]["stagegate.openstack"] = BEFORE if "blue" in name else OPENSTACK
    lab.put(inspected=kept["inspected"], made=list(kept["containers"]))

"""The verbs `lab-list` and `lab-clean`: the labs of all sites on this machine; removing one without a folder.

A lab whose site has its folder is taken down by `lab-down`, under the leases of its stages. Without the
folder there are no leases, and its processes show that a run is still at work.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.errors import BadRequest, LabInUse
from stages.machine import taken
from stages.machine.occupants import Folder, occupants, still_mounted, whereabouts
from stages.machine.site import Site
from stages.machine.substrates import everywhere
from stages.machine.substrates.labs import OF_SITE, Lab, labs
from stages.requests import lab

NOWHERE = Path("/nonexistent")  # the folder of a site of which none is known: no file of it is removed


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a lab's site, what is known of it, and the processes at work in one that is not there.

    `on_machines` are the stages of the site, if its folder is there, that are on machines of their own.
    """

    path: str
    folder: Folder
    occupants: tuple[str, ...]
    on_machines: tuple[str, ...] = ()


def listing(own: Site) -> list[dict[str, Any]]:
    """The labs of all sites, by id. `own` is the site of the command, whose folder need not be recorded."""
    return [_row(one, _place(one, own)) for one in labs()]


def clean(own: Site, site_id: str, say: Callable[[str], None]) -> list[str]:
    """Remove the lab of a site whose folder is not there; return the names of what was removed.

    Raises BadRequest if there is no such lab, or if its site has its folder, and LabInUse if a process is at
    work in it.
    """
    found = [one for one in labs() if one.site == site_id]
    if not found:
        raise BadRequest(
            f"this machine has no lab of a site {site_id!r}",
            where="the containers, networks, volumes and images of this machine",
            why="nothing has its label or its name",
            next="promote lab list",
        )
    place = _place(found[0], own)
    if place.folder is Folder.THERE:
        raise BadRequest(
            f"the site {site_id} has its folder",
            where=place.path,
            why="its lab is taken down under the leases of its stages",
            next=f"promote lab down --site {place.path}",
        )
    if place.occupants:
        raise LabInUse(
            f"the lab of site {site_id} is in use",
            where=place.path,
            why=", ".join(place.occupants),
            next=f"end them, then: promote lab clean {site_id}",
        )
    path = Path(place.path) if place.folder is Folder.GONE else NOWHERE
    return lab.down(Site(path, site_id), None, {}, say)


def _place(one: Lab, own: Site) -> Place:
    if one.site == own.id and own.path.exists():
        return Place(str(own.path), Folder.THERE, (), everywhere.machines(own))
    mounted = (still_mounted(host.pid, OF_SITE) for host in one.running)
    folder = whereabouts(one.folder, one.site, mounted)
    if folder is Folder.THERE:
        return Place(one.folder, folder, (), everywhere.machines(Site(Path(one.folder), one.site)))
    return Place(one.folder, folder, occupants(one.folder, Site(NOWHERE, one.site).sockets))


def _row(one: Lab, place: Place) -> dict[str, Any]:
    containers = one.of("container")
    return {
        "site": one.site,
        "path": place.path,
        "folder": place.folder.value,
        "stages": list(one.stages),
        "on_machines": list(place.on_machines),
        "running": len(one.running),
        "stopped": len(containers) - len(one.running),
        "networks": len(one.of("network")),
        "volumes": len(one.of("volume")),
        "images": len(one.of("image")),
        "memory": taken.memory(thing.group for thing in one.running),
        "disk": taken.disk(path for thing in one.things for path in thing.places),
        "since": one.since,
        "occupants": list(place.occupants),
    }

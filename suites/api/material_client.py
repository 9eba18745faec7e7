"""A client that creates what tempest's tests work with, and deletes what they left behind.

Request: `{"verb": "open" or "close", "access": …, "endpoints": {name: url}, "projects": {name: id}}`: the
services of the stage by their names in target.json, and the projects of the gate's accounts.
Answer: `{"flavors": [ids], "images": [ids], "made": number, "left": number}`: the flavors and images to use,
none after `close`; how many resources are new; and how many, left behind by tests, were deleted.

Both verbs are idempotent.
"""

from collections.abc import Mapping
from typing import Literal

from suites.api import material
from suites.api.material import Rest
from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in


def answer(
    verb: Literal["open", "close"], access: Access, endpoints: dict[str, str], projects: dict[str, str]
) -> Mapping[str, object]:
    """Create or clear the material. Raises what keystoneauth1 raises, NotWithin."""
    client = signed_in(access)
    services = {name: Rest(client, url) for name, url in endpoints.items()}
    left = _clear(services, projects)
    flavors: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    made = 0
    if verb == "open":
        if (compute := services.get("compute")) is not None:
            flavors = tuple(material.FLAVORS)
            made += material.have_flavors(compute, projects)
        if (image := services.get("image")) is not None:
            images, new = material.have_images(image)
            made += new
        if (network := services.get("network")) is not None:
            made += material.have_networks(network, projects)
    return {"flavors": flavors, "images": images, "made": made, "left": left}


def _clear(services: Mapping[str, Rest], projects: Mapping[str, str]) -> int:
    # Servers first: they keep their ports until they are gone.
    steps = {
        "compute": material.clear_servers,
        "network": material.clear_networks,
        "image": material.clear_images,
    }
    return sum(clear(services[name], projects) for name, clear in steps.items() if name in services)

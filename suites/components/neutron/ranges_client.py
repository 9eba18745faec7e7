"""A client that makes a range of network segments, if Neutron has such ranges at all, and deletes it.

Request: `{"access": …, "network": url, "name": text}`.
Answer: `{"known": whether the API has ranges, "refused": why none could be made, "" if one was}`; it is sent
only after the range is deleted. What a run has left that was killed goes first: nothing else looks for it.
"""

from collections.abc import Mapping
from contextlib import ExitStack, suppress

from keystoneauth1 import exceptions, session

from suites.components.neutron.binding_client import Neutron
from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in

EXTENSION = "network-segment-range"
PREFIX = "stagegate-segment-range"  # of the names of all that are made here
# The last two numbers of the type, which nobody's range begins with. Not of type vlan: such a range has no
# physical network, and old code writes NULL for it.
WANTED = {"network_type": "geneve", "minimum": 2**24 - 2, "maximum": 2**24 - 1, "shared": False}


def answer(access: Access, network: str, name: str) -> Mapping[str, object]:
    """Make a range. Raises keystoneauth1's exceptions, but for a refusal of the range itself."""
    client, url = signed_in(access), network.rstrip("/")
    if not _known(client, url):
        return {"known": False, "refused": ""}
    with ExitStack() as made:
        try:
            _clear(client, url)
            named = {"name": f"{PREFIX}-{name}", "project_id": client.get_project_id()}
            Neutron(client, url, made).make("network_segment_range", **named, **WANTED)
        except exceptions.HttpError as error:
            return {"known": True, "refused": str(error).splitlines()[0]}
    return {"known": True, "refused": ""}


def _clear(client: session.Session, url: str) -> None:
    place = f"{url}/v2.0/network_segment_ranges"
    for one in client.get(place).json()["network_segment_ranges"]:
        if str(one["name"]).startswith(PREFIX):
            with suppress(exceptions.NotFound):
                client.delete(f"{place}/{one['id']}")


def _known(client: session.Session, url: str) -> bool:
    listed = client.get(f"{url}/v2.0/extensions").json()["extensions"]
    return EXTENSION in {one["alias"] for one in listed}

"""A client that makes a range of network segments, if Neutron has such ranges at all, and deletes it.

Request: `{"access": …, "network": url, "name": text}`.
Answer: `{"known": whether the API has ranges, "refused": why none could be made, "" if one was}`; it is sent
only after the range is deleted.
"""

from collections.abc import Mapping
from contextlib import ExitStack

from keystoneauth1 import exceptions, session

from suites.components.neutron.binding_client import Neutron
from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in

EXTENSION = "network-segment-range"
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
            project = client.get_project_id()
            Neutron(client, url, made).make("network_segment_range", name=name, project_id=project, **WANTED)
        except exceptions.HttpError as error:
            return {"known": True, "refused": str(error).splitlines()[0]}
    return {"known": True, "refused": ""}


def _known(client: session.Session, url: str) -> bool:
    listed = client.get(f"{url}/v2.0/extensions").json()["extensions"]
    return EXTENSION in {one["alias"] for one in listed}

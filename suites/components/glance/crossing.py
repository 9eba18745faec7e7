"""An image that is uploaded to one host and read from the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from suites.clients.runner import Clients
from suites.hosts.host import Host
from suites.hosts.reading import Observation
from suites.openstack.access import access
from suites.seam.target import Target

# More than one chunk: Glance reads and writes data in chunks.
SIZE = 256 * 1024
SHORT = 12


@dataclass(frozen=True, slots=True)
class Crossing:
    """An image: its status, its digests as sent, as recorded and as read per host; on which it is gone."""

    status: str
    sha512: str
    told: str
    read: Mapping[str, str]
    gone: Mapping[str, bool]


def cross(clients: Clients, target: Target, hosts: Sequence[Host], name: str) -> Crossing:
    """Upload an image to the first host, bypassing the load balancer, and read it from the others.

    A single host reads it itself. Raises ClientFailed.
    """
    urls = {host.name: target.endpoint_on("image", target.host(host.name)).rstrip("/") for host in hosts}
    first, *others = urls
    request = {
        "access": access(target),
        "upload_at": urls[first],
        "read_at": {host: urls[host] for host in others or [first]},
        "name": name,
        "size": SIZE,
    }
    answer = clients.ask("suites.components.glance.crossing_client", request)
    return TypeAdapter(Crossing).validate_python(answer)


def crossed(crossing: Crossing, uploaded_on: str) -> Observation:
    """Say whether all hosts returned what was uploaded, and no longer have it."""
    sent = crossing.sha512
    wrong = [] if crossing.status == "active" else [f"the image is {crossing.status}"]
    noted = crossing.told[:SHORT] or "nothing"
    wrong += [] if crossing.told == sent else [f"Glance notes {noted} as its digest"]
    for host, got in crossing.read.items():
        whole = len(got) == len(sent) and " " not in got
        wrong += [] if got == sent else [f"{host} gives {got[:SHORT] if whole else got}"]
    wrong += [f"{host} still has it" for host, gone in crossing.gone.items() if not gone]
    wrong += [] if crossing.read else ["nobody read it"]
    way = f"sha512 {sent[:SHORT]} uploaded on {uploaded_on}"
    if wrong:
        return Observation(holds=False, seen=f"{way}: {', '.join(wrong)}")
    return Observation(holds=True, seen=f"{way}, read on {', '.join(crossing.read)}, deleted")

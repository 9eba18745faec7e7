"""The whole catalog: every API of the stage, for every interface, in the region, and nothing else."""

from collections import Counter
from collections.abc import Mapping

from suites.components.keystone.tokens import INTERFACES
from suites.hosts.reading import Observation
from suites.openstack.steps import Catalog

# The type of each API's service, by the name of its endpoint in the target; others are in no catalog.
TYPES = {
    "identity": "identity",
    "image": "image",
    "placement": "placement",
    "compute": "compute",
    "network": "network",
    "volume": "volumev3",
}


def is_exact(catalog: Catalog, endpoints: Mapping[str, str]) -> Observation:
    """Say whether the catalog has each API once for every interface, in the region, at the VIP, and no other.

    A client that finds two entries takes either, and one that finds none for its interface takes none.
    """
    there = Counter((one.type, one.interface, one.region, one.url.rstrip("/")) for one in catalog.entries)
    wanted = Counter(
        (TYPES[name], interface, catalog.region, url.rstrip("/"))
        for name, url in endpoints.items()
        if name in TYPES
        for interface in INTERFACES
    )
    wrong = [f"{_told(one)} is missing" for one in wanted - there]
    wrong += [
        f"{_told(one)} is there {'twice' if one in wanted else 'and should not be'}" for one in there - wanted
    ]
    kinds = sorted({kind for kind, *_ in wanted})
    well = f"{', '.join(kinds)} for {', '.join(INTERFACES)} in {catalog.region}, and nothing else"
    return Observation(bool(wanted) and not wrong, "; ".join(wrong) or well)


def _told(one: tuple[str, str, str, str]) -> str:
    kind, interface, region, url = one
    return f"{kind} {interface} of {region or 'no region'} at {url}"

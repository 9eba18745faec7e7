"""A client that lists Placement's resource providers.

Request: `{"access": …, "placement": url}`. Answer: `{"roots": [names]}`, the providers without a parent.
"""

from collections.abc import Mapping

from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in

# The first version that shows a provider's parent.
VERSION = "placement 1.14"


def answer(access: Access, placement: str) -> Mapping[str, object]:
    """List the root providers. Raises keystoneauth1's exceptions."""
    url = f"{placement.rstrip('/')}/resource_providers"
    listed = signed_in(access).get(url, headers={"OpenStack-API-Version": VERSION}).json()
    rows = listed["resource_providers"]
    return {"roots": sorted(row["name"] for row in rows if row["parent_provider_uuid"] is None)}

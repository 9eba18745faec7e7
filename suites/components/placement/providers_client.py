"""A client that lists Placement's resource providers.

Request: `{"access": …, "placement": url}`. Answer: `{"roots": [names]}`, those that are no part of another.
"""

import sys
from collections.abc import Mapping

from pydantic import BaseModel

from suites.clients.client_main import serve
from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in

# The first that says which provider is a part of which.
VERSION = "placement 1.14"


class Request(BaseModel):
    """Where Placement is, and the way in."""

    access: Access
    placement: str


def answer(document: dict[str, object]) -> Mapping[str, object]:
    """List the providers. Raises what keystoneauth1 raises."""
    request = Request.model_validate(document)
    url = f"{request.placement.rstrip('/')}/resource_providers"
    listed = signed_in(request.access).get(url, headers={"OpenStack-API-Version": VERSION}).json()
    rows = listed["resource_providers"]
    return {"roots": sorted(row["name"] for row in rows if row["parent_provider_uuid"] is None)}


if __name__ == "__main__":
    sys.exit(serve(answer))

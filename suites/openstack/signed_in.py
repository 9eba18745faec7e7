"""A session of the administrator with the APIs, and an image made by it, for client modules."""

from keystoneauth1 import session

from suites.clients.token_client import password_of_cloud
from suites.openstack.access import Access

WITHIN = 15


def signed_in(access: Access) -> session.Session:
    """Return a session that takes its token when it is first needed, and gives up on a silent API."""
    return session.Session(auth=password_of_cloud(access.identity, access.password), timeout=WITHIN)


def upload(client: session.Session, url: str, name: str, data: bytes) -> tuple[str, str]:
    """Make an image of some bytes at an image endpoint; return its address and its id.

    When the bytes can't be stored the image is taken away again. Raises what keystoneauth1 raises.
    """
    document = {"name": name, "disk_format": "raw", "container_format": "bare", "visibility": "private"}
    made = client.post(f"{url}/v2/images", json=document).json()
    address = f"{url}/v2/images/{made['id']}"
    try:
        client.put(f"{address}/file", data=data, headers={"Content-Type": "application/octet-stream"})
    except BaseException:
        client.delete(address)
        raise
    return address, str(made["id"])

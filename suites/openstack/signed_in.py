"""An administrator's session with the APIs, and the upload of an image, for client modules."""

from keystoneauth1 import session

from suites.clients.token_client import password_of_cloud
from suites.openstack.access import Access

WITHIN = 20


def signed_in(access: Access) -> session.Session:
    """Return a session that gets its token on first use, and whose requests time out."""
    return session.Session(auth=password_of_cloud(access.identity, access.password), timeout=WITHIN)


def upload(client: session.Session, url: str, name: str, data: bytes) -> tuple[str, str]:
    """Create an image from bytes at an image endpoint; return its URL and its id.

    If the bytes can't be stored, the image is deleted. Raises keystoneauth1's exceptions.
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

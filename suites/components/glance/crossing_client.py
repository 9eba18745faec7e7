"""A client that uploads an image to one Glance, reads it from others, and deletes it.

Request: `{"access": …, "upload_at": url, "read_at": {host: url}, "name": text, "size": bytes}`.
Answer: `{"status", "sha512": of the upload, "told": the sha512 that Glance recorded, "read": {host: sha512 or
the error}, "gone": {host: whether the image is deleted there}}`.
"""

import hashlib
import os
from collections.abc import Mapping

from keystoneauth1 import exceptions, session

from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in, upload

NOT_FOUND = 404


def answer(
    access: Access, upload_at: str, read_at: dict[str, str], name: str, size: int
) -> Mapping[str, object]:
    """Upload, read and delete. Raises keystoneauth1's exceptions if the upload or deletion fails."""
    client = signed_in(access)
    data = os.urandom(size)
    address, identifier = upload(client, upload_at, name, data)
    urls = {host: f"{url}/v2/images/{identifier}" for host, url in read_at.items()}
    try:
        shown = client.get(address).json()
        read = {host: _read(client, f"{url}/file") for host, url in urls.items()}
    finally:
        client.delete(address)
    return {
        "status": shown["status"],
        "sha512": hashlib.sha512(data).hexdigest(),
        "told": shown.get("os_hash_value") or "",
        "read": read,
        "gone": {host: _gone(client, url) for host, url in urls.items()},
    }


def _read(client: session.Session, url: str) -> str:
    try:
        return hashlib.sha512(client.get(url).content).hexdigest()
    except exceptions.ClientException as error:
        return f"{type(error).__name__}: {''.join(str(error).splitlines()[:1])}"


def _gone(client: session.Session, url: str) -> bool:
    return client.get(url, raise_exc=False).status_code == NOT_FOUND

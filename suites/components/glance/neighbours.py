"""An image that is uploaded through one colour, and downloaded and deleted through the other.

Images are in the object store, which both colours share. Each host also has a cache of what was read from it,
but no host has read an image that was made just now: what the other colour returns comes from the store.
"""

import hashlib
import os

from suites.errors import RequestRefused
from suites.neighbours.made import Made
from suites.neighbours.pair import Neighbour
from suites.neighbours.servers import upload

# More than one chunk: Glance reads and writes data in chunks.
SIZE = 256 * 1024
SHORT = 12


def image(writer: Neighbour, reader: Neighbour, made: Made) -> str:
    """Upload, download and delete an image. Raises RequestRefused, ClientFailed."""
    content = os.urandom(SIZE)
    sent = hashlib.sha512(content).hexdigest()
    path = f"/v2/images/{upload(writer, made, content)}"
    service = reader.service("image")
    noted = service.shown(path)
    if (noted["status"], noted.get("os_hash_value")) != ("active", sent):
        digest = str(noted.get("os_hash_value"))[:SHORT]
        what = f"shows the image {noted['status']} with sha512 {digest} instead of active with {sent[:SHORT]}"
        raise RequestRefused(what, where=reader.colour)
    got = service.call("GET", f"{path}/file").sha512
    if got != sent:
        what = f"returns sha512 {got[:SHORT]} instead of {sent[:SHORT]}"
        raise RequestRefused(what, where=reader.colour)
    service.call("DELETE", path)
    writer.service("image").require_gone(path)
    return f"sha512 {sent[:SHORT]} uploaded, downloaded and deleted"

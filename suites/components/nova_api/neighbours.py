"""Flavors and servers that one colour makes, and the other shows, changes and deletes."""

from suites.errors import RequestRefused
from suites.neighbours import servers
from suites.neighbours.made import Made, await_gone
from suites.neighbours.pair import Neighbour

# At once, so that the requests spread over the schedulers and conductors of both colours. Nova does not tell
# which of them took a request for a new server; the check of nova-conductor uses one of which it tells.
BOOTED = 4
SPECIFICATION = {"stagegate": "neighbours"}


def flavor(writer: Neighbour, reader: Neighbour, made: Made) -> str:
    """Make a flavor; have the other colour show, extend and delete it.

    Raises RequestRefused, ClientFailed.
    """
    new = servers.flavor(writer, made)
    path = f"/flavors/{new['id']}"
    theirs = reader.service("compute")
    shown = theirs.shown(path)["flavor"]
    for key in ("name", "ram", "vcpus", "disk"):
        if shown[key] != new[key]:
            what = f"shows {key} {shown[key]!r} of flavor {new['id']} instead of {new[key]!r}"
            raise RequestRefused(what, where=reader.colour)
    theirs.call("POST", f"{path}/os-extra_specs", {"extra_specs": SPECIFICATION})
    extended = writer.service("compute").shown(f"{path}/os-extra_specs")["extra_specs"]
    if extended != SPECIFICATION:
        what = f"shows the extra specs {extended} of flavor {new['id']} instead of {SPECIFICATION}"
        raise RequestRefused(what, where=writer.colour)
    theirs.call("DELETE", path)
    writer.service("compute").require_gone(path)
    return "flavor made, shown, extended and deleted"


def server(writer: Neighbour, reader: Neighbour, made: Made) -> str:
    """Boot servers; have the other colour show them ACTIVE, stop one, and delete all.

    Raises RequestRefused, NotWithin, ClientFailed.
    """
    image = servers.upload(writer, made)
    size = str(servers.flavor(writer, made)["id"])
    paths = [servers.boot(writer, made, image, size) for _ in range(BOOTED)]
    for path in paths:
        servers.await_status(reader, path, "ACTIVE", servers.ACTIVE_WITHIN)
    theirs = reader.service("compute")
    theirs.call("POST", f"{paths[0]}/action", {"os-stop": None})
    servers.await_status(writer, paths[0], "SHUTOFF", servers.STOPPED_WITHIN)
    for path in paths:
        theirs.call("DELETE", path)
    for path in paths:
        await_gone(writer.service("compute"), path, servers.GONE_WITHIN)
    return f"{BOOTED} servers booted, shown ACTIVE, one stopped, all deleted"

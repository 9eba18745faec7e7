"""A volume type that one colour makes, and the other shows, extends and deletes.

No host keeps volumes yet (there is no cinder-volume), so a volume could not be created, let alone attached.
"""

from suites.errors import RequestRefused
from suites.neighbours.made import Made
from suites.neighbours.pair import Neighbour

SPECIFICATION = {"stagegate": "neighbours"}


def volume_type(writer: Neighbour, reader: Neighbour, made: Made) -> str:
    """Make a volume type; have the other colour show, extend and delete it.

    Raises RequestRefused, ClientFailed.
    """
    mine, theirs = writer.service("volume"), reader.service("volume")
    values = {"name": made.name, "os-volume-type-access:is_public": False}
    new = mine.call("POST", "/types", {"volume_type": values}).document["volume_type"]
    path = f"/types/{new['id']}"
    made.note("volume type", "volume", path)
    shown = theirs.shown(path)["volume_type"]
    if shown["name"] != made.name:
        what = f"shows volume type {new['id']} as {shown['name']!r} instead of {made.name!r}"
        raise RequestRefused(what, where=reader.colour)
    theirs.call("POST", f"{path}/extra_specs", {"extra_specs": SPECIFICATION})
    extended = mine.shown(f"{path}/extra_specs")["extra_specs"]
    if extended != SPECIFICATION:
        what = f"shows the extra specs {extended} of volume type {new['id']} instead of {SPECIFICATION}"
        raise RequestRefused(what, where=writer.colour)
    theirs.call("DELETE", path)
    mine.require_gone(path)
    return "volume type made, shown, extended and deleted"

"""Networks, ports and security groups that one colour makes, and the other shows, changes and deletes."""

from typing import Any

from suites.errors import RequestRefused
from suites.neighbours.made import Made
from suites.neighbours.pair import Neighbour

CIDR = "192.0.2.0/24"  # reserved for documentation, never routed
PORT, PROTOCOL = 8443, "tcp"


def network(writer: Neighbour, reader: Neighbour, made: Made) -> str:
    """Make a network with a subnet and a port; have the other colour show, rename and delete them.

    Raises RequestRefused, ClientFailed.
    """
    own = _new(writer, made, "network")
    ranged = {"network_id": own["id"], "ip_version": 4, "cidr": CIDR, "gateway_ip": None}
    subnet = _new(writer, made, "subnet", **ranged)
    port = _new(writer, made, "port", network_id=own["id"])
    service = reader.service("network")
    listed = service.shown(f"/v2.0/ports?network_id={own['id']}")["ports"]
    if port["id"] not in {one["id"] for one in listed}:
        raise RequestRefused(f"does not list port {port['id']} of {made.name}", where=reader.colour)
    _require_shown(reader, "network", own, ("name",))
    _require_shown(reader, "subnet", subnet, ("name", "cidr"))
    _require_shown(reader, "port", port, ("name", "mac_address", "fixed_ips"))
    renamed = f"{made.name}-renamed"
    service.call("PUT", f"/v2.0/ports/{port['id']}", {"port": {"name": renamed}})
    _require_shown(writer, "port", {**port, "name": renamed}, ("name", "mac_address", "fixed_ips"))
    for kind, one in (("port", port), ("subnet", subnet), ("network", own)):
        service.call("DELETE", f"/v2.0/{kind}s/{one['id']}")
        writer.service("network").require_gone(f"/v2.0/{kind}s/{one['id']}")
    return "network, subnet and port made, shown, renamed and deleted"


def security_group(writer: Neighbour, reader: Neighbour, made: Made) -> str:
    """Make a security group with a rule; have the other colour show both and delete the group.

    Raises RequestRefused, ClientFailed.
    """
    group = _new(writer, made, "security_group")
    asked = {"direction": "ingress", "protocol": PROTOCOL, "port_range_min": PORT, "port_range_max": PORT}
    values = {"security_group_id": group["id"], **asked}
    answer = writer.service("network").call(
        "POST", "/v2.0/security-group-rules", {"security_group_rule": values}
    )
    rule = answer.document["security_group_rule"]
    path = f"/v2.0/security-groups/{group['id']}"
    service = reader.service("network")
    rules = service.shown(path)["security_group"]["security_group_rules"]
    found = [one for one in rules if one["id"] == rule["id"]]
    if not found or any(found[0][key] != value for key, value in asked.items()):
        what = f"does not show the rule for {PROTOCOL} {PORT} of security group {group['id']}"
        raise RequestRefused(what, where=reader.colour)
    service.call("DELETE", path)
    writer.service("network").require_gone(path)
    return f"security group with a rule for {PROTOCOL} {PORT} made, shown and deleted"


def _new(writer: Neighbour, made: Made, kind: str, **values: object) -> dict[str, Any]:
    place = f"/v2.0/{kind.replace('_', '-')}s"
    answer = writer.service("network").call("POST", place, {kind: {"name": made.name, **values}})
    new: dict[str, Any] = answer.document[kind]
    made.note(kind.replace("_", " "), "network", f"{place}/{new['id']}")
    return new


def _require_shown(neighbour: Neighbour, kind: str, wanted: dict[str, Any], keys: tuple[str, ...]) -> None:
    shown = neighbour.service("network").shown(f"/v2.0/{kind}s/{wanted['id']}")[kind]
    for key in keys:
        if shown[key] != wanted[key]:
            what = f"shows {key} {shown[key]!r} of {kind} {wanted['id']} instead of {wanted[key]!r}"
            raise RequestRefused(what, where=neighbour.colour)

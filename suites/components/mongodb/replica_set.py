"""What the members report of their replica set, and what must hold of it."""

from collections.abc import Iterable, Mapping

from suites.clients.runner import Clients
from suites.errors import ReadingFailed
from suites.hosts.reading import Observation
from suites.seam.target import Target, TargetHost

REPLICA_SET, PORT = "stagegate", 27017
CLIENT = "suites.components.mongodb.client"
WITHIN = 45  # for three members, each of which may not answer

Views = Mapping[str, Mapping[str, str]]  # reporting host → member → state


def ask(clients: Clients, target: Target, hosts: Iterable[TargetHost]) -> Views:
    """Read every member's view. Raises ClientFailed, ReadingFailed."""
    return views(clients.ask(CLIENT, _request(target, hosts), within=WITHIN).get("views"))


def row(clients: Clients, target: Target, hosts: Iterable[TargetHost], name: str) -> Observation:
    """Write a row that a majority acknowledges, and say whether every member has it. Raises ClientFailed."""
    answered = clients.ask(CLIENT, {**_request(target, hosts), "row": name}, within=WITHIN).get("read")
    return on_all(answered if isinstance(answered, dict) else {})


def views(answered: object) -> Views:
    """Validate the views of a client's answer. Raises ReadingFailed."""
    if not isinstance(answered, dict) or not all(isinstance(view, dict) for view in answered.values()):
        raise ReadingFailed("the members' views can't be parsed", why=repr(answered)[:80])
    return answered


def one_primary(seen: Views) -> Observation:
    """Say whether all members agree on one primary, and all others are secondaries."""
    wrong = [f"{host} does not answer" for host, view in seen.items() if not view]
    primaries = set()
    for host, view in seen.items():
        leading = [member for member, state in view.items() if state == "PRIMARY"]
        others = {member: state for member, state in view.items() if state not in ("PRIMARY", "SECONDARY")}
        primaries |= set(leading)
        wrong += [f"{host} sees {member} as {state}" for member, state in others.items()]
        if view and len(leading) != 1:
            wrong.append(f"{host} sees {len(leading)} primaries")
    if len(primaries) > 1:
        wrong.append(f"they name {', '.join(sorted(primaries))} as primaries")
    holds = bool(seen) and not wrong
    return Observation(holds=holds, seen="; ".join(wrong) or f"primary {', '.join(primaries) or 'of nobody'}")


def as_hosts(seen: Views, addresses: Iterable[str]) -> Observation:
    """Say whether the members that each member knows are exactly the hosts."""
    must = {f"{address}:{PORT}" for address in addresses}
    wrong = []
    for host, view in seen.items():
        wrong += [f"{host} lacks {member}" for member in sorted(must - set(view))]
        wrong += [f"{host} has {member} too" for member in sorted(set(view) - must)]
    wrong += [f"{member} was not asked" for member in sorted(must - set(seen))]
    return Observation(holds=not wrong, seen="; ".join(wrong) or f"{len(must)} members")


def on_all(read: Mapping[str, object]) -> Observation:
    """Say whether every member has the row."""
    missing = [host for host, there in read.items() if there is not True]
    if missing or not read:
        return Observation(holds=False, seen=f"the row is not on {', '.join(missing) or 'any member'}")
    return Observation(holds=True, seen=f"acknowledged by a majority, read on {', '.join(read)}")


def _request(target: Target, hosts: Iterable[TargetHost]) -> dict[str, object]:
    return {
        "hosts": [f"{host.address}:{PORT}" for host in hosts],
        "replica_set": REPLICA_SET,
        "user": "probe",
        "password": target.secrets["mongodb_probe_password"].to_json(),
    }

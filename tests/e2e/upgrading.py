"""What tests of upgrades ask for, and what they look at: who answers, what stands, what clients lost."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from checkout import REPOSITORY, Checkout
from watching import Watch

from suites.failover.written import IN_STEP
from suites.probes.records import lost
from suites.probes.spec import RECORDS, Kind, probes
from suites.probes.trace import RequestOutcome, Tail

BEFORE, AFTER = "2025.2", "2026.1"
# What a load balancer counts is named `identity green requests`.
COLOURS, WORDS = ("blue", "green"), 3
ROWS = "SELECT id FROM stagegate.probe"
LOCKS = REPOSITORY / "stages/machine/images/locks"
# Reads and writes of every service, each on new and on kept connections, with a token from before.
EVERY_SERVICE = (
    Kind.HTTP, Kind.VALIDATE, Kind.ISSUE, Kind.SQL, Kind.IMAGE, Kind.COMPUTE,
    *(kind for kind in Kind if kind in RECORDS),
)  # fmt: skip
OF_IDENTITY = (Kind.HTTP, Kind.VALIDATE, Kind.ISSUE, Kind.SQL, Kind.GROUP)
# Whatever a host's services run by, and since when; of the second colour nothing may change it.
UNTOUCHED = (
    "systemctl show --property=Id,ActiveEnterTimestampMonotonic,NRestarts keystone memcached;"
    " cat /etc/keystone/keystone.conf /etc/keystone/*-keys/* /etc/systemd/system/keystone.service"
)


def asks_for(checkout: Checkout, release: str) -> None:
    """Commit another OpenStack release."""
    file = "config/stagegate.yaml"
    (before,) = [
        line for line in (checkout.path / file).read_text().splitlines() if line.startswith("openstack:")
    ]
    checkout.edit(file, before, f'openstack: "{release}"')
    checkout.commit(f"OpenStack {release}")


def answering(checkout: Checkout, stage: str) -> set[str]:
    """The planes that answer requests of clients, as the load balancers tell now."""
    document = checkout.promote("status", "--stage", stage, "-o", "json", expect=0).document
    told = document["planes"]
    assert (told["unknown"], told["error"]) == (None, None), json.dumps(told)
    found = {plane for one in told["services"] for plane, part in one["parts"].items() if part}
    assert found, f"nobody is said to answer: {json.dumps(told)}"
    return found


def as_it_is(checkout: Checkout, stage: str, colour: str) -> dict[str, str]:
    """By identity host of a colour, the digest of its files and since when its services run."""
    hosts = [
        host["name"]
        for host in checkout.target(stage)["hosts"]
        if host["role"] == "identity" and host["colour"] == colour
    ]
    assert hosts, f"no identity host of {colour} stands"
    return {host: checkout.ssh(stage, host, f"({UNTOUCHED}) | sha256sum") for host in hosts}


def counted_by_haproxy(checkout: Checkout) -> dict[str, int]:
    """What load balancers counted in the steps of the last attempt: requests, retries, redispatches, …"""
    shown = checkout.promote("show", checkout.history()[-1]["id"], "-o", "json", expect=0).document
    return counted_in(shown["timeline"])


def counted_in(timeline: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The same of a timeline, all services and colours together.

    Other steps measure other things, as how long writes stalled; these names begin with service and colour.
    """
    found: dict[str, int] = {}
    for bar in timeline:
        for name, number in bar["measured"].items():
            words = name.split(maxsplit=2)
            if len(words) == WORDS and words[1] in COLOURS and words[2] != "ms to an answer":
                found[words[2]] = found.get(words[2], 0) + int(number)
    return found


def failed_in(watch: Watch) -> dict[str, str]:
    """By probe, how many requests failed, with the first of them; only those with a failure."""
    return {
        probe: f"{len(failed)}, the first {failed[0].due_s} s after the begin: {failed[0].error}"
        for probe, failed in watch.failed.items()
        if failed
    }


def writes(checkout: Checkout, stage: str, into: Path, kinds: tuple[Kind, ...]) -> tuple[int, list[str]]:
    """How many writes were acknowledged to the probes that left their files here, and which are lost."""
    acknowledged, gone = 0, list[str]()
    for kind in kinds:
        if kind in RECORDS:
            made, missing = lost(into, kind)
        elif kind is Kind.SQL:
            made, missing = _rows(checkout, stage, into)
        else:
            continue
        assert made, f"no write of {kind.value} was acknowledged: none could be lost"
        acknowledged += made
        gone += missing
    return acknowledged, gone


def _rows(checkout: Checkout, stage: str, into: Path) -> tuple[int, tuple[str, ...]]:
    keys = {
        str(request.key)
        for probe in probes(Kind.SQL)
        for request in Tail(into / f"{probe.name}.jsonl").trace().requests
        if request.outcome is RequestOutcome.OK
    }
    script = f"mariadb --batch --skip-column-names -e '{IN_STEP}; {ROWS}'"
    return len(keys), tuple(sorted(keys.difference(checkout.ssh(stage, "database-1", script).split())))

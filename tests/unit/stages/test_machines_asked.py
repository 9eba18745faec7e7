"""The doctor asks the machines of a stage before a host is made of them."""

import time
from pathlib import Path
from typing import Any

import pytest
from inventory_sample import on_machines
from machines_stand_in import Racked, report

from stages.errors import HostRefused
from stages.machine.site import Site
from stages.machine.substrates.remote import RemoteHost
from stages.machine.substrates.substrate import Seen
from stages.planning.fitness import Needs
from stages.requests import fitness
from stages.requests.context import Context
from stages.requests.fitness import hosts_fit, standing

FOUND = "192.0.2."


@pytest.fixture
def context(config: Path, site: Site) -> Context:
    numbers: dict[str, int] = {}
    on_machines(config, lambda name: f"{FOUND}{100 + numbers.setdefault(name, len(numbers))}", "192.0.2.5")
    return Context.of({"site": str(site.path), "config": str(config), "stage": "dev"})


def needs(name: str) -> Needs:
    """Of a host that runs: nothing that its report could lack."""
    return Needs(name, "database", 1, directories=("/",), reaches=(), names={})


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA"


def test_a_machine_of_another_stage_hides_no_problem_of_the_others(context: Context, programs: Path) -> None:
    rack = Racked.made_in(programs)
    stranger, small, *_ = hosts = context.draft.blueprint.hosts
    machines = {
        host.address: {"key": KEY, "report": report(host.address, address=f"eth0 {host.address}/24")}
        for host in hosts
    }
    owner = "77ab01/prod"
    at = f"eth0 {stranger.address}/24"
    machines[stranger.address] |= {"is": f"owner={owner}", "report": report("", address=at, owner=owner)}
    machines[small.address]["report"] = report("", address=f"eth0 {small.address}/24", memory_kb="1")
    rack.are(machines)
    rows = {row["host"]: row for row in hosts_fit(context, standing(context))}
    lacking = {name: [one["what"] for one in row["problems"]] for name, row in rows.items() if not row["fit"]}
    assert lacking == {
        stranger.name: ["it is a host of 77ab01/prod already"],
        small.name: ["it has 0 MB of memory"],
    }


def test_a_machine_with_another_mtu_than_the_others_is_told(context: Context, programs: Path) -> None:
    rack = Racked.made_in(programs)
    *others, odd = context.draft.blueprint.hosts
    mtus = {**{host.name: 1500 for host in others}, odd.name: 9000}
    machines = {
        host.address: {
            "key": KEY,
            "report": report(host.address, address=f"eth0 {host.address}/24", mtu=f"eth0 {mtus[host.name]}"),
        }
        for host in (*others, odd)
    }
    rack.are(machines)
    rows = {row["host"]: row for row in hosts_fit(context, standing(context))}
    assert "MTU 9000" in rows[odd.name]["seen"]
    (told,) = rows[odd.name]["problems"]
    assert told["what"] == "its MTU is 9000, and 1500 on most others"
    assert told["next"].startswith("ip link set dev eth0 mtu 1500")
    assert all(rows[host.name]["fit"] for host in others)


def test_a_machine_with_another_mtu_than_the_hosts_that_run_is_told(
    context: Context, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rack = Racked.made_in(programs)
    new, *there = context.draft.blueprint.hosts
    said = report(new.address, address=f"eth0 {new.address}/24", mtu="eth0 9000")
    rack.are({new.address: {"key": KEY, "report": said}})
    told = {
        "clock": time.time(),
        "took": 0.0,
        "python": [3, 11, 2],
        "memory_mb": 8000,
        "directories": {"/": {"at": "/", "size_mb": 9000, "free_mb": 8000, "inodes": 0, "free_inodes": 0}},
        "mtus": {"lo": 65536, "eth0": 1500},
        "ports": [],
        "names": {},
    }
    asked: list[str] = []

    def answers(host: RemoteHost, *_: object) -> dict[str, Any]:
        asked.append(host.name)
        if host.name == there[0].name:
            raise HostRefused("no answer", where=host.name, why="it hangs", next="mend it")
        return told

    monkeypatch.setattr(RemoteHost, "told", answers)
    monkeypatch.setattr(fitness, "needs", lambda _drawn, names: [needs(name) for name in names])
    seen = {
        one.name: Seen("dev", one.name, one.role, running=True, image="", openstack="", address=one.address)
        for one in there[:3]
    }
    rows = {row["host"]: row for row in fitness.hosts_fit(context, seen)}
    (problem,) = rows[new.name]["problems"]
    assert problem["what"] == "its MTU is 9000, and 1500 on most others"
    assert sorted(asked) == sorted(seen)


def test_each_machine_without_a_host_is_judged_by_what_it_says(context: Context, programs: Path) -> None:
    rack = Racked.made_in(programs)
    hosts = context.draft.blueprint.hosts
    machines = {host.address: {"key": KEY, "report": report(host.address)} for host in hosts}
    first, second, third, *others = hosts
    machines[first.address]["report"] = report(first.address, address=f"eth0 {first.address}/24")
    machines[second.address]["refuses"] = "Connection refused"
    rack.are(machines)
    rows = {row["host"]: row for row in hosts_fit(context, {})}
    assert list(rows) == [host.name for host in hosts]
    assert rows[first.name]["fit"]
    assert [one["what"] for one in rows[second.name]["problems"]] == ["root can't log in by ssh"]
    for host in (third, *others):
        assert [one["what"] for one in rows[host.name]["problems"]] == ["its address is on ens3"]
    assert rack.asked() == sorted(host.name for host in hosts)

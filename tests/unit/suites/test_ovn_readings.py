import pytest
from observed import met, unmet

from suites.components.ovn import chassis, cluster, northd, rows
from suites.components.ovn.chassis import Chassis
from suites.components.ovn.cluster import Members
from suites.errors import ReadingFailed
from suites.hosts.reading import on_all

ADDRESSES = ("10.71.3.48", "10.71.3.49", "10.71.3.50")
IDS = ("aaaa", "bbbb", "cccc")
BOTH = (("OVN_Northbound", 6643), ("OVN_Southbound", 6644))


def status(name: str, port: int, self: int, leader: int = 0, term: int = 2) -> str:
    servers = "\n".join(
        f"    {server} ({server} at tcp:{address}:{port})"
        + (" (self)" if number == self else " last msg 9 ms ago")
        for number, (server, address) in enumerate(zip(IDS, ADDRESSES, strict=True))
    )
    leads = self == leader
    return f"""== {name}
{IDS[self]}
Name: {name}
Cluster ID: 3b20 (3b20b281-cdbe)
Server ID: {IDS[self]} ({IDS[self]}-1f16)
Address: tcp:{ADDRESSES[self]}:{port}
Status: cluster member
Role: {"leader" if leads else "follower"}
Term: {term}
Leader: {"self" if leads else IDS[leader]}
Vote: unknown

Last Election won: 13 ms ago
Election timer: 1000
Log: [2, 7]
Connections: ->0000 <-bbbb
Servers:
{servers}
"""


def members(self: int, leader: int = 0, term: int = 2) -> Members:
    return cluster.parse("".join(status(name, port, self, leader, term) for name, port in BOTH))


def test_a_whole_cluster_is_well() -> None:
    seen = {f"ovn-{number + 1}": members(number) for number in range(3)}
    for of in seen.values():
        assert met(cluster.both_joined(of))
        assert met(cluster.as_hosts(of, ADDRESSES))
    assert met(cluster.one_leader(seen)).startswith("OVN_Northbound is led by ovn-1, term 2")


def test_a_member_that_never_joined_and_one_too_many_are_named() -> None:
    more = unmet(cluster.as_hosts(members(0), ADDRESSES[:2]))
    assert "OVN_Northbound has tcp:10.71.3.50:6643 too" in more
    fewer = unmet(cluster.as_hosts(members(0), (*ADDRESSES, "10.71.3.51")))
    assert "OVN_Southbound lacks tcp:10.71.3.51:6644" in fewer
    # An earlier self at the same address is one too many.
    text = "".join(
        status(name, port, 0) + f"    dddd (dddd at tcp:{ADDRESSES[1]}:{port})\n" for name, port in BOTH
    )
    assert "has tcp:10.71.3.49:6643 too" in unmet(cluster.as_hosts(cluster.parse(text), ADDRESSES))


def test_two_leaders_none_and_two_terms_are_not_one_leader() -> None:
    assert not cluster.one_leader({"a": members(0), "b": members(1, leader=1)}).holds
    assert not cluster.one_leader({"a": members(1), "b": members(2)}).holds
    assert not cluster.one_leader({"a": members(0), "b": members(1, term=3)}).holds


def test_a_server_that_does_not_answer_says_so() -> None:
    silent = '== OVN_Northbound\novn-appctl: cannot connect to "/run/ovn/ovnnb_db.ctl"\n'
    found = cluster.parse(silent + status("OVN_Southbound", 6644, 0, 0))
    assert "cannot connect" in unmet(cluster.both_joined(found))
    with pytest.raises(ReadingFailed):
        cluster.parse("")


def test_exactly_one_northd_is_active() -> None:
    assert northd.one_active({"a": "active", "b": "standby"}).holds
    assert not northd.one_active({"a": "active", "b": "active"}).holds
    assert not northd.one_active({"a": "active", "b": "paused"}).holds
    assert not northd.one_active({}).holds


def test_a_row_is_on_all_members_and_its_name_needs_no_quoting() -> None:
    assert on_all("x", {"a": "x", "b": "x"}).holds
    assert unmet(on_all("x", {"a": "x", "b": ""})) == "the row is not on b"
    assert not on_all("x", {}).holds
    with pytest.raises(ValueError, match="quoting"):
        rows._key("a;b")  # noqa: SLF001 - what stands between a name and a shell


def test_chassis_are_joined_by_their_name() -> None:
    found = chassis.parse("name,hostname\nc1,compute-1\nc2,compute-2\n", "name,nb_cfg\nc1,7\n")
    assert found == (Chassis("compute-1", 7), Chassis("compute-2", 0))
    assert unmet(chassis.up_to_date(found, 7)) == "compute-2 is at 0 of 7"
    assert chassis.parse("\n", "") == ()
    with pytest.raises(ReadingFailed):
        chassis.parse("ovn-sbctl: no\nsuch thing", "")


def test_who_registered_must_be_who_should() -> None:
    found = (Chassis("compute-1", 1), Chassis("old", 1))
    seen = unmet(chassis.registered(found, ["compute-1", "compute-2"]))
    assert seen == "compute-2 has not registered; old has registered and carries no ovn-controller"
    assert not chassis.registered((found[0], found[0]), ["compute-1"]).holds
    assert chassis.registered((), []).holds

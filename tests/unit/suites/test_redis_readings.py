from dataclasses import replace

import pytest
from observed import unmet

from suites.components.redis import keys, member
from suites.components.redis.member import Member
from suites.errors import ReadingFailed

# As read in the lab, from Redis 7.0.15.
REPLICA = (
    "# Replication\r\nrole:slave\r\nmaster_host:10.71.3.40\r\nmaster_port:6379\r\nmaster_link_status:up\r\n"
    "master_last_io_seconds_ago:0\r\nmaster_sync_in_progress:0\r\nslave_read_only:1\r\nconnected_slaves:0\r\n"
)
MASTER = "# Replication\r\nrole:master\r\nconnected_slaves:2\r\nmin_slaves_good_slaves:2\r\n"
WATCHED = (
    "name\nstagegate\nip\n10.71.3.40\nport\n6379\nflags\nmaster\ndown-after-milliseconds\n2000\n"
    "config-epoch\n3\nquorum\n2\nfailover-timeout\n10000\nparallel-syncs\n3\n"
)
PERIODS = "INFO-PERIOD\n1000\nPING-PERIOD\n1000\nELECTION-TIMEOUT\n10000\n"
SETTINGS = {"down_after": 2.0, "info_period": 1.0, "failover_timeout": 10.0}


@pytest.fixture
def members() -> dict[str, Member]:
    texts = (MASTER, REPLICA, REPLICA)
    return {
        f"coordination-{number}": member.parse(f"10.71.3.{39 + number}", text, WATCHED, PERIODS)
        for number, text in enumerate(texts, 1)
    }


def changed(members: dict[str, Member], name: str, **values: object) -> dict[str, Member]:
    return members | {name: replace(members[name], **values)}


def test_one_master_with_all_its_replicas_is_well(members: dict[str, Member]) -> None:
    assert member.one_master(members).holds
    assert member.in_sync(members).holds
    assert all(member.as_set(each, SETTINGS).holds for each in members.values())


def test_replicas_are_in_sync_when_none_is_missing_or_still_given_the_data(
    members: dict[str, Member],
) -> None:
    lonely = changed(members, "coordination-1", replicas=0)
    seen = unmet(member.in_sync(changed(lonely, "coordination-2", link="down")))
    assert "coordination-1 is a master of 0 replicas, not of 2" in seen
    assert "the link of coordination-2 is down" in seen
    syncing = changed(members, "coordination-2", syncing=True)
    assert unmet(member.in_sync(syncing)) == "coordination-2 is being given the data"
    # A single host has nobody to replicate to.
    assert member.in_sync({"coordination-1": lonely["coordination-1"]}).holds


def test_two_masters_and_no_master_are_named(members: dict[str, Member]) -> None:
    split = changed(members, "coordination-3", role="master")
    assert unmet(member.one_master(split)) == "masters: coordination-1, coordination-3"
    assert not member.in_sync(split).holds
    assert unmet(member.one_master(changed(members, "coordination-1", role="slave"))) == "masters: none"
    assert not member.one_master({}).holds


def test_who_takes_another_for_the_master_is_named(members: dict[str, Member]) -> None:
    astray = changed(members, "coordination-2", named="10.71.3.42", follows="10.71.3.42")
    seen = unmet(member.one_master(astray))
    assert seen == "the sentinel on coordination-2 names 10.71.3.42; coordination-2 follows 10.71.3.42"


def test_other_time_outs_than_set_are_told(members: dict[str, Member]) -> None:
    slow = replace(members["coordination-1"], down_after=30.0)
    assert unmet(member.as_set(slow, SETTINGS)) == "down_after is 30 s, set to 2.0 s"


def test_a_key_must_be_everywhere() -> None:
    assert keys.read_back("v", {"a": "v", "b": "v"}).holds
    assert unmet(keys.read_back("v", {"a": "v", "b": ""})) == "b has nothing"
    assert not keys.read_back("v", {}).holds


@pytest.mark.parametrize("text", ["", "NOAUTH Authentication required.\n", "role:master\n"])
def test_another_answer_is_refused(text: str) -> None:
    with pytest.raises(ReadingFailed):
        member.parse("10.71.3.40", text, WATCHED, PERIODS)

from dataclasses import replace

import pytest

from suites.components.redis import keys, member
from suites.components.redis.member import Member, pairs
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
    return {
        "coordination-1": member.parse("10.71.3.40", MASTER, WATCHED, PERIODS),
        "coordination-2": member.parse("10.71.3.41", REPLICA, WATCHED, PERIODS),
        "coordination-3": member.parse("10.71.3.42", REPLICA, WATCHED, PERIODS),
    }


def test_one_master_with_all_its_replicas_is_well(members: dict[str, Member]) -> None:
    assert member.one_master(members).holds
    assert member.in_sync(members).holds
    assert all(member.as_set(each, SETTINGS).holds for each in members.values())


def test_a_master_without_a_replica_is_not_well_where_there_are_to_be_some(
    members: dict[str, Member],
) -> None:
    lonely = {"coordination-1": replace(members["coordination-1"], replicas=0)}
    lonely |= {name: replace(each, link="down") for name, each in members.items() if each.role != "master"}
    observation = member.in_sync(lonely)
    assert not observation.holds
    assert "coordination-1 is a master of 0 replicas, not of 2" in observation.seen
    assert "the link of coordination-2 is down" in observation.seen


def test_three_masters_and_no_master_are_named(members: dict[str, Member]) -> None:
    split = members | {"coordination-3": replace(members["coordination-3"], role="master")}
    assert member.one_master(split).seen == "masters: coordination-1, coordination-3"
    assert not member.in_sync(split).holds
    none = {name: replace(each, role="slave") for name, each in members.items()}
    assert member.one_master(none).seen == "masters: none"
    assert not member.one_master({}).holds


def test_who_takes_another_for_the_master_is_named(members: dict[str, Member]) -> None:
    astray = replace(members["coordination-2"], named="10.71.3.42", follows="10.71.3.42")
    seen = member.one_master(members | {"coordination-2": astray}).seen
    assert seen == "the sentinel on coordination-2 names 10.71.3.42; coordination-2 follows 10.71.3.42"


def test_a_replica_that_is_still_given_the_data_is_not_in_sync(members: dict[str, Member]) -> None:
    syncing = members | {"coordination-2": replace(members["coordination-2"], syncing=True)}
    assert member.in_sync(syncing).seen == "coordination-2 is being given the data"


def test_a_single_host_has_nobody_to_replicate_to(members: dict[str, Member]) -> None:
    assert member.in_sync({"coordination-1": replace(members["coordination-1"], replicas=0)}).holds


def test_other_time_outs_than_set_are_told(members: dict[str, Member]) -> None:
    slow = replace(members["coordination-1"], down_after=30.0)
    assert member.as_set(slow, SETTINGS).seen == "down_after is 30 s, set to 2.0 s"


def test_a_key_must_be_everywhere() -> None:
    assert keys.read_back("v", {"a": "v", "b": "v"}).holds
    assert keys.read_back("v", {"a": "v", "b": ""}).seen == "b has nothing"
    assert not keys.read_back("v", {}).holds


@pytest.mark.parametrize("text", ["", "NOAUTH Authentication required.\n", "role:master\n"])
def test_another_answer_is_refused(text: str) -> None:
    with pytest.raises(ReadingFailed):
        member.parse("10.71.3.40", text, WATCHED, PERIODS)


def test_names_and_values_come_in_turn() -> None:
    assert pairs(WATCHED)["config-epoch"] == "3"

import json
from dataclasses import replace
from typing import Any

import pytest
from observed import met, unmet
from suites_sample import FakeHost

from suites.components.rabbitmq import broker, queues
from suites.components.rabbitmq.broker import Broker
from suites.components.rabbitmq.queues import Queue
from suites.errors import ReadingFailed
from suites.hosts.host import Output

NODES = ("rabbit@messaging-2", "rabbit@messaging-3", "rabbit@messaging-1")
HOSTS = ("messaging-1", "messaging-2", "messaging-3")
# As read in the lab, from RabbitMQ 3.10.8.
STATUS = (
    '{"alarms":[],"crippled":[],"disk_free":81260027904,"disk_limit":200000000,"handling":"pause_minority","leaderless":[],'
    '"members":["rabbit@messaging-2","rabbit@messaging-3","rabbit@messaging-1"],"partitions":[],'
    '"running":["rabbit@messaging-3","rabbit@messaging-2","rabbit@messaging-1"],"tick":8,"users":["openstack"]}'
)
QUEUES = (
    '[{"consumers":0,"exclusive":false,"members":["rabbit@messaging-2","rabbit@messaging-1",'
    '"rabbit@messaging-3"],"messages":0,"name":"conductor","type":"quorum","vhost":"/"}]'
)
WELL = broker.parse(STATUS)
(CONDUCTOR,) = queues.parse(QUEUES)
SETTINGS = {"net_ticktime": 8.0}


def seen_by_all(first: Broker = WELL) -> dict[str, Broker]:
    return {"messaging-1": first, "messaging-2": WELL, "messaging-3": WELL}


def test_brokers_that_see_each_other_are_one_cluster() -> None:
    assert broker.one_cluster(seen_by_all()).holds
    assert not broker.one_cluster({}).holds


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"running": NODES[:2]}, "messaging-1 sees messaging-2, messaging-3 running"),
        ({"members": NODES[2:]}, "messaging-1 has messaging-1 in its cluster"),
        ({"members": (*NODES, "rabbit@messaging-4")}, "messaging-4 in its cluster"),
        ({"partitions": NODES[:1]}, "messaging-1 was partitioned from messaging-2"),
        ({"alarms": ("{resource_limit,memory,'rabbit@messaging-1'}",)}, "messaging-1 has an alarm"),
    ],
)
def test_what_one_broker_sees_otherwise_is_named(changed: dict[str, Any], said: str) -> None:
    assert said in unmet(broker.one_cluster(seen_by_all(replace(WELL, **changed))))


def test_one_that_paused_is_told_beside_what_the_others_see() -> None:
    paused = FakeHost(output=Output(0, """{error, "*** eval: {'EXIT',rabbit_does_not_run}"}""", ""))
    (why,) = broker.read_each([paused]).values()
    left = replace(WELL, running=NODES[:2])
    seen = unmet(broker.one_cluster({"messaging-1": why, "messaging-2": left, "messaging-3": left}))
    assert "messaging-2 sees messaging-2, messaging-3 running" in seen
    assert "messaging-1 can't be asked: " in seen
    assert "rabbit_does_not_run" in seen


def test_a_queue_that_a_broker_knows_no_leader_of_is_named() -> None:
    assert met(broker.leaders_are_known(seen_by_all())) == "each of 3 brokers knows all leaders"
    lost = replace(WELL, leaderless=("reply_1",))
    assert (
        unmet(broker.leaders_are_known(seen_by_all(lost))) == "as messaging-1 sees it, reply_1 has no leader"
    )
    assert "no leader of reply_1" in unmet(broker.has_settled(lost))


def test_nobody_who_tells_of_leaders_is_no_pass() -> None:
    assert not broker.leaders_are_known({}).holds
    assert "messaging-2 can't be asked: silent" in unmet(
        broker.leaders_are_known({"messaging-1": WELL, "messaging-2": "silent"})
    )


def test_a_partition_must_be_handled_as_set() -> None:
    assert broker.as_set(WELL, SETTINGS).holds
    assert not broker.as_set(replace(WELL, handling="ignore"), SETTINGS).holds
    assert not broker.as_set(replace(WELL, tick=60), SETTINGS).holds


def test_guests_and_full_disks_are_seen() -> None:
    assert broker.no_guest(WELL).holds
    assert not broker.no_guest(replace(WELL, users=("guest", "openstack"))).holds
    assert broker.disk_is_free(WELL).holds
    assert not broker.disk_is_free(replace(WELL, disk_free=300_000_000)).holds


@pytest.mark.parametrize("text", ["", "{}", "{ok, ok}", '{"tick": 8}'])
def test_another_answer_is_refused(text: str) -> None:
    with pytest.raises(ReadingFailed):
        broker.parse(text)
    with pytest.raises(ReadingFailed):
        queues.parse(text)


def test_a_queue_must_be_a_quorum_queue_on_all_brokers() -> None:
    assert queues.of_the_right_type([CONDUCTOR], HOSTS).holds
    assert not queues.of_the_right_type([], HOSTS).holds
    classic = replace(CONDUCTOR, type="classic", members=())
    assert unmet(queues.of_the_right_type([classic], HOSTS)) == "conductor is a classic queue"
    alone = replace(CONDUCTOR, members=NODES[:1])
    assert unmet(queues.of_the_right_type([alone], HOSTS)) == "conductor is kept by 1 of 3 brokers"


def test_two_of_three_members_are_sound_for_a_queue_of_one_client_alone() -> None:
    two = replace(CONDUCTOR, members=NODES[:2])
    assert unmet(queues.of_the_right_type([two], HOSTS)) == "conductor is kept by 2 of 3 brokers"
    assert queues.of_the_right_type([replace(two, name="reply_1")], HOSTS).holds
    many = (*HOSTS, "messaging-4", "messaging-5")
    assert queues.of_the_right_type([CONDUCTOR], many).holds, "RabbitMQ places a queue on three of five"
    assert unmet(queues.of_the_right_type([two], many)) == "conductor is kept by 2 of 5 brokers"
    more = (*many, "messaging-6", "messaging-7")
    assert queues.of_the_right_type([replace(CONDUCTOR, name="reply_1")], more).holds, "it has three there"


def test_a_broker_that_was_scaled_in_must_be_in_no_queue_any_more() -> None:
    # Its own broker is the only one left, and has a minority of what the queue counts.
    said = unmet(queues.of_the_right_type([CONDUCTOR], HOSTS[:1]))
    assert said == "conductor has a replica on messaging-2, messaging-3, which the stage does not have"
    strange = replace(CONDUCTOR, members=(NODES[2], "rabbit@messaging-4"))
    assert "on messaging-4, which the stage does not have; conductor is kept by 1 of 3" in unmet(
        queues.of_the_right_type([strange], HOSTS)
    )


def test_one_connections_queue_and_a_fan_out_stream_are_no_defect() -> None:
    exclusive = replace(CONDUCTOR, type="classic", exclusive=True)
    fan_out = replace(CONDUCTOR, type="stream", name="scheduler_fanout")
    assert met(queues.of_the_right_type([exclusive, fan_out, CONDUCTOR], HOSTS))


def test_a_queue_that_services_are_called_by_must_have_a_consumer() -> None:
    scheduler = replace(CONDUCTOR, name="scheduler", consumers=2)
    assert unmet(queues.consumed([CONDUCTOR, scheduler], ())) == "no consumer reads conductor"
    assert not queues.consumed([replace(CONDUCTOR, consumers=-1)], ()).holds
    assert queues.consumed([], ()).holds
    assert unmet(queues.consumed([], {"cinder"})) == "no queue, though there are cinder"


def test_one_hosts_queue_of_a_topic_that_others_read_is_told_and_no_defect() -> None:
    of_the_dead = replace(CONDUCTOR, name="conductor.compute-api-2")
    seen = met(queues.consumed([replace(CONDUCTOR, consumers=1), of_the_dead], ()))
    assert "NOT read, though others of the topic are: conductor.compute-api-2" in seen
    assert not queues.consumed([CONDUCTOR, of_the_dead], ()).holds
    every = [replace(CONDUCTOR, name="compute", consumers=1), replace(CONDUCTOR, name="compute.compute-2")]
    assert unmet(queues.consumed(every, ())) == "no consumer reads compute.compute-2"


def named(**consumers: int) -> list[Queue]:
    """Queues with these names, _ for -, and a dot before the host."""
    names = {name.replace("__", ".").replace("_", "-"): count for name, count in consumers.items()}
    return [replace(CONDUCTOR, name=name, consumers=count) for name, count in names.items()]


def test_queues_of_the_colour_beside_are_told_and_no_defect_while_it_stands() -> None:
    half_built = named(q_plugin=2, q_plugin__network_api_blue_1=2, q_plugin__network_api_green_1=0)
    seen = met(queues.consumed(half_built, (), {"green"}))
    assert seen.endswith("NOT read, and of the colour beside: q-plugin.network-api-green-1")
    assert unmet(queues.consumed(half_built, ())) == "no consumer reads q-plugin.network-api-green-1"
    assert not queues.consumed(half_built, (), {"blue"}).holds


def test_a_topic_is_of_the_colour_beside_if_no_other_hosts_have_it() -> None:
    """A newer release may read a topic that the older one does not know."""
    new = named(read=1, new=0, new__network_api_green_1=0, new__network_api_green_2=0)
    assert queues.consumed(new, (), {"green"}).holds
    assert not queues.consumed(new, (), {"blue"}).holds
    other = named(new__network_api_blue_1=0)
    assert (
        unmet(queues.consumed([*new, *other], (), {"green"}))
        == "no consumer reads new, new.network-api-blue-1"
    )


def test_a_queue_whose_reader_ought_to_be_there_is_a_defect_whatever_stands_beside() -> None:
    for silent in (
        named(conductor=0, conductor__compute_api_green_1=0, conductor__compute_api_blue_1=0),
        named(q_plugin=0),
        named(compute=1, compute__compute_1=0),
        named(compute=1, compute_alt=0, compute_alt__compute_1=0),
    ):
        assert not queues.consumed([*silent, *named(x=1)], (), {"green"}).holds


def test_replies_fan_out_and_what_is_of_checks_may_have_no_consumer() -> None:
    names = ("reply_0a1b", "scheduler_fanout_0a1b", "stagegate-0a1b", "notifications.info")
    assert met(queues.consumed([replace(CONDUCTOR, name=name) for name in names], ()))


def test_a_broker_that_did_not_do_as_asked_is_a_failed_reading() -> None:
    done = FakeHost(output=Output(0, json.dumps([]) + "{ok, ok}", ""))
    assert broker.evaluate(done, "…") == "[]"
    with pytest.raises(ReadingFailed):
        broker.evaluate(FakeHost(output=Output(0, '{error, "*** eval"}', "")), "…")

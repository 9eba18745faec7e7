"""What each host is asked for itself: all that its configuration names, its own queue, a client."""

import configparser
import http.client
import json
import re
import struct
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from observed import met, unmet
from suites_sample import FakeHost

from suites.components.cinder.component import COMPONENT as CINDER
from suites.components.galera import rows
from suites.components.ovn import cluster
from suites.components.rabbitmq import broker, message
from suites.components.redis import served
from suites.errors import ReadingFailed
from suites.openstack import named, named_program, own_queue
from suites.openstack.own_queue import Answer, of_nova
from suites.seam.declared import Declared
from suites.seam.target import Target, TargetHost

# As printed in the lab on a host of the volume API, shortened.
SAID = {
    "broker 10.71.3.32:5672: [DEFAULT]": "ok",
    "broker 10.71.3.33:5672: [DEFAULT]": "ok",
    "database cinder at 10.71.3.5: [database]": "ok",
    "cinder at http://10.71.3.5:5000/v3: [keystone_authtoken] [service_user] [nova]": "ok",
    "memcached 10.71.3.128:11211: [keystone_authtoken]": "ok",
    "Sentinel 10.71.3.40:26379 and the master that it names: [coordination]": "ok",
}
BROKERS = ("10.71.3.32", "10.71.3.33")
# Cinder's, as the lab has it, with made-up passwords, of which one holds what URLs escape.
CONFIGURATION = """
[DEFAULT]
host = volume-api-1
transport_url = rabbit://openstack:s%40cret@10.71.3.32:5672,openstack:s%40cret@10.71.3.33:5672/
[database]
connection = mysql+pymysql://cinder:hidden@10.71.3.5/cinder
connection_recycle_time = 3000
[keystone_authtoken]
auth_url = http://10.71.3.5:5000/v3
username = cinder
password = hidden
project_name = service
memcached_servers = 10.71.3.128:11211
[service_user]
auth_url = http://10.71.3.5:5000/v3
username = cinder
password = hidden
project_name = service
[nova]
auth_url = http://10.71.3.5:5000/v3
username = cinder
password = another
project_name = service
[coordination]
backend_url = redis://:hidden@10.71.3.40:26379?sentinel=stagegate&sentinel_password=x&sentinel_fallback=10.71.3.41:26379
[ovn]
ovn_nb_connection = tcp:10.71.3.48:6641,tcp:10.71.3.49:6641
"""


def read(text: str) -> configparser.ConfigParser:
    conf = configparser.ConfigParser(strict=False, interpolation=None, default_section="")
    conf.read_string(text)
    return conf


def test_all_that_a_configuration_names_is_asked_once_and_each_of_several_addresses() -> None:
    assert list(named_program.named(read(CONFIGURATION))) == [
        "broker 10.71.3.32:5672: [DEFAULT]",
        "broker 10.71.3.33:5672: [DEFAULT]",
        "database cinder at 10.71.3.5: [database]",
        "cinder at http://10.71.3.5:5000/v3: [keystone_authtoken] [service_user]",
        "memcached 10.71.3.128:11211: [keystone_authtoken]",
        # With another password than the sections above, it is asked for itself.
        "cinder at http://10.71.3.5:5000/v3: [nova]",
        "Sentinel 10.71.3.40:26379 and the master that it names: [coordination]",
        "Sentinel 10.71.3.41:26379 and the master that it names: [coordination]",
        "ovsdb tcp:10.71.3.48:6641: [ovn]",
        "ovsdb tcp:10.71.3.49:6641: [ovn]",
    ]


def test_a_broker_is_told_from_its_account_whatever_the_password_holds() -> None:
    url = "rabbit://nova:a%40b%3Ac@[fd00::1]:5671,nova:plain@10.0.0.2/cell1?ssl=1"
    assert list(named_program.brokers(url)) == [
        ("nova", "a@b:c", "fd00::1", 5671, "cell1"),
        ("nova", "plain", "10.0.0.2", 5672, "cell1"),
    ]


def test_what_refuses_is_told_without_a_secret() -> None:
    # Ports of this machine on which nobody listens.
    nobody = re.sub(r"10[.]71[.]3[.]\d+(:\d+)?", "127.0.0.1:1", CONFIGURATION)
    said = {name: named_program.outcome(ask) for name, ask in named_program.named(read(nobody)).items()}
    assert len(said) == 7, "what has the same address now is asked once"
    assert all("refused" in why for why in said.values())
    assert not re.search("hidden|another|cret", json.dumps(said))


def test_a_malformed_url_is_told_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nova.conf").write_text(
        "[DEFAULT]\ntransport_url = rabbit://nova:hid#den@10.71.3.32:56x72/\n"
    )
    monkeypatch.setattr(sys, "argv", ["program", str(tmp_path / "nova.conf")])
    with pytest.raises(SystemExit, match="ValueError: a URL is malformed"):
        named_program.main()
    assert named_program.outcome(lambda: int("hidden")) == "ValueError"


def test_a_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["program", str(tmp_path / "ml2.ini")])
    with pytest.raises(SystemExit, match=r"there is no .*ml2\.ini"):
        named_program.main()


@pytest.mark.parametrize(
    "error", [http.client.BadStatusLine("SSH-2.0"), struct.error("unpack"), ValueError("s3cret")]
)
def test_what_is_no_answer_costs_no_other_its_question(error: Exception) -> None:
    def ask() -> None:
        raise error

    assert named_program.outcome(ask) in {"BadStatusLine", "error", "ValueError"}


def test_all_that_is_named_answers() -> None:
    seen = met(named.all_answer(named.parse(json.dumps(SAID)), BROKERS))
    assert seen.startswith("broker 10.71.3.32:5672, broker 10.71.3.33:5672, database cinder at 10.71.3.5, ")
    without = {name: why for name, why in SAID.items() if not name.startswith("broker")}
    assert named.all_answer(without, BROKERS).holds, "Keystone has no broker, and needs none"


@pytest.mark.parametrize("name", SAID)
def test_each_that_does_not_answer_is_named(name: str) -> None:
    said = SAID | {name: "HTTPError: HTTP Error 401: Unauthorized"}
    assert unmet(named.all_answer(said, BROKERS)) == f"{name}: HTTPError: HTTP Error 401: Unauthorized"


def test_a_broker_that_a_host_has_not_heard_of_is_named() -> None:
    seen = unmet(named.all_answer(SAID, (*BROKERS, "10.71.3.3")))
    assert seen == "broker 10.71.3.3 is not named"


def test_a_colour_of_the_release_before_need_not_name_a_broker_that_came_since(target: Target) -> None:
    """In an upgrade brokers come first; the other colour keeps its files, and its smoke must pass."""
    broker_1 = TargetHost("messaging-1", "messaging", "shared", "10.71.3.32", ("rabbitmq",), ("true",))
    blue = TargetHost("volume-api-blue-1", "volume-api", "coloured", "10.71.3.50", ("cinder",), ("true",))
    own = replace(blue, name="volume-api-green-1", declared=Declared())
    stage = replace(target, hosts=(broker_1, blue, own))
    assert named.to_name(stage, own.name) == ("10.71.3.32",)
    assert named.to_name(stage, blue.name) == ()


@pytest.mark.parametrize("text", ["", "[]", "there is no /etc/nova/nova.conf"])
def test_a_configuration_that_was_not_read_is_no_pass(text: str) -> None:
    with pytest.raises(ReadingFailed):
        named.parse(text)
    assert not named.all_answer({}, ()).holds


CONDUCTOR = of_nova("conductor")
REPLIED = {"reply": {"service": "conductor", "arg": "smoke"}}


def test_a_server_that_replies_by_its_own_queue_is_told_by_its_name() -> None:
    answer = own_queue.parse(json.dumps(REPLIED))
    assert (
        met(own_queue.took(CONDUCTOR, "compute-api-1", answer))
        == "ping by the queue conductor.compute-api-1 is replied to"
    )
    assert CINDER.own_queue is not None
    assert met(own_queue.took(CINDER.own_queue, "volume-api-1", own_queue.parse('{"reply": []}')))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"error": "MessagingTimeout: No reply on topic conductor"}, "nobody replied within 20 s"),
        ({"error": "AccessRefused: (403) ACCESS_REFUSED"}, "conductor.compute-api-1: AccessRefused: (403)"),
        ({"reply": {"service": "scheduler", "arg": "smoke"}}, 'it replied {"service": "scheduler"'),
        ({"reply": None}, "it replied null"),
        ({}, "it replied null"),
    ],
)
def test_a_server_that_does_not_reply_or_is_another_is_named(answer: dict[str, object], said: str) -> None:
    assert said in unmet(own_queue.took(CONDUCTOR, "compute-api-1", Answer.model_validate(answer)))


@pytest.mark.parametrize("text", ["", "Traceback", "[]"])
def test_another_output_than_the_programs_is_refused(text: str) -> None:
    with pytest.raises(ReadingFailed):
        own_queue.parse(text)


def test_a_call_goes_to_the_one_server_that_is_asked_about_and_as_the_services_account() -> None:
    script = CONDUCTOR.script("compute-api-1")
    assert script.startswith("runuser -u nova -- timeout 40 /opt/openstack/bin/python ")
    assert '"server": "compute-api-1"' in script
    assert '"topic": "conductor"' in script


def test_a_message_that_is_confirmed_must_be_consumed_by_the_same_broker() -> None:
    assert met(message.consumed("stagegate-1 stagegate-1\n")) == "a confirmed message was consumed"
    assert (
        unmet(message.consumed("stagegate-1 \n")) == "a message was confirmed, and nothing could be consumed"
    )
    assert "'stagegate-2' could" in unmet(message.consumed("stagegate-1 stagegate-2\n"))
    assert not message.consumed("").holds


# As printed in the lab by a host with a replica.
REDIS = "NOAUTH Authentication required.\nNOAUTH Authentication required.\n0\nPONG\n"


def test_redis_and_its_sentinel_answer_with_the_password_alone() -> None:
    assert met(served.served(REDIS)) == "ports 6379 and 26379 answer with the password alone"


@pytest.mark.parametrize(
    ("line", "said", "seen"),
    [
        (0, "0", "port 6379 tells a client without the password 0"),
        (1, "PONG", "port 26379 tells a client without the password PONG"),
        (2, "WRONGPASS invalid username-password pair", "port 6379 tells a client with the password WRONG"),
        (2, "MASTERDOWN Link with MASTER is down", "port 6379 tells a client with the password MASTERDOWN"),
        (3, "Could not connect to Redis", "port 26379 tells a client with the password Could not connect"),
        (3, "", "port 26379 tells a client with the password nothing"),
    ],
)
def test_a_redis_that_refuses_its_clients_or_takes_strangers_is_named(
    line: int, said: str, seen: str
) -> None:
    lines = REDIS.splitlines()
    lines[line] = said
    assert unmet(served.served("\n".join([*lines, ""]))).startswith(seen)


def test_fewer_answers_than_questions_are_no_pass() -> None:
    assert not served.served("").holds
    assert not served.served(REDIS.partition("\n")[2]).holds


def test_the_password_is_unset_for_the_first_questions_alone() -> None:
    first, second, third, fourth = served.asking(FakeHost()).split("; echo ")
    assert first.count("env -u REDISCLI_AUTH") == second.count("env -u REDISCLI_AUTH") == 1
    assert "REDISCLI_AUTH" not in third + fourth


def test_each_ovsdb_server_answers_a_client_of_its_own() -> None:
    assert met(cluster.served("2\n2\n")) == "OVN_Northbound, OVN_Southbound answer clients"
    refused = "ovn-sbctl: tcp:10.71.3.49:6642: database connection failed (Connection refused)"
    assert unmet(cluster.served(f"2\n{refused}\n")) == f"OVN_Southbound says {refused}"
    assert not cluster.served("2\n").holds
    assert not cluster.served("").holds


def test_a_database_that_takes_a_clients_row_is_the_hosts_own() -> None:
    assert rows.served_by("database-2", {"rows": [["database-2"]]}).holds
    assert not rows.served_by("database-2", {"rows": [["database-1"]]}).holds
    assert not rows.served_by("database-2", {}).holds


def test_a_queue_with_a_member_that_is_not_alive_is_named() -> None:
    whole = broker.Broker((), (), (), (), 8, "pause_minority", 1, 1, (), (), ())
    assert broker.has_all_members(whole).holds
    lame = replace(whole, crippled=("conductor", "scheduler"))
    assert unmet(broker.has_all_members(lame)) == "not all members are alive of conductor, scheduler"

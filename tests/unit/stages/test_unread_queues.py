"""Queues of hosts that are gone, or that read fewer topics: which of them a broker deletes."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from programs import ended
from stage_sample import all_well, altered, blueprint, content, formed, wanted
from stand_in import install

from stages.design.blueprint import Blueprint, Colour, Plane, Tier
from stages.design.leaving import Going, Leave
from stages.design.manifest import LIB
from stages.design.parts import Milestone, Phase
from stages.openstack import queues
from stages.openstack.queues import FACT
from stages.planning.actions import RunCommands
from stages.planning.order import make
from stages.planning.steps import Step

STAGE = "whole-prod"
DRAWN = blueprint(STAGE)
GONE = "network-api-blue-2"
BLUE, GREEN = "network-api-blue-1", "network-api-green-1"
# Stands for rabbitmq-erl: queues with their readers, at one look after the other, and their messages.
ERL = """
import base64, json, pathlib, re, sys
text = sys.stdin.read()
store = pathlib.Path(__file__).with_name("broker.json")
broker = json.loads(store.read_text())
now = broker["looks"][0]
if encoded := re.search(r'base64:decode\\(<<"(.*?)">>\\)', text):
    name = base64.b64decode(encoded[1]).decode()
    readers = broker["then"].get(name, now.get(name))
    if readers == 0:
        broker["deleted"].append(name)
        for look in broker["looks"]:
            look.pop(name, None)
    says = {0: str(broker["messages"].get(name, 0)), None: "gone", -1: "unknown"}
    print(says.get(readers, "read"))
else:
    assert "rabbit_amqqueue:list" in text and "delete" not in text, text
    print(json.dumps(now))
    broker["looks"] = broker["looks"][1:] or broker["looks"]
store.write_text(json.dumps(broker))
sys.exit(broker["fails"])
"""
PAUSES = "NOTICED_WITHIN, READS_WITHIN, UNREAD_FOR, AGAIN_AFTER = 50, 60, 10, 1.0"
Readers = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Ran:
    deleted: list[str]
    done: subprocess.CompletedProcess[str]

    @property
    def told(self) -> list[str]:
        return self.done.stdout.splitlines()


def unread(folder: Path, verb: str, *looks: Readers, hosts: tuple[str, ...], **broker: object) -> Ran:
    """Run the program on a broker that has these queues, at one look after the other."""
    install(folder, "rabbitmq-erl", ERL)
    store = folder / "broker.json"
    known = {"looks": looks, "then": {}, "messages": {}, "deleted": [], "fails": 0}
    store.write_text(json.dumps(known | broker))
    text = content(STAGE, "messaging-1", queues.UNREAD).replace(LIB, str(folder))
    assert PAUSES in text
    (folder / "unread").write_text(text.replace(PAUSES, f"{PAUSES.partition('=')[0]}= 0.5, 0.5, 0.5, 0.05"))
    done = ended(sys.executable, "-I", str(folder / "unread"), verb, *hosts)
    return Ran(json.loads(store.read_text())["deleted"], done)


def gone(folder: Path, *looks: Readers, **broker: object) -> Ran:
    return unread(folder, "gone", *looks, hosts=(GONE,), **broker)


def test_only_queues_of_the_host_that_is_gone_are_deleted_and_told(tmp_path: Path) -> None:
    found = {"q-plugin": 4, f"q-plugin.{GONE}": 0, "q-plugin.network-api-blue-1": 0, f"x{GONE}": 0, GONE: 0}
    ran = gone(tmp_path, found, messages={f"q-plugin.{GONE}": 3})
    assert ran.deleted == [f"q-plugin.{GONE}"]
    assert (ran.done.returncode, ran.told) == (0, [f"deleted the queue q-plugin.{GONE}, with 3 messages"])


def test_a_host_without_queues_is_no_error(tmp_path: Path) -> None:
    ran = gone(tmp_path, {"q-plugin": 4})
    assert (ran.deleted, ran.done.returncode) == ([], 0)
    assert ran.told == [f"no queue of {GONE} is left without a reader"]


def test_a_client_that_is_lost_is_waited_for_until_the_broker_has_noticed(tmp_path: Path) -> None:
    name = f"q-plugin.{GONE}"
    ran = gone(tmp_path, {name: 1}, {name: -1}, {name: 0})
    assert (ran.deleted, ran.done.returncode) == ([name], 0)


@pytest.mark.parametrize("readers", [1, -1])
def test_one_that_somebody_reads_for_good_stays_and_the_step_fails(tmp_path: Path, readers: int) -> None:
    ran = gone(tmp_path, {f"a.{GONE}": readers, f"b.{GONE}": 0})
    assert (ran.deleted, ran.done.returncode) == ([f"b.{GONE}"], 1)
    assert f"a.{GONE}" in ran.done.stderr


def test_one_that_is_read_again_just_before_stays(tmp_path: Path) -> None:
    ran = gone(tmp_path, {f"a.{GONE}": 0}, then={f"a.{GONE}": 1})
    assert (ran.deleted, ran.told) == ([], [f"the queue a.{GONE} stays: somebody reads it"])


def test_a_topic_goes_with_its_last_host_and_before_it(tmp_path: Path) -> None:
    """Before: a run that is killed in between finds it by the queue of the host."""
    old, new = f"old-1.5.{GONE}", f"new.{GONE}"
    found = {
        "old-1.5": 0,
        old: 0,
        "new": 0,
        new: 0,
        "new.network-api-green-1": 1,
        "read": 1,
        f"read.{GONE}": 0,
    }
    assert gone(tmp_path, found).deleted == ["old-1.5", new, old, f"read.{GONE}"]


def test_a_broker_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    ran = gone(tmp_path, {}, fails=1)
    assert ran.done.returncode == 1
    assert "the broker did not do it" in ran.done.stderr
    assert ran.done.stderr.endswith(f"; to repeat it on this host: {tmp_path / 'unread'} gone {GONE}\n")


COMPUTES = ("compute-1", "compute-2")
BACK = {
    "compute": 2,
    "compute.compute-1": 1,
    "compute.compute-2": 1,
    "compute-alt": 0,
    "compute-alt.compute-1": 0,
    "compute-alt.compute-2": 0,
}


def stays(folder: Path, *looks: Readers) -> Ran:
    return unread(folder, "stays", *looks, hosts=COMPUTES)


def test_a_client_that_goes_later_than_the_others_of_its_host_is_waited_for(tmp_path: Path) -> None:
    names = [f"compute.{COMPUTES[0]}", f"compute-alt.{COMPUTES[0]}"]
    others = {f"compute.{host}": 1 for host in COMPUTES[1:]}
    ran = stays(
        tmp_path,
        others | dict(zip(names, (0, 1), strict=True)),
        others | dict(zip(names, (1, 0), strict=True)),
    )
    assert ran.deleted == [names[1]]


def test_topics_that_a_host_came_back_from_are_deleted_and_what_it_reads_stays(tmp_path: Path) -> None:
    """Seen: nova-compute of 2026.1 reads `compute-alt`, too; after the way back to 2025.2 nobody does."""
    ran = stays(tmp_path, BACK)
    assert ran.deleted == ["compute-alt", "compute-alt.compute-1", "compute-alt.compute-2"]
    assert ran.done.returncode == 0


def test_a_service_that_has_just_started_reads_its_queues_one_after_the_other(tmp_path: Path) -> None:
    reading = BACK | {"compute-alt": 2, "compute-alt.compute-1": 1, "compute-alt.compute-2": 1}
    ran = stays(tmp_path, BACK | dict.fromkeys(BACK, 0), BACK, reading)
    assert (ran.deleted, ran.done.returncode) == ([], 0)


def test_where_all_is_read_one_look_is_enough(tmp_path: Path) -> None:
    """As after each upgrade to a newer release: nobody waits to see whether that lasts."""
    read = dict.fromkeys(BACK, 1)
    left = BACK | {"compute-alt": 1}
    assert stays(tmp_path, read, left).told == ["no queue of compute-1, compute-2 is left without a reader"]


def test_a_host_that_reads_none_of_its_queues_makes_it_fail_and_keeps_them(tmp_path: Path) -> None:
    ran = stays(tmp_path, BACK | {"compute.compute-2": 0})
    assert (ran.deleted, ran.done.returncode) == ([], 1)
    assert ran.done.stderr.startswith("no service of compute-2 reads its queues")


@pytest.mark.parametrize(("found", "code"), [(BACK, 1), ({"compute.compute-1": 1, "conductor.x": 0}, 0)])
def test_whether_there_is_one_is_asked_without_a_change(tmp_path: Path, found: Readers, code: int) -> None:
    ran = unread(tmp_path, "none", found, hosts=COMPUTES)
    assert (ran.deleted, ran.done.returncode) == ([], code)


CALLERS = {role for port in DRAWN.roles["messaging"].listens for role in port.users}


@pytest.mark.parametrize("role", sorted(CALLERS))
def test_every_role_that_brokers_answer_leaves_no_queue_when_nobody_calls_it_any_more(role: str) -> None:
    (host, *_) = DRAWN.everywhere(role)
    facts = {name.name: {"servers": ""} for name in DRAWN.everywhere("compute-api")}
    answer = DRAWN.roles[role].leave
    assert answer is not None
    (leave,) = answer(DRAWN, facts, (Going(host.name, host.address, runs=True),))  # type: ignore[misc] # not refused
    assert isinstance(leave, Leave)
    act = leave.after[-1]
    assert act.host == "messaging-1"
    assert [(command.to_json()["run"], command.to_json()["tells"]) for command in act.commands] == [
        ([queues.UNREAD, "gone", host.name], True)
    ]


def test_computes_that_run_again_have_theirs_looked_at_when_nova_knows_them() -> None:
    (found,) = [one for one in formed(STAGE, "compute") if one.id == "ready/compute-queues"]
    assert (found.host, found.after) == ("messaging-1", ("ready/compute",))
    assert found.needs == (Milestone("messaging", Phase.SERVE),)
    assert found.done == (queues.UNREAD, "none", *COMPUTES)


def test_of_hosts_that_were_gone_before_what_is_read_stays_and_nobody_is_waited_for(tmp_path: Path) -> None:
    """A host that is about to leave is no more in the config, and may still run."""
    found = {"old": 0, f"old.{GONE}": 0, f"q-plugin.{GONE}": 1}
    ran = unread(tmp_path, "left", found, hosts=(GONE,))
    assert (ran.deleted, ran.done.returncode) == (["old", f"old.{GONE}"], 0)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({f"b.{GONE}": 0, "a.compute-3": 0, "a.compute-1": 1, "a": 0}, ["compute-3", GONE]),
        ({"a.compute-1": 1, "b.compute-9": -1}, []),
    ],
)
def test_a_broker_tells_of_which_hosts_nobody_reads_queues(
    tmp_path: Path, found: Readers, told: list[str]
) -> None:
    ran = unread(tmp_path, "whose", found, hosts=())
    assert (ran.deleted, ran.done.returncode) == ([], 0)
    assert ran.told == ([queues.NOBODY_READS + ", ".join(told)] if told else [])


def left_queues(told: str, drawn: Blueprint = DRAWN) -> list[Step]:
    """What a plan of a stage that is well otherwise does where its brokers tell this."""
    brokers = [host.name for host in drawn.members("messaging")]
    tells = {FACT: told, "rabbitmq": "a whole member"}
    observed = altered(all_well(STAGE), *brokers, facts=tells)
    return list(make(drawn, observed, wanted(STAGE)).steps)


def test_the_next_plan_deletes_what_is_left_of_hosts_that_are_gone() -> None:
    """Also after a deletion that failed: its step is about a host that no later plan knows."""
    (found,) = left_queues(f"{queues.NOBODY_READS}compute-1, compute-9, elsewhere-1, network-api-green-2")
    assert (found.id, found.host) == ("ready/left-queues", "messaging-1")
    assert found.title == "delete queues of compute-9, network-api-green-2, which the stage does not have"
    assert isinstance(found.action, RunCommands)
    (command,) = found.action.commands
    assert (command["run"], command["tells"]) == (
        [queues.UNREAD, "left", "compute-9", "network-api-green-2"],
        True,
    )


@pytest.mark.parametrize("told", ["", f"{queues.NOBODY_READS}compute-1"])
def test_queues_of_hosts_of_the_stage_are_no_matter_of_a_plan(told: str) -> None:
    assert left_queues(told) == []


def test_the_colour_beside_is_of_the_stage_too() -> None:
    beside = Plane(Tier.COLOURED, Colour.GREEN, "2026.1", (replace(DRAWN.host(BLUE), name=GREEN),))
    facts = {"messaging-2": {FACT: f"{queues.NOBODY_READS}{GREEN}"}}
    assert list(queues.of_strangers(DRAWN, facts, CALLERS, ())) != []
    assert list(queues.of_strangers(replace(DRAWN, beside=beside), facts, CALLERS, ())) == []

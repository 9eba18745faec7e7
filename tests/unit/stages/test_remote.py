"""A host is changed under the newest lease alone, and is sent no more than it needs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from podman_stand_in import Podman
from ssh_stand_in import Ssh

from stages.errors import HostBusy, HostRefused, LeaseLost, StagesError
from stages.machine.substrates import given, remote
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.remote import RemoteHost
from stages.requests.context import Context
from stages.requests.fence import fence
from stages.requests.perform import perform

HOST = RemoteHost("database-1", __file__)  # type: ignore[arg-type] # the stand-in reads no configuration
KEY = {"digest-key": "00" * 16}


@pytest.fixture
def lease(grant: Callable[[int], Lease]) -> Lease:
    return grant(12)


def test_a_run_whose_stage_another_run_took_sends_nothing_more(
    hosts: Ssh, lease: Lease, grant: Callable[[int], Lease]
) -> None:
    HOST.change("run", lease, KEY, commands=[])
    grant(13)
    with pytest.raises(LeaseLost) as caught:
        HOST.change("run", lease, KEY, commands=[])
    error = caught.value
    assert error.what == "the stage is held by another run (token 13, this one has 12)"
    assert (error.where, error.next) == ("prod", "promote status")
    assert [request["token"] for request in hosts.requests("database-1")] == [12]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": 255}, (HostRefused, "no answer", True)),
        ({"error": {"what": remote.LOCKED, "why": "for 90 s"}}, (HostBusy, "for 90 s", True)),
        ({"error": {"what": "the new a was refused by b", "why": "c"}}, (HostRefused, "c", False)),
        (
            {"error": {"what": "command a ended with 75", "why": "c"}, "transient": True},
            (HostRefused, "c", True),
        ),
        ({"refused": "older token 12, host has 13"}, (LeaseLost, "older token 12, host has 13", False)),
    ],
)
def test_a_change_that_fails_says_why_and_whether_a_retry_may_help(
    hosts: Ssh, lease: Lease, answer: dict[str, Any], expected: tuple[type[StagesError], str, bool]
) -> None:
    hosts.answer(database_1={"ok": False, "transient": False, **answer})
    with pytest.raises(StagesError) as caught:
        HOST.change("run", lease, KEY, commands=[])
    assert (type(caught.value), caught.value.why, caught.value.transient) == expected


@pytest.mark.parametrize(("said", "told"), [([], {}), (["deleted a"], {"told": ["deleted a"]})])
def test_what_commands_say_to_people_is_in_the_receipt(
    hosts: Ssh, lease: Lease, said: list[str], told: dict[str, list[str]]
) -> None:
    hosts.answer(database_1={"told": said})
    receipt = HOST.change("run", lease, KEY, commands=[])
    assert {key: value for key, value in receipt.items() if key == "told"} == told


def test_a_host_that_lacks_this_codes_applier_is_sent_it(hosts: Ssh) -> None:
    HOST.ask({"mode": "facts"})
    hosts.answer(database_1={"lacks_applier": True})
    HOST.ask({"mode": "facts"})
    first, second = (argv[-1] for argv in hosts.argvs())
    assert {given.digest() in first, given.digest() in second} == {True, False}
    assert len(hosts.requests("database-1")) == 2


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("loadbalancer-1", set()),
        ("database-1", {"database_probe_password", "database_keystone_password"}),
    ],
)
def test_a_host_gets_the_secrets_that_its_files_name_and_no_others(
    hosts: Ssh, context: Context, host: str, known: set[str]
) -> None:
    digest = context.draft.manifests[host].digest()
    for action in ({"do": "apply", "manifest": digest}, {"do": "form", "commands": []}):
        perform(context, {"id": "x", "host": host, "action": action}, lambda *_: None, print)
    for request in hosts.requests(host):
        assert set(request["secrets"]) == known | {"digest-key"}


def test_a_runs_token_is_sent_to_all_running_hosts_and_a_silent_one_is_left_out(
    lab: Podman, hosts: Ssh, context: Context
) -> None:
    lab.stands(
        context.site.id, "prod", operator="10.1.1.10", database_1="10.1.1.2", loadbalancer_1="10.1.1.3"
    )
    hosts.answer(loadbalancer_1={"status": 255})
    assert fence(context) == ["database-1"]
    (request,) = hosts.requests("database-1")
    assert (request["mode"], request["token"], request["commands"]) == ("run", 12, [])
    assert set(request["secrets"]) == {"digest-key"}


def test_a_run_that_lost_its_stage_fences_no_host(
    lab: Podman, hosts: Ssh, context: Context, grant: Callable[[int], Lease]
) -> None:
    lab.stands(context.site.id, "prod", database_1="10.1.1.2")
    grant(13)
    with pytest.raises(LeaseLost):
        fence(context)
    assert not hosts.requests("database-1")


def test_in_a_stage_without_hosts_there_is_none_to_fence(hosts: Ssh, context: Context) -> None:
    assert fence(context) == []
    assert not hosts.argvs()


def test_a_token_whose_record_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LeaseLost) as caught:
        Lease(12, tmp_path / "prod.json").check()
    assert (caught.value.where, caught.value.next) == (str(tmp_path / "prod.json"), "promote status")

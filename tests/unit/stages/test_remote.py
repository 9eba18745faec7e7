"""A host is changed under the newest lease alone, and is sent no more than it needs."""

import json
from pathlib import Path

import pytest
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_sample import CONFIG

from stages.errors import HostBusy, HostRefused, LeaseLost
from stages.machine import packed, remote
from stages.machine.remote import RemoteHost
from stages.machine.substrates import given
from stages.machine.substrates.fence import Lease
from stages.requests.context import Context
from stages.requests.fence import fence
from stages.requests.perform import perform

HOST = RemoteHost("database-1", __file__)  # type: ignore[arg-type] # the stand-in reads no configuration
KEY = {"digest-key": "00" * 16}


@pytest.fixture
def lease(tmp_path: Path) -> Lease:
    return Lease(12, granted(tmp_path, 12))


@pytest.fixture
def context(tmp_path: Path) -> Context:
    granted(tmp_path, 12)
    request = {"site": str(tmp_path), "config": str(CONFIG), "stage": "prod", "token": 12}
    return Context.of(request, changes=True)


def granted(site: Path, token: int) -> Path:
    path = site / "leases/prod.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"token": token}))
    return path


def test_nothing_is_sent_under_a_lease_that_was_given_on(hosts: Ssh, lease: Lease, tmp_path: Path) -> None:
    HOST.change("run", lease, KEY, commands=[])
    granted(tmp_path, 13)
    with pytest.raises(LeaseLost):
        HOST.change("run", lease, KEY, commands=[])
    assert [request["token"] for request in hosts.requests("database-1")] == [12]


def test_a_host_that_knows_a_newer_token_ends_the_run(hosts: Ssh, lease: Lease) -> None:
    hosts.answer(database_1={"ok": False, "refused": "older token 12, host has 13"})
    with pytest.raises(LeaseLost) as caught:
        HOST.change("run", lease, KEY, commands=[])
    assert caught.value.why == "older token 12, host has 13"


@pytest.mark.parametrize(
    ("answer", "kind", "transient"),
    [
        ({"status": 255}, HostRefused, True),
        ({"ok": False, "error": {"what": remote.LOCKED, "why": "for 90 s"}}, HostBusy, True),
        ({"ok": False, "error": {"what": "the new a was refused by b", "why": "c"}}, HostRefused, False),
    ],
)
def test_only_what_may_go_by_itself_is_called_transient(
    hosts: Ssh,
    lease: Lease,
    answer: dict[str, object],
    kind: type[HostRefused],
    transient: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    hosts.answer(database_1=answer)
    with pytest.raises(kind) as caught:
        HOST.change("run", lease, KEY, commands=[])
    assert caught.value.transient is transient


def test_the_lock_is_told_apart_by_the_appliers_own_words() -> None:
    assert f'Problem("{remote.LOCKED}"' in packed.text()


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


def test_all_hosts_that_run_are_told_a_runs_token_and_who_does_not_answer_is_left_out(
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


def test_a_run_that_lost_its_stage_fences_nobody(
    lab: Podman, hosts: Ssh, context: Context, tmp_path: Path
) -> None:
    lab.stands(context.site.id, "prod", database_1="10.1.1.2")
    granted(tmp_path, 13)
    with pytest.raises(LeaseLost):
        fence(context)
    assert not hosts.requests("database-1")


def test_where_nothing_stands_there_is_nobody_to_tell(hosts: Ssh, context: Context) -> None:
    assert fence(context) == []
    assert not hosts.argvs()


def test_a_stage_that_nobody_ever_leased_is_free(tmp_path: Path) -> None:
    Lease(0, tmp_path / "prod.json").check()


def test_a_token_whose_record_is_gone_is_nobodys(tmp_path: Path) -> None:
    with pytest.raises(LeaseLost) as caught:
        Lease(12, tmp_path / "prod.json").check()
    assert (caught.value.where, caught.value.next) == (str(tmp_path / "prod.json"), "promote status")


def test_an_older_token_is_refused_with_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(LeaseLost) as caught:
        Lease(11, granted(tmp_path, 12)).check()
    error = caught.value
    assert error.what == "the stage is held by another run (token 12, this one has 11)"
    assert (error.where, error.next) == ("prod", "promote status")


def test_a_lease_that_is_given_on_between_two_effects_stops_the_second(tmp_path: Path) -> None:
    lease = Lease(12, granted(tmp_path, 12))
    lease.check()
    granted(tmp_path, 13)
    with pytest.raises(LeaseLost):
        lease.check()

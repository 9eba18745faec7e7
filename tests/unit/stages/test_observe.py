"""A stage is found as it is: who does not answer is asked twice, and looking changes nothing."""

from collections.abc import Mapping
from typing import Any

import pytest
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_sample import CONFIG

from stages.draft import Draft, draft
from stages.machine.site import Site
from stages.machine.substrates import ssh
from stages.machine.substrates.lab import Lab
from stages.machine.substrates.remote import RemoteHost
from stages.openstack.releases import Releases
from stages.planning.observed import Observed, State
from stages.requests.observe import ANSWER, LOOK, observe


@pytest.fixture
def drawn(site: Site) -> Draft:
    return draft(CONFIG, "prod", site.id)


@pytest.fixture
def standing(site: Site, drawn: Draft, lab: Podman) -> Site:
    """A site whose stage prod has a gateway and two hosts, equipped with keys."""
    names = ("loadbalancer-1", "database-1")
    there = {name.replace("-", "_"): drawn.blueprint.host(name).address for name in names}
    lab.stands(site.id, "prod", operator=drawn.blueprint.operator, **there)
    ssh.configure(site, drawn.blueprint)
    return site


def looked(site: Site, drawn: Draft, *, looks: bool = False) -> Observed:
    there = Lab(site, drawn.blueprint).standing()
    return observe(site, drawn, Releases(), there, lambda name: RemoteHost(name, site.path), looks=looks)


def test_a_host_is_asked_what_its_manifest_would_change_with_the_secrets_it_knows(
    standing: Site, drawn: Draft, hosts: Ssh
) -> None:
    hosts.answer(database_1={"changes": [{"action": "update", "kind": "file", "name": "/etc/x"}]})
    found = looked(standing, drawn)
    assert found.host("database-1").changes == ("update file /etc/x",)
    (request,) = hosts.requests("loadbalancer-1")
    assert (request["mode"], set(request["secrets"])) == ("dry_run", {"digest-key"})


def test_a_host_that_does_not_answer_is_asked_once_more(standing: Site, drawn: Draft, hosts: Ssh) -> None:
    hosts.answer(database_1={"status": 255})
    found = looked(standing, drawn)
    assert {name: seen.state for name, seen in found.hosts.items()} == {
        "loadbalancer-1": State.RUNNING,
        "database-1": State.SILENT,
    }
    assert len(hosts.requests("database-1")) == 2
    assert "database-1 can't be reached by ssh" in found.host("database-1").retried
    assert not found.host("loadbalancer-1").retried


def test_a_host_that_can_not_say_what_it_is_counts_as_silent(
    standing: Site, drawn: Draft, hosts: Ssh
) -> None:
    hosts.answer(database_1={"ok": False, "error": {"what": "state.json can't be read", "why": "-"}})
    seen = looked(standing, drawn).host("database-1")
    assert (seen.state, seen.why) == (State.SILENT, "state.json can't be read")


@pytest.mark.usefixtures("hosts")
def test_commands_that_all_hang_end_before_the_host_counts_as_silent(
    standing: Site, drawn: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[float, float]] = []
    ask = RemoteHost.ask

    def noted(host: RemoteHost, request: Mapping[str, Any], within: float = 600.0) -> dict[str, Any]:
        asked.append((sum(fact["within"] for fact in request["facts"]), within))
        return ask(host, request, within)

    monkeypatch.setattr(RemoteHost, "ask", noted)
    looked(standing, drawn)
    assert any(commands for commands, _ in asked)
    assert all(commands < within for commands, within in asked)


@pytest.mark.parametrize("looks", [False, True])
def test_slow_questions_are_asked_for_a_bootstrap_alone(
    standing: Site, drawn: Draft, hosts: Ssh, *, looks: bool
) -> None:
    looked(standing, drawn, looks=looks)
    (request,) = hosts.requests("database-1")
    within = {fact["name"]: fact["within"] for fact in request["facts"]}
    assert within["galera"] == ANSWER
    assert within.get("position") == (LOOK if looks else None)


@pytest.mark.usefixtures("hosts")
def test_a_host_tells_what_its_image_is_without_openstack_and_an_older_one_does_not(
    standing: Site, drawn: Draft, lab: Podman
) -> None:
    inspected = lab.kept["inspected"]
    inspected[f"sg-{standing.id}-prod-database-1"]["Config"]["Labels"]["stagegate.base"] = "b1"
    lab.put(inspected=inspected)
    found = looked(standing, drawn)
    assert {name: seen.base for name, seen in found.hosts.items()} == {
        "loadbalancer-1": "",
        "database-1": "b1",
    }

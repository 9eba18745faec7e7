"""Each host that exists is asked once what it has; one that can't answer says why, and nothing is changed."""

import json
from pathlib import Path
from typing import Any

import pytest
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_sample import CONFIG

from stages.machine.site import Site
from stages.machine.substrates import ssh
from stages.requests.context import Context
from stages.requests.fitness import hosts_fit, running, standing

NAMES = ("loadbalancer-1", "database-1", "database-2")
REPORT = {
    "clock": 0.0,
    "took": 0.0,
    "python": [3, 11, 2],
    "memory_mb": 8000,
    "directories": {"/": {"at": "/", "size_mb": 9000, "free_mb": 8000, "inodes": 0, "free_inodes": 0}},
    "names": {},
}


@pytest.fixture
def context(site: Site, lab: Podman) -> Context:
    """Of a stage of which a gateway and three hosts run, one of them not a host of the config any more."""
    found = Context.of({"site": str(site.path), "config": str(CONFIG), "stage": "prod"})
    drawn = found.draft.blueprint
    there = {name.replace("-", "_"): drawn.host(name).address for name in NAMES}
    lab.stands(site.id, "prod", operator=drawn.operator, identity_blue_9="10.0.0.9", **there)
    ssh.configure(site, drawn)
    return found


def stop(lab: Podman, name: str) -> None:
    kept = lab.kept["inspected"]
    (full,) = [one for one in kept if one.endswith(name)]
    kept[full]["State"]["Running"] = False
    lab.put(inspected=kept)


def report(context: Context, *others: str) -> dict[str, Any]:
    """One in which each port of these hosts is closed, and the clock so wrong that this is seen."""
    addresses = [context.draft.blueprint.host(name).address for name in others]
    ports = [[address, port, "closed"] for address in addresses for port in range(1024, 10_000)]
    return {**REPORT, "ports": ports}


def test_hosts_are_those_of_the_config_and_of_a_role_each(context: Context) -> None:
    found = standing(context)
    assert set(found) == set(NAMES)
    assert running(context, found) == {"loadbalancer": 1, "database": 2}


def test_a_host_that_is_stopped_will_need_its_memory(context: Context, lab: Podman) -> None:
    stop(lab, "database-2")
    assert running(context, standing(context)) == {"loadbalancer": 1, "database": 1}


def test_each_is_asked_once_and_without_a_run(context: Context, hosts: Ssh) -> None:
    hosts.answer(**{name.replace("-", "_"): report(context, *NAMES) for name in NAMES})
    before = {path: path.read_bytes() for path in context.site.path.rglob("*") if path.is_file()}
    rows = hosts_fit(context, standing(context))
    assert [row["host"] for row in rows] == list(NAMES)
    assert all([problem["what"][:9] for problem in row["problems"]] == ["its clock"] for row in rows)
    for name in NAMES:
        (question,) = hosts.requests(name)
        assert "names" in question
        assert len(question["ports"]) > 1
    assert {path: path.read_bytes() for path in context.site.path.rglob("*") if path.is_file()} == before


def test_a_shell_asks_for_python_before_anything_runs_in_it(context: Context, hosts: Ssh) -> None:
    hosts.answer(
        database_1={"status": 95}, database_2={"status": 255}, loadbalancer_1=report(context, *NAMES)
    )
    rows = {row["host"]: row for row in hosts_fit(context, standing(context))}
    (lacking,) = rows["database-1"]["problems"]
    assert (lacking["what"], lacking["next"]) == (
        "database-1 has no python3",
        "apt-get install python3, on the host",
    )
    (cut,) = rows["database-2"]["problems"]
    assert cut["what"] == "database-2 can't be reached by ssh"
    command = next(argv for argv in hosts.argvs() if "database-1" in argv)
    words = command[command.index("database-1") + 1 :]
    assert words[0] == "command -v python3 >/dev/null || exit 95; exec"


def test_a_host_that_is_stopped_is_not_asked_and_nobody_is_asked_about_it(
    context: Context, hosts: Ssh, lab: Podman
) -> None:
    stop(lab, "database-2")
    hosts.answer(**{name.replace("-", "_"): report(context, *NAMES) for name in NAMES})
    rows = {row["host"]: row for row in hosts_fit(context, standing(context))}
    (why,) = rows["database-2"]["problems"]
    assert (why["what"], why["next"]) == ("it is stopped", "promote --stage prod")
    assert hosts.requests("database-2") == []
    silent = context.draft.blueprint.host("database-2").address
    assert silent not in json.dumps(hosts.requests("database-1")[0]["ports"])


def test_where_no_host_exists_yet_only_the_machine_is_judged(context: Context, lab: Podman) -> None:
    lab.put(containers={}, inspected={})
    assert standing(context) == {}
    assert hosts_fit(context, {}) == []


def test_without_podman_no_host_exists(
    context: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert standing(context) == {}

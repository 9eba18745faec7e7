"""On the worst day, two colours stand and no load balancer answers: who needs all hosts still gets them."""

import json
from pathlib import Path
from typing import Any

import pytest
from lab_of_two import SERVES, context, request, stand
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_sample import IMAGE

from stages.errors import BadRequest, ColoursUnclear
from stages.machine.site import Site
from stages.machine.substrates import ssh
from stages.machine.substrates.connections import Connections
from stages.requests import collect, doctor, fitness, verbs
from stages.requests.context import Context

SERVICE = verbs.Service(lambda *_: None, print, Connections())
SILENT = {"loadbalancer_1": {"status": 255}, "loadbalancer_2": {"status": 255}}


@pytest.fixture
def worst(lab: Podman, hosts: Ssh, site: Site) -> list[str]:
    """The names of all hosts of a stage whose load balancers do not answer."""
    drawn = context(site, SERVES).draft.blueprint
    stand(lab, site, drawn)
    lab.put(images={IMAGE: []})
    ssh.configure(site, drawn)
    hosts.answer(**SILENT)
    return [host.name for host in drawn.reachable]


def asked(verb: str, site: Site, **parts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return verbs.VERBS[verb](request(site, **parts), SERVICE)


@pytest.mark.usefixtures("worst")
def test_others_are_told_that_nobody_can_know(site: Site) -> None:
    with pytest.raises(ColoursUnclear):
        asked("roster", site, gate="smoke")


def test_all_that_answer_are_fenced(worst: list[str], site: Site) -> None:
    site.lease_record("prod").parent.mkdir(exist_ok=True)
    site.lease_record("prod").write_text('{"token": 12}')
    record = site.stage("prod") / "deployment.json"
    record.write_text('{"began": "2026-11-22T16:00:00Z"}')
    fenced = asked("fence", site, token=12)["hosts"]
    assert "resumed" in json.loads(record.read_text()), "hosts that began anew before are accounted for"
    assert sorted(fenced) == sorted(set(worst) - {"loadbalancer-1", "loadbalancer-2"})


def test_diagnostics_are_collected_of_all(
    worst: list[str], site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "EVERY_HOST", {"units": collect.EVERY_HOST["units"]})
    into = tmp_path / "diagnostics"
    files = asked("collect", site, into=str(into))["files"]
    assert {path.partition("/")[0] for path in files} == {"hosts.txt", *worst}
    assert {"preview-blue", "preview-green"} <= {
        line.partition("\t")[0] for line in (into / "hosts.txt").read_text().splitlines()
    }


@pytest.mark.usefixtures("worst")
def test_a_person_gets_into_the_stage(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (site.stage("prod") / "clouds.yaml").touch()
    ran: list[list[str]] = []
    monkeypatch.setattr("os.execvpe", lambda _, argv, __: ran.append(argv))
    verbs.lab_exec(request(site, argv=["true"]))
    verbs.lab_exec(request(site, argv=["true"], preview="green"))
    assert ran == [
        ["nsenter", f"--net=/nowhere/sg-{site.id}-prod-{name}", "true"]
        for name in ("operator", "preview-green")
    ]
    with pytest.raises(BadRequest, match="it has blue and green"):
        verbs.lab_exec(request(site, argv=["true"], preview="red"))


def test_the_doctor_looks_at_hosts_of_both_and_counts_memory_for_the_one_that_the_release_wants(
    worst: list[str], hosts: Ssh, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts.answer(**{name.replace("-", "_"): {"status": 255} for name in worst})
    for check in ("root", "programs"):
        fine = doctor.Finding(check, ok=True, seen="", wanted="", next="")
        monkeypatch.setattr(doctor, check, lambda fine=fine: fine)
    rows = asked("doctor", site)["hosts"]
    assert [row["host"] for row in rows] == worst
    assert all(not row["fit"] for row in rows), "none gave a report"
    found = Context.of(request(site), any_colour=True)
    assert fitness.running(found, fitness.standing(found))["identity"] == 2


def test_a_host_is_asked_for_what_its_own_colour_needs(worst: list[str], hosts: Ssh, site: Site) -> None:
    found = Context.of(request(site), any_colour=True)
    drawn = found.draft.blueprint
    hosts.answer(**{name.replace("-", "_"): {"status": 255} for name in worst})
    fitness.hosts_fit(found, found.substrate.standing().hosts)
    by_name = {host.name: host.address for host in drawn.reachable}
    for colour, other in (("blue", "green"), ("green", "blue")):
        (question,) = hosts.requests(f"identity-{colour}-1")
        assert f"identity-{other}-1" not in question["names"]
        reached = {address for address, _ in question["ports"]}
        assert by_name[f"identity-{other}-1"] not in reached
        assert by_name["loadbalancer-1"] in reached

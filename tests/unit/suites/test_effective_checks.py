"""The two checks as the smoke gate makes them: what is asked, and what is judged with which component."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from pydantic import TypeAdapter
from suites_sample import Recorded

from suites.errors import ReadingFailed
from suites.harness.component import Component
from suites.harness.loading import loaded
from suites.hosts.host import Output, stdout_of
from suites.readings.effective import checks
from suites.seam.declared import Declared, DeclaredFile
from suites.seam.target import Target, TargetHost

HAPROXY, KEEPALIVED = (loaded("suites", name) for name in ("haproxy", "keepalived"))


class Balancer:
    """A load balancer that answers what a real one has answered."""

    def __init__(self, name: str, recorded: Recorded) -> None:
        self.name, self.address = name, "10.177.192.17"
        self.said = {"python3 -IS -c": recorded("effective/loadbalancer.json")}
        self.said |= {"python3 -I -c": recorded("effective/haproxy.txt")}
        self.said |= {"rm -f": recorded("effective/keepalived-data.txt")}

    def ask(self, script: str, *, within: int = 20) -> Output:
        del within
        (answer,) = [text for begin, text in self.said.items() if script.startswith(begin)]
        return Output(0, answer, "")

    def read(self, script: str, *, within: int = 20) -> str:
        return stdout_of(self.ask(script, within=within))


def host(name: str, declared: Declared | None) -> TargetHost:
    components, units = ("haproxy", "keepalived"), ("haproxy.service", "extra.service")
    return TargetHost(
        name, "loadbalancer", "shared", "10.177.192.17", components, ("true",), units=units, declared=declared
    )


@pytest.fixture
def stage(target: Target, recorded: Recorded) -> Target:
    reports = HAPROXY.reports
    assert reports is not None
    servers = reports.parse(recorded("effective/haproxy.txt"))["server"]
    files = json.loads(recorded("effective/loadbalancer.json"))["files"]
    declared = Declared(
        files={path: DeclaredFile(seen["sha256"]) for path, seen in files.items()},
        users={"haproxy": (106, 108)},
        settings={
            "haproxy": {"process": {"Maxconn": "2000"}, "server": servers},
            "keepalived": {"instance": {"effective priority": "149"}},
        },
    )
    return replace(target, hosts=tuple(host(f"loadbalancer-{number}", declared) for number in (1, 2)))


def judged(component: Component, balancer: Balancer, stage: Target) -> str:
    found = checks.as_declared(component, checks.read(component, balancer, stage), stage)
    return f"{found.holds}: {found.seen}"


def with_units(text: str, *names: str) -> str:
    """The same answer with more units, each like keepalived's without its drop-in."""
    document = json.loads(text)
    unit = {**document["units"]["keepalived.service"], "drop_ins": []}
    document["units"].update((name, unit) for name in names)
    return json.dumps(document)


def test_a_host_is_asked_the_same_first_for_all_of_its_components(recorded: Recorded, stage: Target) -> None:
    balancer = Balancer("loadbalancer-1", recorded)
    one, other = (tuple(checks.scripts(each, balancer, stage)) for each in (HAPROXY, KEEPALIVED))
    assert one[0] == other[0]
    assert one[1] != other[1]
    for unit in ("haproxy-watch.service", "keepalived.service", "extra.service"):
        assert unit in one[0]


def test_units_of_no_component_and_the_host_as_a_whole_are_judged_with_its_first(
    recorded: Recorded, stage: Target
) -> None:
    balancer = Balancer("loadbalancer-1", recorded)
    assert "extra.service is not known to systemd" in judged(HAPROXY, balancer, stage)
    known = with_units(recorded("effective/loadbalancer.json"), "extra.service")
    balancer.said["python3 -IS -c"] = known
    text = judged(HAPROXY, balancer, stage)
    assert text.startswith(
        "True: units as their files say: 3, files as declared: 10, accounts as declared: 1,"
    )
    assert text.endswith("settings as declared: 120")
    assert judged(KEEPALIVED, balancer, stage) == "True: units as their files say: 2, settings as declared: 1"


def test_what_a_program_reports_and_what_its_host_declares_meet(recorded: Recorded, stage: Target) -> None:
    balancer, told = Balancer("loadbalancer-1", recorded), recorded("effective/keepalived-data.txt")
    balancer.said["rm -f"] = told.replace("Effective priority = 1", "Effective priority = ")
    said = "False: instance effective priority is 49, declared 149 (next: kill -USR1 "
    assert judged(KEEPALIVED, balancer, stage).startswith(said)
    assert not checks.as_declared(KEEPALIVED, checks.read(KEEPALIVED, balancer, stage), stage).holds


def test_a_host_of_the_release_before_is_judged_by_its_units_alone(recorded: Recorded, stage: Target) -> None:
    before = replace(stage, hosts=(host("loadbalancer-1", None),))
    text = judged(KEEPALIVED, Balancer("loadbalancer-1", recorded), before)
    assert text.startswith(
        "True: units as their files say: 2, its manifest may be that of the release before"
    )


def test_hosts_that_report_the_same_agree_and_one_that_does_not_is_named(
    recorded: Recorded, stage: Target
) -> None:
    known = with_units(recorded("effective/loadbalancer.json"), "extra.service")
    seen = []
    for number, maxconn in ((1, "2000"), (2, "100")):
        balancer = Balancer(f"loadbalancer-{number}", recorded)
        balancer.said["python3 -IS -c"] = known
        told = recorded("effective/haproxy.txt").replace("\nMaxconn: 2000", f"\nMaxconn: {maxconn}")
        balancer.said["python3 -I -c"] = told
        seen.append(checks.read(HAPROXY, balancer, stage))
    agreed = checks.agree(HAPROXY, [seen[0], replace(seen[0], host=stage.hosts[1])])
    assert agreed.holds
    assert agreed.seen.startswith("loadbalancer hosts alike in ")
    differs = checks.agree(HAPROXY, seen)
    assert not differs.holds
    assert differs.seen.startswith(
        "process Maxconn differs: 2000 on loadbalancer-1, 100 on loadbalancer-2 (next:"
    )
    assert checks.agree(HAPROXY, seen[:1]).seen == "one loadbalancer host"


def test_a_program_that_does_not_answer_is_no_reading(recorded: Recorded, stage: Target) -> None:
    balancer = Balancer("loadbalancer-1", recorded)
    balancer.said["rm -f"] = ""
    with pytest.raises(ReadingFailed):
        checks.read(KEEPALIVED, balancer, stage)


def test_a_target_without_anything_declared_is_read_and_one_with_it_too() -> None:
    document: Mapping[str, object] = {
        "files": {"/a": {"sha256": "0", "secret_lines": [1], "lists_hosts": True}},
        "units": {"a.service": {"starts_with": ["/a"], "reloads": []}},
        "users": {"mysql": [100, None]},
        "names": {"database-1": "10.0.0.1"},
        "kernel": {"a.b": "1"},
        "settings": {"galera": {"variable": {"x": "1"}}},
    }
    read = TypeAdapter(Declared).validate_json(json.dumps(document))
    assert read.files["/a"].secret_lines == (1,)
    assert read.users["mysql"] == (100, None)
    assert TypeAdapter(Declared).validate_json("{}") == Declared()

"""Whether units and their processes run as their files say, judged from what real hosts answered."""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from suites_sample import Recorded

from suites.errors import ReadingFailed
from suites.readings.effective import asking, units, wide
from suites.readings.effective.asking import Effective
from suites.seam.declared import Declared, DeclaredFile, DeclaredUnit
from suites.seam.target import TargetHost

HAPROXY, CFG = "haproxy.service", "/etc/haproxy/haproxy.cfg"
DROP_IN = "/etc/systemd/system/haproxy.service.d/stagegate.conf"
RPC, NEUTRON = "neutron-rpc-server.service", "/etc/neutron/neutron.conf"


@dataclass(frozen=True, slots=True)
class Case:
    """A host that runs as declared, and what may be changed of it."""

    host: TargetHost
    effective: Effective

    def unit(self, name: str, **changes: Any) -> "Case":  # noqa: ANN401 - fields of a unit
        unit = replace(self.effective.units[name], **changes)
        return replace(self, effective=replace(self.effective, units={**self.effective.units, name: unit}))

    def process(self, name: str, **changes: Any) -> "Case":  # noqa: ANN401 - fields of a process
        process = self.effective.units[name].process
        assert process is not None
        return self.unit(name, process=replace(process, **changes))

    def changed(self, path: str, at: float) -> "Case":
        seen = self.effective.files[path]
        assert seen is not None
        files = {**self.effective.files, path: replace(seen, changed=at)}
        return replace(self, effective=replace(self.effective, files=files))

    def found(self, *, settled_at: float = 0.0, spared: bool = False) -> list[str]:
        names = list(self.effective.units)
        judged = units.judge(self.host, self.effective, names, settled_at, spared=spared)
        return [str(one) for one in judged]

    def started(self, name: str) -> float:
        at = self.effective.units[name].started
        assert at is not None
        return at


def case(name: str, recorded: Recorded, **units: DeclaredUnit) -> Case:
    effective = asking.parse(recorded(f"effective/{name}.json"))
    files = {
        path: DeclaredFile(seen.sha256, lists_hosts=path in (CFG, NEUTRON))
        for path, seen in effective.files.items()
        if seen is not None
    }
    declared = Declared(files=files, units={f"{one}.service": unit for one, unit in units.items()})
    host = TargetHost(f"{name}-1", name, "shared", "10.177.192.17", (name,), ("true",), declared=declared)
    return Case(host, effective)


@pytest.fixture
def balancer(recorded: Recorded) -> Case:
    return case("loadbalancer", recorded, haproxy=DeclaredUnit((DROP_IN,), (CFG,)))


@pytest.fixture
def network(recorded: Recorded) -> Case:
    return case("network-api", recorded, **{"neutron-rpc-server": DeclaredUnit((NEUTRON,))})


def test_what_real_hosts_answered_is_as_declared(balancer: Case, network: Case) -> None:
    assert balancer.found() == []
    assert network.found() == []
    assert list(wide.judge(balancer.host, balancer.effective, "staging")) == []
    assert units.compared(balancer.effective, [HAPROXY]) == "units as their files say: 1"


def test_a_file_that_was_changed_after_the_start_is_not_in_effect(network: Case) -> None:
    late = network.changed(NEUTRON, network.started(RPC) + 5)
    said = f"{NEUTRON} was changed 5.0 s after {RPC} was started last, which runs without"
    assert late.found() == [f"{said} (next: systemctl restart {RPC}, on network-api-1)"]


def test_what_lists_hosts_may_be_changed_by_a_deployment_and_not_after_it(network: Case) -> None:
    """A host was added: nobody restarts for it. Whatever comes after the deployment is no such change."""
    at = network.started(RPC) + 5
    late = network.changed(NEUTRON, at)
    assert late.found(settled_at=at + 1) == []
    assert late.found(settled_at=at - 3)


def test_what_a_deployment_changed_last_is_its_own_though_the_hosts_clock_is_ahead(network: Case) -> None:
    """The host has the time of its file, and the machine that deployed the end of its last step."""
    at = network.started(RPC) + 5
    assert network.changed(NEUTRON, at).found(settled_at=at - 1.5) == []


def test_a_reload_brings_a_configuration_into_effect(balancer: Case) -> None:
    at = balancer.started(HAPROXY) + 60
    late = balancer.changed(CFG, at)
    (found,) = late.found(settled_at=at + 1)  # also one that lists hosts: each change is loaded
    assert found.startswith(f"{CFG} was changed 59.")
    assert found.endswith("(next: systemctl reload haproxy.service, on loadbalancer-1)")
    assert late.unit(HAPROXY, changed=at + 1).found() == []


def test_a_drop_in_that_is_due_at_the_next_start_alone_is_no_finding(balancer: Case) -> None:
    unit = balancer.effective.units[HAPROXY]
    at = (unit.started or 0) + 9
    late = balancer.unit(HAPROXY, files={**unit.files, DROP_IN: at}).changed(DROP_IN, at)
    assert [one for one in late.found() if DROP_IN in one]
    declared = replace(balancer.host.declared or Declared(), units={HAPROXY: DeclaredUnit()})
    assert replace(late, host=replace(balancer.host, declared=declared)).found() == []


def test_a_file_of_systemd_that_no_manifest_has_counts_from_the_start_too(balancer: Case) -> None:
    unit = balancer.effective.units[HAPROXY]
    later = {**unit.files, "/etc/default/haproxy": (unit.started or 0) + 2}
    (found,) = balancer.unit(HAPROXY, files=later).found()
    assert found.startswith("/etc/default/haproxy was changed 2.0 s after")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stale": True}, "systemd has haproxy.service in memory as its files were before"),
        ({"reload_failed": True}, "the last reload of haproxy.service failed"),
        ({"drop_ins": (DROP_IN, "/run/systemd/system/haproxy.service.d/50-x.conf")}, "50-x.conf changes"),
        ({"drop_ins": ()}, f"haproxy.service does without {DROP_IN}, which its manifest has"),
        ({"fragment": "/etc/systemd/system/haproxy.service"}, "declared is that of its package"),
        ({"state": "failed"}, "haproxy.service is failed: nothing of it is in effect"),
    ],
)
def test_a_unit_that_systemd_has_otherwise_is_found(
    balancer: Case, changes: dict[str, Any], said: str
) -> None:
    (found,) = balancer.unit(HAPROXY, **changes).found()
    assert said in found


def test_a_drop_in_that_a_package_brings_is_no_finding(balancer: Case) -> None:
    of_package = "/usr/lib/systemd/system/service.d/10-package.conf"
    assert balancer.unit(HAPROXY, drop_ins=(DROP_IN, of_package)).found() == []


def test_what_a_containers_boot_makes_for_all_services_is_nobodys_change(balancer: Case) -> None:
    """Machines that exist may be containers of LXC, whose generator makes this at each boot."""
    of_boot = "/run/systemd/system/service.d/zzz-lxc-service.conf"
    assert balancer.unit(HAPROXY, drop_ins=(DROP_IN, of_boot)).found() == []
    by_hand = "/etc/systemd/system/service.d/10-all.conf"
    assert len(balancer.unit(HAPROXY, drop_ins=(DROP_IN, by_hand)).found()) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"of_this_start": False}, "the process of haproxy.service is of another start"),
        ({"other_environment": {"CONFIG": ""}}, "runs with other values of CONFIG than its unit sets"),
        (
            {"words": "/usr/sbin/haproxy -Ws -f my.cfg"},
            "runs as `/usr/sbin/haproxy -Ws -f my.cfg`",
        ),
    ],
)
def test_a_process_that_is_not_what_its_unit_starts_is_found(
    balancer: Case, changes: dict[str, Any], said: str
) -> None:
    (found,) = balancer.process(HAPROXY, **changes).found()
    assert said in found


def test_a_program_that_names_itself_is_compared_by_the_command_in_its_title(network: Case) -> None:
    process = network.effective.units[RPC].process
    assert process is not None
    assert process.words.startswith("neutron-rpc-server: master process [")
    other = process.words.replace(NEUTRON, "/etc/my.conf")
    (found,) = network.process(RPC, words=other).found()
    assert "/etc/my.conf" in found


def test_a_title_that_hides_the_command_and_a_shell_that_was_replaced_prove_nothing(balancer: Case) -> None:
    hidden = balancer.process(HAPROXY, words="/usr/sbin/haproxy 10.0.0.1:80", title=True)
    replaced = balancer.process(HAPROXY, words="/usr/lib/erlang/bin/beam.smp -W w")
    assert hidden.found() == replaced.found() == []


def test_a_variable_of_a_file_that_changes_with_hosts_is_compared_with_the_file_alone(balancer: Case) -> None:
    assert balancer.process(HAPROXY, other_environment={"OPTIONS": CFG}).found() == []


def test_what_ends_by_itself_and_what_others_stand_in_for_may_be_inactive(balancer: Case) -> None:
    stopped = balancer.unit(HAPROXY, state="inactive")
    assert stopped.unit(HAPROXY, brief=True).found() == []
    assert stopped.found(spared=True) == []
    assert stopped.found()


def test_a_unit_that_systemd_does_not_tell_is_a_finding(balancer: Case) -> None:
    judged = units.judge(balancer.host, balancer.effective, ["lost.service"], 0.0, spared=False)
    assert "lost.service is not known to systemd" in str(next(judged))


def test_without_a_manifest_to_compare_with_processes_are_compared_with_their_units(balancer: Case) -> None:
    before = replace(balancer, host=replace(balancer.host, declared=None))
    unit = balancer.effective.units[HAPROXY]
    # A release may change what the next start alone reads.
    assert before.unit(HAPROXY, drop_ins=("/etc/systemd/system/haproxy.service.d/older.conf",)).found() == []
    assert before.unit(HAPROXY, files={**unit.files, DROP_IN: (unit.started or 0) + 1}).found() == []
    assert before.process(HAPROXY, other_environment={"OPTIONS": "/etc/default/haproxy"}).found() == []
    assert before.unit(HAPROXY, stale=True).found()
    assert before.process(HAPROXY, other_environment={"CONFIG": ""}).found()
    assert before.process(HAPROXY, words="/usr/sbin/haproxy -f my.cfg").found()


@pytest.mark.parametrize("text", ["", "{}", '{"units": {}}'])
def test_an_answer_that_is_not_whole_is_refused(text: str) -> None:
    with pytest.raises(ReadingFailed, match="can't be parsed"):
        asking.parse(text)


def test_the_script_asks_for_what_the_target_declares(balancer: Case) -> None:
    script = asking.script(replace(balancer.host, units=("a.service",)), [HAPROXY], ["haproxy"])
    asked = json.loads(script[script.rindex('{"units"') :].rstrip("'"))
    assert asked["units"] == ["a.service", HAPROXY]
    assert set(asked["files"]) == set((balancer.host.declared or Declared()).files)

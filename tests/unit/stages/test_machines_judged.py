"""What a machine lacks that is to become a host: judged from its report alone."""

import subprocess
from pathlib import Path

import pytest
from machines_stand_in import report

from stages.machine.substrates.candidates import REPORT, best_key, fingerprint
from stages.planning.fitness import HostFit, Needs
from stages.planning.machine_report import read
from stages.planning.machines import Place, judge, same_keys, vip_problems

AT = "192.0.2.24"
NEEDS = Needs("database-1", "database", 260, ("/",), (), {})
NOW = 1_700_000_000.0


def judged(interface: str | None = None, **changed: str) -> HostFit:
    told = read(report(AT, **{"clock": f"{NOW:.3f}", **changed}), AT)
    return judge(NEEDS, Place(AT, interface, "3fa2c1/rack", "ssh root@it"), told, NOW - 0.1, NOW + 0.1)


def whats(fit: HostFit) -> list[str]:
    return [problem.what for problem in fit.problems]


def test_a_sound_machine_lacks_nothing_and_needs_no_python() -> None:
    fit = judged()
    assert (fit.fit, fit.problems) == (True, ())
    assert fit.seen == (
        "Debian GNU/Linux 12 (bookworm), ens3 192.0.2.24/24, 7812 MB, 5859 MB of disk free, clock +0.0 s, "
        "no Python yet"
    )
    assert judged(python="3.11.2").seen.endswith("Python 3.11.2")


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"system": "ubuntu:noble", "pretty": "Ubuntu 24.04"}, "it runs Ubuntu 24.04"),
        ({"address": "ens3 10.0.0.4/24"}, "no interface of it has the address 192.0.2.24"),
        ({"owner": "77ab01/prod"}, "it is a host of 77ab01/prod already"),
        ({"memory_kb": "200000"}, "it has 195 MB of memory"),
        ({"room": "/ 4096 2000000 1000 1000000 900000"}, "3 of 7812 MB are free"),
        ({"room": "/ 4096 2000000 1500000 1000000 9"}, "9 of 1000000 inodes are free"),
        ({"clock": f"{NOW + 5:.3f}"}, "its clock is 4.9 s ahead"),
    ],
)
def test_each_thing_that_it_lacks_is_one_problem(changed: dict[str, str], what: str) -> None:
    assert whats(judged(**changed)) == [what]


def test_all_that_it_lacks_is_told_at_once() -> None:
    text = report(AT, system="ubuntu:noble", memory_kb="1").replace("systemd=yes\n", "")
    fit = judge(NEEDS, Place(AT, None, "", ""), read(text, AT), 0.0, 9e9)
    assert len(fit.problems) == 3
    assert all(problem.why and problem.next and problem.where == "database-1" for problem in fit.problems)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("user=mysql 105 110", "mysql has 105:110 and the group 760, and must have 760"),
        ("group=mysql 105", "mysql has 760:760 and the group 105, and must have 760"),
        ("user=builder 762 100", "762, of redis, belongs to the account builder"),
        ("group=builders 762", "762, of redis, belongs to the group builders"),
    ],
)
def test_an_account_that_would_not_get_its_number_is_told_before_anything_is_changed(
    line: str, told: str
) -> None:
    text = report(AT, clock=f"{NOW}") + f"\n{line}\nuser=root 0 0\nuser=redis 762 762\ngroup=redis 762\n"
    (problem,) = judge(NEEDS, Place(AT, None, "", ""), read(text, AT), NOW, NOW).problems
    assert problem.why == told


def test_a_host_of_this_very_stage_is_no_stranger() -> None:
    assert judged(owner="3fa2c1/rack").fit


def test_the_interface_of_the_stage_s_file_is_compared_with_the_machine_s() -> None:
    assert judged("ens3").fit
    (problem,) = judged("eth0").problems
    assert (problem.what, problem.next) == (
        "its address is on ens3",
        "in the stage's file, write interface: ens3 for it",
    )


def test_without_iproute2_the_interface_follows_from_the_networks_that_need_no_router() -> None:
    text = report(AT).replace(
        f"address=ens3 {AT}/24", "network=ens5 0000A8C0 0000FFFF\nnetwork=ens4 000200C0 00FFFFFF"
    )
    assert dict(read(text, AT).at) == {AT: ("ens4", 24)}


@pytest.mark.parametrize("text", ["", "Welcome!\n", "clock=1\nmemory_kb=1\nroom=/ 1 1 1 1 1\n"])
def test_what_is_no_whole_report_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not complete"):
        read(text, AT)


def test_the_program_that_reports_runs_in_a_plain_shell_and_is_understood() -> None:
    argv = ["sh", "-s"]
    with REPORT.open() as program:
        done = subprocess.run(argv, stdin=program, capture_output=True, text=True, check=True, timeout=60)
    told = read(done.stdout, "127.0.0.1")
    assert told.at["127.0.0.1"] == ("lo", 8)
    assert told.resources["memory_mb"] > 100
    assert "/" in told.resources["directories"]
    assert done.stderr == ""


def test_a_vip_that_a_machine_has_or_that_is_of_another_network_is_a_problem() -> None:
    told = {"loadbalancer-1": read(report(AT, address=f"ens3 {AT}/28"), AT)}
    places = {"loadbalancer-1": AT}

    def found(vip: str, owner: str = "") -> list[str]:
        return [one.what for one in vip_problems(vip, "loadbalancer-1", owner, told, places)]

    assert found("192.0.2.20") == []
    assert found("192.0.2.99") == ["the VIP 192.0.2.99 is outside of the load balancers' network"]
    assert found(AT, "other") == [f"the VIP {AT} is taken"]
    told = {"loadbalancer-1": read(report(AT, address=f"ens3 {AT}/32"), AT)}
    assert found("203.0.113.9") == [], "an address alone says nothing of the network"
    assert found("203.0.113.9") == [one.what for one in vip_problems("203.0.113.9", "gone-1", "", told, {})]


def test_machines_with_one_host_key_are_told_apart_from_those_with_their_own() -> None:
    (problem,) = same_keys({"a-1": "one", "b-1": "two", "b-2": "one"})
    assert (problem.where, problem.what) == ("b-2", "it shows the host key of a-1")


def test_of_a_machine_s_host_keys_the_best_is_taken() -> None:
    shown = "# 192.0.2.1:22 SSH-2.0\n[192.0.2.1]:2222 ssh-rsa AAAA\n[192.0.2.1]:2222 ssh-ed25519 BBBB\n"
    assert best_key(shown) == "ssh-ed25519 BBBB"
    with pytest.raises(ValueError, match="no host key"):
        best_key("# nothing\n")


def test_fingerprints_are_those_of_ssh_keygen(tmp_path: Path) -> None:
    path = tmp_path / "key"
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path), check=True, timeout=60)
    said = subprocess.run(("ssh-keygen", "-lf", path), capture_output=True, text=True, check=True, timeout=60)
    assert fingerprint(path.with_suffix(".pub").read_text()) == said.stdout.split()[1]

"""What running programs are told when hosts come and go, by the hosts' own programs on stand-ins."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from programs import ended, executable
from stage_sample import blueprint, content, manifest
from stand_in import install

from stages.design.manifest import LIB, Command

PROD, DEV = "whole-prod", "whole-dev"
PLACES = {"lib": LIB, "hosts": "/etc/hosts", "nova": "/etc/nova/nova.conf", "python": "/usr/bin/python3 -I"}


def run(program: Path, verb: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return ended(program, verb, first_on_path=folder)


def placed(folder: Path, stage: str, host: str, name: str, **other: str) -> Path:
    """A host's program in this folder, some of its texts replaced by others."""
    text = content(stage, host, f"{LIB}/{name}")
    for old, new in other.items():
        assert PLACES[old] in text
        text = text.replace(PLACES[old], new)
    return executable(folder / name, text)


@pytest.mark.parametrize(
    ("host", "name", "verbs"),
    [
        ("messaging-1", "rabbitmq-names", ("write", "known")),
        ("coordination-1", "redis-peers", ("tell", "told")),
        ("compute-1", "ovn-remotes", ("tell", "told")),
    ],
)
def test_a_manifest_tells_what_is_not_known_yet(host: str, name: str, verbs: tuple[str, str]) -> None:
    does, asks = verbs
    (found,) = [
        command
        for command in manifest(PROD, host).commands
        if isinstance(command, Command) and command.run == (f"{LIB}/{name}", does)
    ]
    assert found.unless == (f"{LIB}/{name}", asks)


class TestNames:
    """A broker's /etc/hosts, which is written in place."""

    OWN = "127.0.0.1\tlocalhost\n10.0.0.9\tmessaging-2 box\n"

    @pytest.fixture
    def hosts(self, tmp_path: Path) -> Path:
        file = tmp_path / "hosts"
        file.write_text(self.OWN)
        return file

    @pytest.fixture
    def program(self, tmp_path: Path, hosts: Path) -> Path:
        return placed(
            tmp_path, PROD, "messaging-2", "rabbitmq-names", hosts=str(hosts), python=f"{sys.executable} -I"
        )

    def lines(self) -> list[str]:
        members = [host for host in blueprint(PROD).everywhere("messaging") if host.name != "messaging-2"]
        return [f"{host.address}\t{host.name}" for host in members]

    def test_all_other_brokers_are_named_beside_what_is_there(self, program: Path, hosts: Path) -> None:
        before = hosts.stat().st_ino
        known = run(program, "known", program.parent)
        assert (known.returncode, known.stderr.strip()) == (
            1,
            "this host has no names of messaging-1, messaging-3",
        )
        assert run(program, "write", program.parent).returncode == 0
        assert hosts.read_text() == self.OWN + "".join(f"{line}\n" for line in self.lines())
        assert hosts.stat().st_ino == before, "a file that is mounted can't be replaced"
        assert run(program, "known", program.parent).returncode == 0

    def test_what_is_known_is_not_written_again(self, program: Path, hosts: Path) -> None:
        run(program, "write", program.parent)
        once = hosts.read_text()
        run(program, "write", program.parent)
        assert hosts.read_text() == once

    def test_a_broker_that_has_moved_is_found_at_its_address_only(self, program: Path, hosts: Path) -> None:
        hosts.write_text(f"#\n10.9.9.9 messaging-1 # moved\n{self.OWN}# 10.9.9.9 messaging-1\n")
        run(program, "write", program.parent)
        said = hosts.read_text()
        assert "10.9.9.9 messaging-1 # moved" not in said
        assert said == f"#\n{self.OWN}# 10.9.9.9 messaging-1\n" + "".join(
            f"{line}\n" for line in self.lines()
        )

    def test_a_broker_has_the_names_before_it_starts(self) -> None:
        unit = content(PROD, "messaging-1", "/etc/systemd/system/rabbitmq-server.service.d/stagegate.conf")
        before = [line for line in unit.splitlines() if line.startswith("ExecStartPre=")]
        assert before == [f"ExecStartPre=+{LIB}/rabbitmq-names write", f"ExecStartPre=+{LIB}/rabbitmq-gate"]


REDIS_ASK = """
import json, pathlib, sys
file = pathlib.Path(__file__).with_name("redis.json")
state = json.loads(file.read_text())
port, *words = sys.argv[1:]
if words[:2] == ["CONFIG", "GET"]:
    print(words[2], state[words[2]], sep="\\n")
elif words[:2] == ["SENTINEL", "MASTER"]:
    print("name", "stagegate", "quorum", state["quorum"], "failover-timeout", 5000, sep="\\n")
    print("parallel-syncs", state["parallel-syncs"], sep="\\n")
else:
    assert port == {"CONFIG": "6379", "SENTINEL": "26379"}[words[0]]
    state[words[-2]] = words[-1]
    file.write_text(json.dumps(state))
    print("OK")
"""
SYSTEMCTL = """
import pathlib, sys
sys.exit(0 if sys.argv[-1] in pathlib.Path(__file__).with_name("running").read_text().split() else 3)
"""
ONE = {
    "min-replicas-to-write": "0",
    "min-replicas-max-lag": "10",
    "replica-priority": "100",
    "quorum": "1",
    "parallel-syncs": "1",
}


class TestRedis:
    """A Redis and a Sentinel that were alone, and of which there are three now; and the other way round."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        install(tmp_path, "redis-ask", REDIS_ASK)
        install(tmp_path, "systemctl", SYSTEMCTL)
        (tmp_path / "redis.json").write_text(json.dumps(ONE))
        (tmp_path / "running").write_text("redis-server redis-sentinel")
        return tmp_path

    @pytest.fixture
    def three(self, folder: Path) -> Path:
        return placed(folder, PROD, "coordination-1", "redis-peers", lib=str(folder))

    def known(self, folder: Path) -> dict[str, str]:
        found: dict[str, str] = json.loads((folder / "redis.json").read_text())
        return found

    def test_they_are_told_how_many_there_are(self, folder: Path, three: Path) -> None:
        assert run(three, "told", folder).returncode == 1
        assert run(three, "tell", folder).returncode == 0
        told = self.known(folder)
        assert (told["min-replicas-to-write"], told["quorum"], told["parallel-syncs"]) == ("1", "2", "3")
        assert run(three, "told", folder).returncode == 0

        one = placed(folder, DEV, "coordination-1", "redis-peers", lib=str(folder))
        assert run(one, "told", folder).returncode == 1
        run(one, "tell", folder)
        assert {**self.known(folder), "min-replicas-max-lag": "10"} == ONE

    def test_a_sentinel_alone_that_does_not_know_is_seen(self, folder: Path, three: Path) -> None:
        run(three, "tell", folder)
        (folder / "redis.json").write_text(json.dumps({**self.known(folder), "quorum": "1"}))
        asked = run(three, "told", folder)
        assert (asked.returncode, asked.stdout) == (1, "Sentinel knows: quorum 1\nparallel-syncs 3\n")

    def test_one_that_was_to_leave_and_stays_may_become_the_master_again(
        self, folder: Path, three: Path
    ) -> None:
        """A redeployment that ends before the host is gone leaves it so."""
        run(three, "tell", folder)
        (folder / "redis.json").write_text(json.dumps({**self.known(folder), "replica-priority": "0"}))
        asked = run(three, "told", folder)
        assert (asked.returncode, asked.stdout) == (1, "Redis has the replica priority 0, not 100\n")
        assert run(three, "tell", folder).returncode == 0
        assert self.known(folder)["replica-priority"] == "100"
        assert run(three, "told", folder).returncode == 0

    def test_what_does_not_run_is_not_asked_and_not_told(self, folder: Path, three: Path) -> None:
        (folder / "running").write_text("")
        assert run(three, "told", folder).returncode == 0
        assert run(three, "tell", folder).returncode == 0
        assert self.known(folder) == ONE


OVS_VSCTL = """
import pathlib, sys
file = pathlib.Path(__file__).with_name("remote")
words = sys.argv[1:]
if "set" in words:
    key, _, value = words[-1].partition("=")
    assert key == "external-ids:ovn-remote"
    file.write_text(value)
elif file.exists():
    print(file.read_text())
"""


def test_ovn_controller_is_told_every_southbound_database(tmp_path: Path) -> None:
    install(tmp_path, "ovs-vsctl", OVS_VSCTL)
    program = placed(tmp_path, PROD, "compute-1", "ovn-remotes")
    assert run(program, "told", tmp_path).returncode == 1
    assert run(program, "tell", tmp_path).returncode == 0
    wanted = ",".join(f"tcp:{host.address}:6642" for host in blueprint(PROD).everywhere("ovn"))
    assert (tmp_path / "remote").read_text() == f'"{wanted}"'
    assert run(program, "told", tmp_path).returncode == 0


@pytest.mark.parametrize(("mapped", "code"), [("rabbit://a,b/", 0), ("rabbit://a/", 1), ("", 1)])
def test_a_cell_has_the_brokers_of_nova_or_not(tmp_path: Path, mapped: str, code: int) -> None:
    install(tmp_path, "mariadb", f"print({mapped!r})")
    (tmp_path / "nova.conf").write_text("[DEFAULT]\ntransport_url = rabbit://a,b/\n[database]\n")
    program = placed(tmp_path, PROD, "compute-api-blue-1", "in-cell", nova=str(tmp_path / "nova.conf"))
    done = run(program, "current", tmp_path)
    said = "" if code == 0 else "the cell's mapping has other brokers than nova.conf"
    assert (done.returncode, done.stderr.strip()) == (code, said)


@pytest.mark.parametrize(("row", "code", "told"), [("ab-12", 0, "ab-12\n"), ("", 1, "")])
def test_a_cell_that_is_not_there_is_not_updated(tmp_path: Path, row: str, code: int, told: str) -> None:
    install(tmp_path, "mariadb", f"print({row!r})")
    program = placed(tmp_path, PROD, "compute-api-blue-1", "in-cell")
    done = run(program, "uuid", tmp_path)
    assert (done.returncode, done.stdout) == (code, told)
    assert ("has no cell1" in done.stderr) is (code == 1)

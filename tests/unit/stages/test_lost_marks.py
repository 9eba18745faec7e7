"""A broker's queues and Redis's keys without the mark of a member: they are never replaced unseen."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from programs import ended, executable
from stage_sample import content

from stages.roles.coordination import role as redis
from stages.roles.messaging import role as rabbitmq

STAGE = "whole-prod"


class Host:
    """A host below a folder, whose scripts run with commands that say what the test wants."""

    def __init__(self, root: Path) -> None:
        self.root, self.programs = root, root / "programs"
        for folder in (
            self.programs,
            root / "run/stagegate",
            root / "var/lib/rabbitmq/mnesia",
            root / "var/lib/redis",
        ):
            folder.mkdir(parents=True)

    def says(self, program: str, text: str = "") -> None:
        noted = f'echo {program} "$@" >> {self.root}/ran'
        executable(self.programs / program, f"#!/bin/sh\n{noted}\nprintf '%s\\n' '{text}'\n")

    def run(self, host: str, script: str, *verb: str, **replaced: str) -> subprocess.CompletedProcess[str]:
        text = content(STAGE, host, script)
        for before, after in {
            "/var/lib/": f"{self.root}/var/lib/",
            "/run/": f"{self.root}/run/",
            "/etc/redis/": f"{self.root}/etc/",
            "/usr/local/lib/stagegate/": f"{self.programs}/",
            **replaced,
        }.items():
            text = text.replace(before, after)
        path = self.root / "script"
        path.write_text(text)
        interpreter = (sys.executable, "-I") if "python3" in text.splitlines()[0] else ("/bin/sh",)
        return ended(*interpreter, path, *verb, first_on_path=self.programs)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


GATE = rabbitmq.BOOTSTRAP.script("gate")
QUEUE = "var/lib/rabbitmq/mnesia/rabbit@messaging-1/quorum/rabbit@messaging-1/2F_Q"
SERVES = {"def serving() -> str | None:\n": 'def serving() -> str | None:\n    return "messaging-2"\n'}
ALONE = {"def serving() -> str | None:\n": "def serving() -> str | None:\n    return None\n"}


def gate(host: Host, answer: str) -> subprocess.CompletedProcess[str]:
    host.says("rabbitmq-erl", answer)
    return host.run("messaging-1", GATE, **SERVES)


def test_queues_that_a_cluster_never_knew_are_not_replaced(host: Host) -> None:
    (host.root / QUEUE).mkdir(parents=True)
    done = gate(host, "unknown")
    assert done.returncode == 1
    assert "the cluster of messaging-2 never knew this broker: they are not replaced" in done.stderr
    assert "rabbitmq-discard" in done.stderr
    assert (host.root / QUEUE).exists()


def test_queues_of_a_member_that_was_forgotten_are_in_the_cluster(host: Host) -> None:
    (host.root / QUEUE).mkdir(parents=True)
    assert gate(host, "forgotten").returncode == 0
    assert not (host.root / QUEUE).exists()


@pytest.mark.parametrize("answer", ["unknown", "forgotten"])
def test_what_an_interrupted_first_start_left_has_no_queues(host: Host, answer: str) -> None:
    left = host.root / "var/lib/rabbitmq/mnesia/rabbit@messaging-1/quorum/rabbit@messaging-1"
    left.mkdir(parents=True)
    (left / "meta.dets").touch()
    assert gate(host, answer).returncode == 0
    assert not left.exists()


def test_a_peer_that_can_not_say_is_asked_again(host: Host) -> None:
    (host.root / QUEUE).mkdir(parents=True)
    assert gate(host, "").returncode == 1
    assert (host.root / QUEUE).exists()


def test_queues_start_a_cluster_where_it_may_be_bootstrapped(host: Host) -> None:
    (host.root / QUEUE).mkdir(parents=True)
    (host.root / "run/stagegate/rabbitmq-bootstrap").touch()
    assert host.run("messaging-1", GATE, **ALONE).returncode == 0
    assert (host.root / QUEUE).exists()


def test_a_chosen_broker_waits_for_nobody(host: Host) -> None:
    for program in ("systemctl", "rabbitmqctl"):
        host.says(program)
    assert host.run("messaging-1", rabbitmq.BOOTSTRAP.script("chosen")).returncode == 0
    assert (host.root / "ran").read_text() == "systemctl stop rabbitmq-server\nrabbitmqctl force_boot\n"
    assert (host.root / "run/stagegate/rabbitmq-bootstrap").exists()


@pytest.mark.parametrize(
    ("of", "role", "kept", "marks"),
    [
        ("messaging-1", rabbitmq, QUEUE, ("var/lib/rabbitmq/stagegate-member",)),
        (
            "coordination-1",
            redis,
            "var/lib/redis/appendonlydir/a.incr.aof",
            ("var/lib/redis/stagegate-member", "var/lib/redis/sentinel.conf"),
        ),
    ],
    ids=["rabbitmq", "redis"],
)
def test_data_that_are_discarded_are_laid_aside(
    host: Host, of: str, role: ModuleType, kept: str, marks: tuple[str, ...]
) -> None:
    host.says("systemctl")
    (host.root / kept).mkdir(parents=True)
    for mark in marks:
        (host.root / mark).touch()
    assert host.run(of, role.BOOTSTRAP.script("discard")).returncode == 0
    assert not (host.root / kept).exists()
    assert not [mark for mark in marks if (host.root / mark).exists()]
    assert len(list((host.root / "var/lib").glob("*/discarded-*/**/" + Path(kept).name))) == 1


SEED = redis.BOOTSTRAP.script("seed")
CHOWN = {"shutil.chown(": "(lambda *_: None)("}  # nobody is root here


@pytest.fixture
def store(host: Host) -> Path:
    """The folder of a Redis that was never a member; its peers are asked, and say nothing."""
    (host.root / "etc").mkdir()
    for kind in ("server", "sentinel"):
        (host.root / f"etc/stagegate-{kind}.conf").write_text(f"# {kind}\n")
    (host.root / "etc/stagegate-client.env").write_text("REDISCLI_AUTH=x\n")
    host.says("redis-cli")
    return host.root / "var/lib/redis"


def test_a_chosen_redis_is_the_master_of_a_newer_election_than_any(host: Host, store: Path) -> None:
    host.says("redis-cli", "config-epoch\n7\nip\n10.0.0.9")
    assert host.run("coordination-1", SEED, "chosen").returncode == 0
    text = (store / "sentinel.conf").read_text()
    assert "sentinel config-epoch stagegate 8\n" in text
    assert (store / "stagegate-member").exists()
    done = host.run("coordination-1", SEED, "server", **CHOWN)
    assert done.returncode == 0, done.stderr
    assert "replicaof" not in (store / "server.conf").read_text()


@pytest.mark.parametrize(("size", "aside"), [(23, 1), (0, 0)])
def test_keys_without_a_mark_are_laid_aside_before_a_masters_replace_them(
    host: Host, store: Path, size: int, aside: int
) -> None:
    host.says("redis-cli", "config-epoch\n7\nip\n10.0.0.9")
    (store / "appendonlydir").mkdir()
    (store / "appendonlydir/appendonly.aof.1.incr.aof").write_bytes(b"x" * size)
    listens = {
        "def listens(address: str) -> bool:\n": "def listens(address: str) -> bool:\n    return True\n"
    }
    done = host.run("coordination-1", SEED, "server", **CHOWN, **listens)
    assert done.returncode == 0, done.stderr
    assert "replicaof 10.0.0.9 " in (store / "server.conf").read_text()
    assert len(list(store.glob("laid-aside-*"))) == aside

"""Runners that share nothing but the ledger judge one stage; one is killed, and the server restarts."""

import json
import time
from pathlib import Path

from machine import Machine
from postgres_server import running
from shared_ledgers import DatabaseClock, migrated

SHARD = ("--stage", "dev", "--attempt", "p1")


def beside(machine: Machine, place: Path) -> Machine:
    """Another machine with the same checkout. They share the hosts of the stages, and no site."""
    made = Machine(place)
    made.release(template="first", greeting="hello", telling=True)
    made.site.mkdir()
    (machine.site / "world").mkdir(parents=True, exist_ok=True)
    (made.site / "world").symlink_to(machine.site / "world")
    return made


def looked_at(machine: Machine) -> list[str]:
    """What the reports of this machine have looked at."""
    reports = machine.site.glob("runs/p1/*/report.json")
    return sorted(check["component"] for path in reports for check in json.loads(path.read_text())["checks"])


def test_shards_on_two_machines_are_one_verdict_and_nothing_is_run_twice(
    machine: Machine, tmp_path: Path
) -> None:
    machine.release(template="first", greeting="hello", telling=True)
    other = beside(machine, tmp_path / "other")
    with running(durable=True) as server:
        clock = DatabaseClock(migrated(server, tmp_path))
        shared = {"STAGEGATE_LEDGER": clock.url}
        machine.promote("ci", "deploy", "--stage", "dev", **shared)
        other.promote("pin", **shared)
        for name in ("one", "two"):
            machine.hold(name)

        lives = machine.start("ci", "shard", "smoke", "1/3", *SHARD, **shared)
        killed = other.start("ci", "shard", "smoke", "3/3", *SHARD, **shared)
        for name in ("one", "two"):
            machine.wait_until_held(name)
        killed.kill()
        killed.communicate()
        server.stop("immediate")
        time.sleep(1)
        server.start()
        for name in ("one", "two"):
            machine.let_go(name)
        _out, err = lives.communicate(timeout=120)
        assert lives.returncode == 0, err
        other.promote("ci", "shard", "smoke", "2/3", *SHARD, **shared)
        other.promote("ci", "shard", "smoke", "2/3", *SHARD, **shared)  # it has reported, and is not run

        clock.sleep(61)
        machine.promote("resume", "--stage", "dev", "--attempt", "p1", **shared)

        (shown,) = json.loads(machine.promote("history", "-o", "json", **shared))["attempts"]
        exported = machine.promote("ledger", "export", "-", **shared).splitlines()
    (gate,) = shown["gates"]
    assert (shown["outcome"], gate["verdict"], gate["passed"], gate["wanted"]) == ("verified", "pass", 3, 3)
    events = [json.loads(row["event"]) for row in map(json.loads, exported) if "event" in row]
    told = [event["shard"]["number"] for event in events if event["event"] == "ShardJudged"]
    assert told == [1, 2]
    assert (looked_at(machine), looked_at(other)) == (["one", "two"], ["three"])


def test_a_red_shard_brings_the_stage_back(machine: Machine) -> None:
    machine.release(template="first", greeting="hello", telling=True)
    machine.promote("--stage", "dev")
    machine.release(template="BAD", greeting="hello", telling=True)
    machine.promote("ci", "deploy", "--stage", "dev")
    assert "BAD" in machine.world("dev")["one"]

    machine.promote("ci", "shard", "smoke", "1/2", "--stage", "dev", code=3)
    machine.promote("resume", "--stage", "dev", code=3)

    assert machine.world("dev") == dict.fromkeys(("one", "two", "three"), "first hello")
    assert machine.history()[1:] == [("promote", "r2", "failed"), ("rollback", "r1", "rolled_back")]


def test_a_shard_that_is_told_to_stop_reports_nothing_and_may_begin_again_at_once(machine: Machine) -> None:
    machine.release(template="first", greeting="hello", telling=True)
    machine.promote("ci", "deploy", "--stage", "dev")
    machine.hold("one")
    stopped = machine.start("ci", "shard", "smoke", "1/3", *SHARD)
    machine.wait_until_held("one")

    stopped.terminate()
    _out, err = stopped.communicate(timeout=60)
    assert stopped.returncode == 143, err
    machine.let_go("one")

    assert "(start 2)" not in err
    machine.promote("ci", "shard", "smoke", "1/3", *SHARD)
    assert "begins (start 2)" in machine.err
    machine.promote("resume", "--stage", "dev")
    assert machine.history() == [("promote", "r1", "verified")]

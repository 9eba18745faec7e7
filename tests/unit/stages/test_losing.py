"""What suites are told of how a machine is lost: by ssh, for a while, and never this machine instead."""

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from config_sample import SHIPPED

from stages.config import read
from stages.config.timing import timings
from stages.machine.substrates.losing import ENDS_AFTER_S, levers
from suites.failover.act import BEYOND_S
from suites.faults.fault import cut_off, lose
from suites.faults.guard import reaching
from suites.faults.injector import BITES_WITHIN, COMMAND_WITHIN
from suites.seam.target import Target, TargetHost, Versions

CONFIG, VIP = Path("/site/ssh_config"), "192.0.2.5"
UNITS = ("mariadb.service", "odd unit.service")


def target_of(hosts: tuple[TargetHost, ...]) -> Target:
    now = datetime.now(UTC)
    return Target(
        protocol=1, site="3fa2c1", stage="dev", release="r", deployed_at=now, settled_at=now, new=True,
        vip=VIP, inside=("nsenter",), ssh_config=CONFIG, hosts=hosts, endpoints={}, clouds=CONFIG,
        cloud="dev", secrets={}, accounts={}, versions=Versions({}),
    )  # fmt: skip


def ran_by_the_machine(argv: Sequence[str], folder: Path, connection: str = "") -> list[str]:
    """The words that the machine's shell would run, of an argv list that goes there by ssh."""
    ssh = folder / "ssh"
    # ssh gives the words of the command to a shell on the machine, in one line.
    ssh.write_text('#!/bin/sh\nshift 3\nset -- "sh() { printf \'%s\\0\' \\"\\$@\\"; }; $*"\neval "$1"\n')
    ssh.chmod(0o755)
    there = {"PATH": f"{folder}:/usr/bin:/bin", "SSH_CONNECTION": connection}
    out = subprocess.run(argv, env=there, capture_output=True, text=True, check=True, timeout=60).stdout
    return out.split("\0")[:-1]


def test_the_machine_is_told_in_words_that_arrive_as_they_are(tmp_path: Path) -> None:
    made = levers(CONFIG, "database-1", VIP, UNITS)
    connection = "192.0.2.10 51000 192.0.2.24 2222"
    limit = str(ENDS_AFTER_S)
    told = {
        name: ran_by_the_machine(argv, tmp_path, connection)[3:]
        for name, (argv,) in {
            "kill": made.power_off,
            "cut": made.link_down,
            "end": made.power_on,
            "end too": made.link_up,
            "reached": (made.reached,),
        }.items()
    }
    assert told == {
        "kill": ["kill", limit, VIP, connection, *UNITS],
        "cut": ["cut", limit, VIP, connection],
        "end": ["end"],
        "end too": ["end"],
        "reached": ["reached"],
    }
    rules = ("nft", "table inet x { chain y { ip saddr { 192.0.2.1 } drop; }; }", "it's", "")
    assert ran_by_the_machine((*made.network, *rules), tmp_path)[3:] == ["watch", limit, *rules]


def test_faults_of_a_machine_act_on_it_alone() -> None:
    hosts = tuple(
        TargetHost(
            name, "database", "shared", f"192.0.2.{number}", ("galera",), units=UNITS,
            **levers(CONFIG, name, VIP, UNITS).to_json(),
        )
        for number, name in enumerate(("database-1", "database-2"), start=24)
    )  # fmt: skip
    target = target_of(hosts)
    for fault in (lose(target, hosts[0]), cut_off(target, hosts[0], "galera")):
        assert reaching(fault, target) is None
        assert reaching(fault, target_of(hosts[1:])) is not None
    assert lose(target, hosts[0]).reads == hosts[0].reached


def test_no_fault_lasts_until_the_machine_ends_it() -> None:
    config = read(SHIPPED)
    longest = max(
        timing.budget
        for stage in ("dev", "staging", "prod")
        for faults in timings(config.stage(stage).settings).values()
        for timing in faults.values()
    )
    assert 2 * (longest + BEYOND_S) + BITES_WITHIN + 3 * COMMAND_WITHIN < ENDS_AFTER_S

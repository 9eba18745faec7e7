"""A killed member of a cluster stays down until the undo, and runs nothing of a clean stop."""

import subprocess
from pathlib import Path

from suites.faults import fault as faults
from suites.seam.target import Target

# Says that it was asked, and that the unit is active twice.
SYSTEMCTL = """#!/bin/sh
echo "$*" >> "$0.log"
test "$1" != is-active || { echo >> "$0.asked"; test $(wc -l < "$0.asked") -lt 3; }
"""


def test_it_is_stopped_only_once_it_is_dead(target: Target, tmp_path: Path) -> None:
    program = tmp_path / "systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    ((*_, script),) = faults.kill(target, target.hosts[0], "mariadb.service", down=True).inject
    subprocess.run(["sh", "-c", script], check=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    said = (tmp_path / "systemctl.log").read_text().splitlines()
    assert said[0] == "kill --signal=KILL mariadb.service"
    assert said[1:-1] == ["is-active --quiet mariadb.service"] * 3
    assert said[-1] == "stop mariadb.service"


def test_its_undo_does_not_wait_for_a_member_that_gets_all_data_from_another(target: Target) -> None:
    for down, start in ((True, "systemctl start --no-block"), (False, "systemctl start")):
        ((*_, script),) = faults.kill(target, target.hosts[0], "mariadb.service", down=down).undo
        assert script == f"systemctl reset-failed mariadb.service; {start} mariadb.service"

"""Connections belong to the run: one that breaks is a retry that is told, and none outlives the run."""

import json
import os
import re
import signal
import subprocess

import pytest
from checkout import Checkout, await_lines, wait_until

pytestmark = pytest.mark.lab


def processes(checkout: Checkout) -> dict[int, str]:
    """What serves the checkout's runs or holds their connections: command lines by process id."""
    configuration = checkout.site / "stages/dev/ssh_config"
    marks = [str(configuration), f"{checkout.site}/environments"]
    if configuration.exists():
        marks += [
            f"nc -N {address} 22" for address in re.findall(r"HostName (\S+)", configuration.read_text())
        ]
    return {pid: line for pid, line in command_lines().items() if any(mark in line for mark in marks)}


def command_lines() -> dict[int, str]:
    lines = subprocess.run(("ps", "-ww", "-eo", "pid=,args="), capture_output=True, text=True, check=True)
    return {int(pid): line for pid, line in (text.split(None, 1) for text in lines.stdout.splitlines())}


def ssh_to(checkout: Checkout, host: str, option: str) -> list[int]:
    """The processes of a run's ssh to a host: with -N its connection, without ControlMaster its calls."""
    wanted = re.compile(rf"^ssh .* {option} .*\b{host}\b")
    return [pid for pid, line in processes(checkout).items() if wanted.search(line)]


def test_a_sound_stage_is_made_without_a_retry_and_nothing_is_left_running(dev: Checkout) -> None:
    (attempt,) = dev.promote("--stage", "dev", "-o", "json", expect=0).document["attempts"]
    assert attempt["retries"] == []
    assert processes(dev) == {}


def test_a_connection_that_breaks_is_one_retry_with_its_reason(dev: Checkout) -> None:
    """It is ended in the midst of a step: that waits for the host's lock, which the test has meanwhile."""
    dev.edit("config/roles.yaml", "max_connections: 2000", "max_connections: 1003")
    dev.commit("Allow more connections, and lose one")
    configuration = dev.site / "stages/dev/ssh_config"
    holds = ("ssh", "-S", "none", "-F", configuration, "database-1", "flock /run/stagegate.lock cat")
    with subprocess.Popen(holds, stdin=subprocess.PIPE) as holder:
        run = dev.start("--stage", "dev", "-o", "json")
        await_lines(run, "begin manifest/database-1")
        wait_until(lambda: bool(ssh_to(dev, "database-1", "ControlMaster=no")), 30, "the step's call")
        (connection,) = ssh_to(dev, "database-1", "-N")
        os.kill(connection, signal.SIGKILL)
        holder.communicate()
    out, err = run.communicate(timeout=600)
    assert run.returncode == 0, err
    (attempt,) = json.loads(out)["attempts"]
    (retry,) = attempt["retries"]
    assert (retry["what"], retry["attempt"]) == ("manifest/database-1", 1)
    assert "database-1 can't be reached by ssh" in retry["reason"]


def test_a_killed_engine_leaves_nothing_running(dev: Checkout) -> None:
    dev.promote("lab", "down", "--stage", "dev", expect=0)
    run = dev.start("--stage", "dev")
    await_lines(run, "done  host/database-1")
    assert ssh_to(dev, "database-1", "-N")
    run.kill()
    run.communicate(timeout=60)
    wait_until(lambda: not processes(dev), 10, f"still there: {processes(dev)}")

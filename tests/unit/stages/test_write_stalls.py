"""How long writes stall, measured with a client that answers as the test wants."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from programs import executable

PROGRAM = Path(__file__).parents[3] / "stages/openstack/write_stalls.py"
# Reads a statement a line, as the client does; its second write waits, or ends the connection once.
CLIENT = """\
#!/usr/bin/env python3
import pathlib, re, sys, time
folder = pathlib.Path(__file__).parent
for line in sys.stdin:
    with (folder / "asked").open("a") as out:
        out.write(line)
    number = re.search(r"SELECT (\\d+);", line)
    lost = folder / "lost"
    if number and number[1] == "2" and "{what}" == "loses" and not lost.exists():
        lost.touch()
        sys.exit(1)
    if number and number[1] == "2" and "{what}" == "stalls":
        time.sleep(0.6)
    print(number[1] if number else "removed", flush=True)
"""


def measured(folder: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> dict[str, Any]:
    executable(folder / "mariadb", CLIENT.replace("{what}", what))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    argv = [sys.executable, str(PROGRAM), "glance-expand", "client.cnf"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        asked = folder / "asked"
        while not (asked.exists() and "SELECT 4;" in asked.read_text()):
            assert process.poll() is None
            time.sleep(0.01)
        out, _ = process.communicate(timeout=20)
    found: dict[str, Any] = json.loads(out)
    assert asked.read_text().splitlines()[-1].startswith("DELETE FROM stagegate.applied")
    return found


def test_the_longest_wait_for_a_write_is_told_and_the_row_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = measured(tmp_path, monkeypatch, "stalls")
    assert found["longest_s"] >= 0.6
    assert found["writes"] >= 4
    assert (found["failed"], found["unended"]) == (0, False)


def test_a_lost_connection_is_a_write_that_waits_on_and_not_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = measured(tmp_path, monkeypatch, "loses")
    assert (found["failed"], found["unended"]) == (1, False)
    assert found["longest_s"] >= 0.2
    assert (tmp_path / "asked").read_text().count("SELECT 2;") == 2

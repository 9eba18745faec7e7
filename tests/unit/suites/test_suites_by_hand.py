import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from programs import ended
from suites_sample import REPOSITORY, Sample
from yaml import safe_load

# Each test starts pytest or the suites.
pytestmark = pytest.mark.processes
PYTEST = (sys.executable, "-m", "pytest")


def test_without_a_target_every_check_is_an_error_that_says_how_to_name_one(sample: Sample) -> None:
    sample.write("components/left/test_smoke.py", "def test_a(host): pass\ndef test_b(): pass\n")
    ran = sample.run(*PYTEST, "sample", "-m", "smoke")
    assert ran.status == 1
    assert "2 errors" in ran.stderr
    assert "pytest suites --target" in ran.stderr


@pytest.mark.parametrize(("marker", "said"), [("smoke", "2 passed"), ("not smoke", "2 deselected")])
def test_with_a_target_pytest_runs_the_gate_by_its_marker(sample: Sample, marker: str, said: str) -> None:
    sample.write("components/left/test_smoke.py", "def test_a(host): pass\n")
    assert said in sample.run(*PYTEST, "sample", "-m", marker, "--target", "target.json").stderr


@pytest.mark.parametrize(("only", "said"), [((), "1 deselected"), (("--only", "left/breaks"), "1 passed")])
def test_by_hand_no_fault_is_made_that_was_not_named(
    sample: Sample, only: tuple[str, ...], said: str
) -> None:
    sample.write("components/left/test_failover.py", "def test_breaks(): pass\n")
    assert said in sample.run(*PYTEST, "sample", "-m", "failover", "--target", "target.json", *only).stderr


def test_a_broken_target_stops_before_any_check(sample: Sample) -> None:
    sample.write("components/left/test_smoke.py", "def test_a(host): pass\n")
    (sample.code / "target.json").write_text("{}")
    ran = sample.run(*PYTEST, "sample", "--target", "target.json")
    assert ran.status == 4
    assert "the target is invalid" in ran.stderr


def test_the_command_says_what_is_wrong_with_target_and_roster(
    tmp_path: Path, target_document: dict[str, Any]
) -> None:
    target, roster = tmp_path / "target.json", tmp_path / "roster.json"

    def run() -> subprocess.CompletedProcess[str]:
        command = ("gate", "--gate", "smoke", "--target", target, "--roster", roster, "--into")
        return ended(sys.executable, "-m", "suites", *command, tmp_path / "into", cwd=REPOSITORY)

    missing = run()
    assert missing.returncode == 1
    assert "the target can't be read" in missing.stderr
    target.write_text(json.dumps(target_document))
    roster.write_text("{}")
    assert 'the document has no "roster"' in run().stderr
    assert not (tmp_path / "into").exists()


def test_the_roster_of_the_smoke_gate_names_the_checks_that_exist(
    tmp_path: Path, target_document: dict[str, Any]
) -> None:
    yaml = safe_load((REPOSITORY / "config" / "gates.yaml").read_text())["smoke"]
    target_document["hosts"][0]["components"] = sorted({*yaml["each_host"], *yaml["once"]})
    target_document["hosts"][1:] = []
    path = tmp_path / "target.json"
    path.write_text(json.dumps(target_document))
    asked = ("suites", "-m", "smoke", "--target", str(path), "--collect-only", "-q", "-p", "no:testinfra")
    listing = ended(*PYTEST, *asked, cwd=REPOSITORY, check=True).stdout
    named = {
        f"test_{check}"
        for part in ("each_host", "once")
        for checks in yaml[part].values()
        for check in checks
    }
    collected = {line.split("::")[1].split("[")[0] for line in listing.splitlines() if "::" in line}
    assert collected == named


def test_what_looks_back_on_a_gate_comes_after_all_others_of_it() -> None:
    asked = ("suites", "-m", "neighbours", "--collect-only", "-q", "-p", "no:testinfra")
    listing = ended(*PYTEST, *asked, cwd=REPOSITORY, check=True).stdout
    *others, last = [line.split("::")[1] for line in listing.splitlines() if "::" in line]
    assert last.startswith("test_own_pools_stayed_up")
    assert len(others) > 1
    assert not [name for name in others if name.startswith("test_own_pools_stayed_up")]

"""The final gate as it is run: smoke's checks that its roster asks for, and what was there before."""

import json
from pathlib import Path

import pytest
from suites_sample import REPOSITORY, Ran, Sample

SMOKE = """
def test_kept(): pass
def test_left_out(): assert False, "not asked for"
"""
# What the host has is a file's lines; the rest is real.
INVENTORY = """
from pathlib import Path
from suites.readings.inventory import Listing, Thing
FILE = Path(__file__).with_name("users")
def asked(host):
    return [Thing("user", line, line, stays=True) for line in FILE.read_text().split()]
LISTING = Listing(asked=asked)
"""
NOTED, AS_BEFORE = "left/-/inventory_is_noted", "left/-/inventory_is_as_before"
NOTING = """
from suites.readings.inventory import Listing
def test_inventory_is_noted(component, listing, listed, note, seen):
    note(listed())
"""
HOST = """
import pytest
@pytest.fixture(scope="session")
def listing_api():
    return None
"""


@pytest.fixture
def users(sample: Sample) -> Path:
    sample.write("components/left/inventory.py", INVENTORY)
    sample.write("components/left/test_smoke.py", SMOKE)
    sample.write("smoke/test_smoke.py", NOTING)
    sample.write("final/test_final.py", (REPOSITORY / "suites/final/test_final.py").read_text())
    sample.write("conftest.py", (REPOSITORY / "suites" / "conftest.py").read_text() + HOST)
    file = sample.code / "sample/components/left/users"
    file.write_text("nova glance")
    return file


def run(sample: Sample, gate: str, *checks: str) -> Ran:
    entries = [dict(zip(("component", "host", "check"), check.split("/"), strict=True)) for check in checks]
    return sample.gate(gate, roster=entries)


def test_what_smoke_noted_is_compared_and_only_what_the_roster_asks_for_is_made_again(
    sample: Sample, users: Path
) -> None:
    assert run(sample, "smoke", NOTED).outcomes[NOTED] == "passed"
    ran = run(sample, "final", "left/-/kept", AS_BEFORE)
    assert ran.outcomes == {"left/-/kept": "passed", AS_BEFORE: "passed"}
    assert [check["check"] for check in ran.report["checks"]] == ["kept", "inventory_is_as_before"]
    users.write_text("nova stagegate-load-1f90b1c2-3")
    seen = run(sample, "final", AS_BEFORE).seen["inventory_is_as_before"]
    assert seen.startswith("gone: user glance; left over: user stagegate-load-1f90b1c2-3")


def test_without_a_note_or_a_list_nothing_is_proved(sample: Sample, users: Path) -> None:
    assert run(sample, "final", AS_BEFORE).outcomes == {AS_BEFORE: "inconclusive"}
    users.unlink()
    users.with_name("inventory.py").write_text(
        INVENTORY.replace("return [", "raise __import__('suites.errors').errors.ReadingFailed('away')\n    [")
    )
    assert run(sample, "smoke", NOTED).outcomes[NOTED] == "inconclusive"
    assert not (sample.code / "inventory.json").exists()


def test_the_note_is_beside_the_target(sample: Sample, users: Path) -> None:
    run(sample, "smoke", NOTED)
    noted = json.loads((sample.code / "inventory.json").read_text())
    assert [thing["name"] for thing in noted["left"]["things"]] == users.read_text().split()

"""The api gate on a real stage: green, red when keystone answers wrongly, never green on skips alone."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import gate_by_hand
import pytest
from api_defects import FORBIDDEN_TRUSTS
from checkout import REPOSITORY, Checkout
from health import await_health
from seeding import seeded

from pipeline.core.judgement import SuiteRun, judge
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.verdict import Verdict
from stages.config import read
from suites.components.keystone.api import GROUPS

pytestmark = pytest.mark.lab

STAGE = "dev"
WHOLE_STAGE = "staging"
ROSTER = Roster(tuple(RosterEntry("keystone", "-", check) for check in GROUPS), within_s=240, definition="d")
# A suites folder of which every test is one that a stage without images skips.
ALL_SKIPPED = "('tempest.api.image.v2.test_images.BasicOperationsImagesTest.test_delete_image',)"
DRIVER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from suites.harness.gate_run import GateRun, run_gate
suites, target, into = map(Path, sys.argv[1:])
whole = run_gate(GateRun("api", suites, target, frozenset(), into), lambda: datetime.now(UTC))
sys.exit(0 if whole else 1)
"""


def outcomes_of(command: Sequence[str], into: Path) -> dict[tuple[str, str], str]:
    """Run a gate; return the outcomes of its checks, by component and name."""
    checks = gate_by_hand.run(command, into, within=400)
    return {(check["component"], check["check"]): check["outcome"] for check in checks}


def api_gate(checkout: Checkout, into: Path, stage: str = STAGE) -> dict[tuple[str, str], str]:
    return outcomes_of(gate_by_hand.order("api", checkout.target_path(stage), into), into)


def verdict(into: Path) -> Verdict:
    return judge("api", ROSTER, SuiteRun((into / "report.json").read_text())).verdict


@pytest.fixture
def forbidden_trusts(shared: Checkout) -> Iterator[None]:
    """Keystone forbids to everybody what everybody may: its policy is not the one that was meant."""
    try:
        with seeded(shared, STAGE, FORBIDDEN_TRUSTS):
            yield
    finally:
        await_health(shared.target_path(STAGE))


def wanted(*components: str) -> set[tuple[str, str]]:
    """The checks that the gate asks of these components."""
    once = read(REPOSITORY / "config").gates["api"].once
    return {(component, check) for component in components for check in once[component]}


def test_the_gate_is_green_and_leaves_its_accounts_shut_and_no_password(
    shared: Checkout, tmp_path: Path
) -> None:
    into = tmp_path / "api"
    outcomes = api_gate(shared, into)
    assert outcomes == dict.fromkeys(wanted("keystone"), "passed")
    assert verdict(into) is Verdict.PASS
    left = {path.relative_to(into).as_posix() for path in into.rglob("*")}
    workers = {f"tempest-{number}.{kind}" for number in (1, 2, 3) for kind in ("log", "subunit")}
    assert left == {"roster.json", "report.json", "junit.xml", "output.log", *workers}
    users = json.loads(shared.openstack(STAGE, "user", "list", "--long", "-f", "json").out)
    mine = [user for user in users if user["Name"].startswith("stagegate-api")]
    assert mine
    assert not [user["Name"] for user in mine if user["Enabled"]]
    assert not [user["Name"] for user in mine if user["Name"].startswith("stagegate-api-made")]


@pytest.mark.prove
def test_the_gate_is_green_for_every_api_of_a_whole_control_plane(whole: Checkout, tmp_path: Path) -> None:
    outcomes = api_gate(whole, tmp_path / "api", WHOLE_STAGE)
    assert outcomes == dict.fromkeys(wanted("keystone", "glance", "nova-api", "neutron"), "passed")


@pytest.mark.usefixtures("forbidden_trusts")
def test_the_gate_is_red_where_keystone_forbids_what_it_must_allow(shared: Checkout, tmp_path: Path) -> None:
    into = tmp_path / "api"
    outcomes = api_gate(shared, into)
    red = {check: outcome for check, outcome in outcomes.items() if outcome != "passed"}
    assert red == {("keystone", "trusts"): "failed"}
    assert verdict(into) is Verdict.FAIL


def test_the_gate_is_not_green_where_every_test_skips_itself(shared: Checkout, tmp_path: Path) -> None:
    suites = tmp_path / "code" / "skipping"
    keystone = suites / "components" / "keystone"
    keystone.mkdir(parents=True)
    (suites / "api").mkdir()
    for folder in (suites, suites / "api", keystone.parent, keystone):
        (folder / "__init__.py").touch()
    for name in ("conftest.py", "pytest.ini", "api/test_api.py"):
        (suites / name).write_bytes((REPOSITORY / "suites" / name).read_bytes())
    component = REPOSITORY / "suites/components/keystone/component.py"
    (keystone / "component.py").write_bytes(component.read_bytes())
    (keystone / "api.py").write_text(f"GROUPS = dict.fromkeys({tuple(GROUPS)}, {ALL_SKIPPED})\n")
    (tmp_path / "driver.py").write_text(f"import sys; sys.path.insert(0, {str(REPOSITORY)!r})\n{DRIVER}")
    into = tmp_path / "api"
    arguments = map(str, (tmp_path / "driver.py", suites, shared.target_path(STAGE), into))
    outcomes = outcomes_of((sys.executable, *arguments), into)
    assert outcomes == {("keystone", check): "inconclusive" for check in GROUPS}
    assert verdict(into) is Verdict.INCONCLUSIVE

import importlib
import json
import sys

import pytest
from programs import ended
from suites_sample import REPOSITORY, Ran, Sample

from pipeline.core.judgement import SuiteRun, judge
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.verdict import Verdict
from stages.config import read
from suites.api.groups import Groups
from suites.harness.layout import folder_of
from suites.harness.loading import tempest_groups

# Only what tempest said is made up.
CONFTEST = """
import pytest
from suites.api.stream import Ended, Status, Stream
@pytest.fixture(scope="session")
def tempest():
    return Stream(({said}))
"""
# A run that is ended by SIGTERM when its second test has failed.
INTERRUPTED = """
import os, signal, time
from suites.api import fixtures
from suites.api.stream import Ended, Status, Stream
def asked(tests, clients, into, progress, so_far):
    so_far(Stream((Ended("t.C.a", "", Status.BEGUN, "", 0.0), Ended("t.C.b", "", Status.FAILED, "why", 1.0))))
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)
fixtures.ask_tempest = asked
"""
CHECKS = (REPOSITORY / "suites/api/test_api.py").read_text()
# By component, what tempest calls the API that it serves.
APIS = {"keystone": "identity", "glance": "image", "nova-api": "compute", "neutron": "network"}
LOOKED_UP = """
import importlib, json, sys
unknown, credentials = [], set()
for test in json.load(sys.stdin):
    module, place, name = test.rsplit(".", 2)
    found = getattr(importlib.import_module(module), place, None)
    if not hasattr(found, name):
        unknown.append(test)
    else:
        credentials.update(found.credentials)
print(json.dumps({"unknown": unknown, "credentials": sorted(credentials)}))
"""
ROSTER = Roster(
    (RosterEntry("left", "-", "one"), RosterEntry("left", "-", "two")), within_s=60, definition="d"
)


def gate_with(sample: Sample, fixtures: str) -> Ran:
    """Run the gate of a component with two checks, of which each stands for one test."""
    sample.write("components/left/api.py", "GROUPS = {'one': ('t.C.a',), 'two': ('t.C.b',)}\n")
    sample.write("api/test_api.py", CHECKS)
    sample.write("conftest.py", (REPOSITORY / "suites" / "conftest.py").read_text() + fixtures)
    return sample.gate("api")


def gate(sample: Sample, *said: tuple[str, str]) -> Ran:
    ended = "".join(f"Ended('t.C.{test}', '', Status.{status}, 'why', 1.0)," for test, status in said)
    return gate_with(sample, CONFTEST.format(said=ended))


def groups_of(component: str) -> Groups:
    groups: Groups = importlib.import_module(f"suites.components.{folder_of(component)}.api").GROUPS
    return groups


def verdict(ran: Ran) -> Verdict:
    return judge("api", ROSTER, SuiteRun((ran.into / "report.json").read_text())).verdict


def test_a_gate_whose_tests_all_passed_is_green(sample: Sample) -> None:
    ran = gate(sample, ("a", "PASSED"), ("b", "PASSED"))
    assert ran.outcomes == {"left/-/one": "passed", "left/-/two": "passed"}
    assert ran.seen["one"] == "1 tests passed in 1.0 s"
    assert verdict(ran) is Verdict.PASS


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ((("a", "SKIPPED"), ("b", "SKIPPED")), Verdict.INCONCLUSIVE),
        ((("a", "PASSED"), ("b", "SKIPPED")), Verdict.INCONCLUSIVE),
        ((("a", "PASSED"),), Verdict.INCONCLUSIVE),
        ((), Verdict.INCONCLUSIVE),
        ((("a", "PASSED"), ("b", "BEGUN")), Verdict.INCONCLUSIVE),
        ((("a", "SKIPPED"), ("b", "FAILED")), Verdict.FAIL),
    ],
)
def test_a_gate_with_a_test_that_did_not_pass_is_never_green(
    sample: Sample, said: tuple[tuple[str, str], ...], wanted: Verdict
) -> None:
    ran = gate(sample, *said)
    assert len(ran.outcomes) == 2
    assert verdict(ran) is wanted


def test_a_run_of_tempest_that_is_ended_keeps_what_failed(sample: Sample) -> None:
    """The second check has failed when the end comes, and the first is not through."""
    ran = gate_with(sample, INTERRUPTED)
    assert ran.report["complete"] is False
    assert ran.outcomes == {"left/-/two": "failed"}
    assert verdict(ran) is Verdict.FAIL


def test_a_check_without_a_group_of_tests_fails_and_says_so(sample: Sample) -> None:
    sample.write("components/right/api.py", "GROUPS = {}\n")
    sample.write("components/right/test_api.py", "def test_nothing(tempest_passes): tempest_passes()\n")
    ran = gate(sample, ("a", "PASSED"), ("b", "PASSED"))
    assert ran.outcomes["right/-/nothing"] == "failed"
    assert "has no group of tests" in ran.seen["nothing"]


@pytest.mark.parametrize(("component", "api"), APIS.items())
def test_every_group_has_its_check_its_place_in_the_roster_and_tests_of_its_own(
    component: str, api: str
) -> None:
    groups = groups_of(component)
    asked = read(REPOSITORY / "config").gates["api"].once
    assert set(asked) == set(APIS)
    assert set(asked[component]) == set(groups)
    assert tempest_groups("suites", component) == groups
    tests = [test for group in groups.values() for test in group]
    assert len(tests) == len(set(tests))
    assert all(test.startswith(f"tempest.api.{api}.") for test in tests)


def test_tempest_has_every_test_by_its_name_and_its_credentials_are_among_the_accounts() -> None:
    tests = [test for component in APIS for group in groups_of(component).values() for test in group]
    # In a process of its own: importing tempest registers options for all of it, and warns.
    done = ended(sys.executable, "-c", LOOKED_UP, given=json.dumps(tests), check=True)
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["unknown"] == []
    assert set(said["credentials"]) <= {"primary", "alt", "admin", "project_reader", "system_reader"}

import importlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import suites.api.run as module
from suites.api.groups import judge
from suites.api.run import WORKERS, Run, Worker, cost, run_tests, shares
from suites.api.session import Told
from suites.api.stream import Ended, Status, Stream
from suites.seam.report import Outcome

TESTS = (
    "tempest.api.image.v2.test_images.BasicOperationsImagesTest.test_delete_image",
    "tempest.api.image.v2.test_versions.VersionsTest.test_list_versions",
)


def test_each_test_is_in_one_share_and_no_class_is_in_two() -> None:
    tests = [f"a.b.{place}.test_{number}" for place in ("C", "CB", "D", "E", "F") for number in range(3)]
    found = shares(tests[::-1])
    assert len(found) == WORKERS
    assert [test for share in found for test in share] == sorted(tests)
    classes = [{test.rpartition(".")[0] for test in share} for share in found]
    assert not classes[0] & classes[1]
    of_one_class = ("a.b.C.one", "a.b.C.other")
    assert shares(of_one_class) == (of_one_class,)
    assert shares(of_one_class[:1]) == (of_one_class[:1],)


def test_shares_of_what_the_gate_asks_take_about_as_long() -> None:
    modules = (f"suites.components.{name}.api" for name in ("keystone", "glance", "nova_api", "neutron"))
    groups = [group for module in modules for group in importlib.import_module(module).GROUPS.values()]
    tests = [test for group in groups for test in group]
    found = shares(tests)
    assert [test for share in found for test in share] == sorted(tests)
    costs = [_cost_of(share) for share in found]
    assert len(costs) == WORKERS
    assert max(costs) < 1.2 * sum(costs) / WORKERS


def quietly(_so_far: Stream) -> None:
    """Nobody is told."""


def _cost_of(share: tuple[str, ...]) -> float:
    names = sorted({test.rpartition(".")[0] for test in share})
    return sum(cost([test for test in share if test.rpartition(".")[0] == name]) for name in names)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Real tempest, told that there is no image service: each of its tests skips itself."""
    conf = tmp_path / "tempest.conf"
    conf.write_text("[service_available]\nglance = false\n")
    return Run(TESTS, conf, ("env",), tmp_path, tmp_path)


def test_what_all_workers_say_is_told_together_and_skipped_tests_do_not_pass(run: Run) -> None:
    said = run_tests(run, quietly)
    assert said.broken is None
    group = judge(TESTS, said)
    assert group.outcome is Outcome.INCONCLUSIVE
    assert "glance is not available" in group.seen.lower()
    assert {ended.test for ended in said.ended} == {test.rpartition(".")[0] for test in TESTS}
    assert {ended.status for ended in said.ended} == {Status.SKIPPED}


def test_a_worker_that_dies_breaks_what_all_say(run: Run) -> None:
    dies = """case "$*" in *test_versions*) echo gone >&2; exit 7;; esac; exec "$@" """
    said = run_tests(replace(run, inside=("sh", "-c", dies, "sh")), quietly)
    assert said.broken is not None
    assert said.broken.endswith("a worker ended with 7: gone")
    assert {ended.test for ended in said.ended} == {TESTS[0].rpartition(".")[0]}


def test_a_test_that_is_not_there_breaks_what_all_say(run: Run) -> None:
    unknown = (f"{TESTS[0].rpartition('.')[0]}.test_of_no_such_name",)
    said = run_tests(replace(run, tests=unknown), quietly)
    assert said.broken is not None
    assert "test_of_no_such_name" in said.broken
    assert judge(unknown, said).outcome is Outcome.INCONCLUSIVE


def ended(test: str, status: Status, step: str = "") -> Ended:
    return Ended(test, step, status, "", 0.1)


def test_tests_that_ended_are_told_of_and_that_a_worker_still_runs_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = (ended("t.C", Status.PASSED, "setUpClass"), ended("t.C.a", Status.PASSED))
    begun = (*one, ended("t.C.b", Status.BEGUN))
    looks = iter([(), one, begun, begun, (*one, ended("t.C.b", Status.FAILED))])
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    def look(_content: bytes) -> Stream:
        found = next(looks, None)
        if found is None:
            process.kill()
        return Stream(found or ())

    (tmp_path / "stream").touch()
    monkeypatch.setattr(module, "TOLD_EVERY", 0.01)
    monkeypatch.setattr(module, "read_stream", look)
    told: list[Stream] = []
    worker = Worker((), tmp_path / "stream", tmp_path / "log")
    (status,) = module._awaited([process], [worker], told.append)  # noqa: SLF001 - a real worker takes minutes
    assert status < 0
    assert [stream.ended for stream in told] == [one, (*one, ended("t.C.b", Status.FAILED))]


def test_the_tests_own_time_stands_beside_what_it_took_to_have_them_said() -> None:
    ended = (
        Ended("t.C", "setUpClass", Status.SKIPPED, "", 90.0),
        Ended("t.D.a", "", Status.PASSED, "", 4.0),
        Ended("t.D.b", "", Status.FAILED, "", 2.25),
        Ended("t.D.c", "", Status.BEGUN, "", 7.0),
    )
    assert Told(Stream(ended), whole=31.0, running=20.5).cost == (
        "tempest: 2 tests in 6.2 s of their own, on 3 workers; the gate 31.0 s, of which the workers 20.5 s"
    )

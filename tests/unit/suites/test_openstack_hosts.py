import re
from pathlib import Path

import pytest
from observed import met, unmet
from suites_sample import Recorded

from suites.errors import ReadingFailed
from suites.harness.component import Kept
from suites.harness.layout import Place, place_of
from suites.harness.loading import loaded
from suites.hosts.reading import Observation
from suites.openstack import dependencies, services
from suites.readings import clocks, disk, journal, ownership

NOW = 1795377610.0


def test_a_component_with_a_hyphen_stands_in_a_folder_with_an_underscore() -> None:
    root = Path("/suites")
    assert place_of(root / "components/nova_api/test_smoke.py") == Place(root, "smoke", "nova-api")
    assert loaded("suites", "nova-api").name == "nova-api"


def test_a_process_that_is_ahead_of_its_host_is_named_and_a_late_line_is_not_believed(
    recorded: Recorded,
) -> None:
    clock = clocks.parse(recorded("clock.txt"))
    assert clock.ahead["nova-api.service"] == pytest.approx(-0.004)
    seen = unmet(clocks.agrees(clock, NOW, NOW + 0.3))
    assert seen == "nova-metadata.service is 600.0 s ahead of its host"


def test_a_host_behind_and_a_process_without_a_word_are_named_and_a_dead_one_is_told() -> None:
    clock = clocks.parse("1795377610.0 +0000\nunit a.service active\nunit b.service inactive\n")
    late = unmet(clocks.agrees(clock, NOW + 60, NOW + 60))
    assert late == "the host is 60.0 s behind, a.service has not said what time it has"
    dead = clocks.parse("1795377610.0 +0000\nunit b.service inactive\n")
    assert met(clocks.agrees(dead, NOW, NOW)) == "the host has the right time, b.service does not run"


@pytest.mark.parametrize("text", ["", "now +0000", "1.0 +0000\n{}", "1.0 +0000\nunit a active\nnonsense"])
def test_other_output_than_of_the_clock_script_is_refused(text: str) -> None:
    with pytest.raises(ReadingFailed):
        clocks.parse(text)


def test_a_full_file_system_is_named() -> None:
    root = "overlay 264212084 27032216 79358696 26% /\n"
    assert met(disk.has_room(disk.parse(root * 2))) == "75.7 GiB of 252.0 (30%) left on /"
    full = disk.parse(root + "/dev/vdb 20000000 18500000 1500000 93% /var/lib/my sql\n")
    assert unmet(disk.has_room(full)) == "1.4 GiB of 19.1 (8%) left on /var/lib/my sql"
    assert not disk.has_room(disk.parse("/dev/vdc 2000000 1200000 800000 60% /var/lib\n")).holds
    assert not disk.has_room(()).holds
    with pytest.raises(ReadingFailed):
        disk.parse("df: no such file")


KEPT = Kept("/var/lib/mysql", "mysql")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("100:101\n104:101\n100:101\n", "mysql has uid:gid 104:101, and must be 100:101"),
        ("100:101\n100:101\n104:105\n", "/var/lib/mysql belongs to 104:105, and must be 100:101"),
        ("1:2\n3:4\n5:6\n", "mysql has uid:gid 3:4, /var/lib/mysql belongs to 5:6, and must be 1:2"),
    ],
)
def test_a_number_that_differs_is_named(text: str, said: str) -> None:
    assert unmet(ownership.are_equal(KEPT, ownership.parse(text))) == said


def test_equal_numbers_are_told_and_no_numbers_are_refused() -> None:
    seen = met(ownership.are_equal(KEPT, ownership.parse("100:101\n" * 3)))
    assert seen == "mysql and /var/lib/mysql are 100:101"
    with pytest.raises(ReadingFailed):
        ownership.parse("100:101\n100:101\n")


def test_what_does_not_answer_and_what_nobody_asked_for_is_named() -> None:
    said = '{"dependencies": {"database": "ok", "object-store": "10.0.0.9:8080: refused"}}'
    seen = dependencies.all_ok(dependencies.parse(said), ("database", "identity", "object-store"))
    assert unmet(seen) == "object-store: 10.0.0.9:8080: refused; identity is not asked for"
    assert dependencies.all_ok({"database": "ok"}, ("database",)).holds
    for text in ("", "{}", "[]", '{"dependencies": null}'):
        with pytest.raises(ReadingFailed):
            dependencies.parse(text)


def test_one_host_is_enough_and_the_others_are_told() -> None:
    active = Observation(holds=True, seen="it is active")
    failed = Observation(holds=False, seen="it is failed")
    assert met(services.some_serve({"a": active, "b": active})) == "a, b serve"
    assert met(services.some_serve({"a": active, "b": failed})) == "a serves; NOT 1 of 2: b: it is failed"
    none = unmet(services.some_serve({"a": failed, "b": failed}))
    assert none == "no host serves: a: it is failed; b: it is failed"
    assert not services.some_serve({}).holds


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("2026-11-22 21:00:04.000 71 ERROR nova.compute.manager [None req-1] no", True),
        ("2026-11-22 21:00:04.000 71 CRITICAL nova [None req-1] Unhandled error: X", True),
        ("Traceback (most recent call last):", True),
        ("DAMN ! worker 1 (pid: 7) died", True),
        ("2026-11-22 21:00:04.000 71 INFO nova.compute.manager [-] Setting instance to ERROR state.", False),
        ("2026-11-22 21:00:04.000 71 WARNING nova.x [-] ERROR nova.x is what it was", False),
    ],
)
def test_a_line_of_oslo_log_that_says_error_is_one(line: str, *, error: bool) -> None:
    assert any(re.search(pattern, line) for pattern in journal.OSLO_ERRORS) is error

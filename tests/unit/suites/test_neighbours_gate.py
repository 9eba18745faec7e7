"""The neighbours gate as it is run: on one colour, on two, and from inside the preview of each."""

import json
from typing import Any

import pytest
from suites_sample import REPOSITORY, Ran, Read, Sample

from stages.config import read as read_config
from suites.errors import TargetUnusable

# Where a program is started tells which colour it is a client of; only what it answers is made up.
PREVIEW = {
    "blue": {"inside": ["env", "SEEN_FROM=blue"], "address": "10.71.3.6"},
    "green": {"inside": ["env", "SEEN_FROM=green"], "address": "10.71.3.7"},
}
CHECK = """
def test_each_is_asked_from_its_own_preview(run_name, crossing):
    def walk(writer, reader, made):
        assert made.name == f"{run_name}-each-is-asked-from-its-own-preview-{writer.colour}"
        return " and ".join(" ".join(one.api.clients.target.inside) for one in (writer, reader))
    crossing(walk)
"""


def gate(sample: Sample, colour: str, preview: object) -> Ran:
    path = sample.code / "target.json"
    document: dict[str, Any] = json.loads(path.read_text()) | {"colour": colour}
    path.write_text(json.dumps(document if preview is None else document | {"preview": preview}))
    sample.write("components/right/test_neighbours.py", CHECK)
    return sample.gate("neighbours")


def test_each_colour_is_asked_from_its_own_preview(sample: Sample) -> None:
    ran = gate(sample, "green", PREVIEW)
    assert ran.outcomes == {"right/-/each_is_asked_from_its_own_preview": "passed"}
    assert ran.seen["each_is_asked_from_its_own_preview"] == (
        "green to blue: env SEEN_FROM=green and env SEEN_FROM=blue; "
        "blue to green: env SEEN_FROM=blue and env SEEN_FROM=green"
    )


@pytest.mark.parametrize("preview", [None, {}, {"blue": PREVIEW["blue"]}])
def test_a_colour_that_stands_alone_proves_nothing(sample: Sample, preview: object) -> None:
    ran = gate(sample, "blue", preview)
    assert ran.outcomes == {"right/-/each_is_asked_from_its_own_preview": "inconclusive"}
    seen = ran.seen["each_is_asked_from_its_own_preview"]
    assert seen == "blue stands alone in staging: it has no neighbour to look at"


def test_every_check_of_the_roster_is_one_that_is_collected() -> None:
    found = {
        f"{path.parent.name.replace('_', '-')}/{line.split('(')[0].removeprefix('def test_')}"
        for path in REPOSITORY.glob("suites/components/*/test_neighbours.py")
        for line in path.read_text().splitlines()
        if line.startswith("def test_")
    }
    once = read_config(REPOSITORY / "config").gates["neighbours"].once
    assert found == {f"{component}/{check}" for component, checks in once.items() for check in checks}


def test_a_target_is_seen_from_inside_a_preview(read: Read, target_document: dict[str, Any]) -> None:
    target = read(target_document | {"preview": PREVIEW})
    assert target.previewed("green").inside == ("env", "SEEN_FROM=green")
    assert target.previewed("green").hosts == target.hosts
    assert read(target_document).preview == {}


def test_a_preview_that_would_run_clients_outside_the_stage_is_refused(
    read: Read, target_document: dict[str, Any]
) -> None:
    broken = {**PREVIEW, "green": {"inside": [], "address": "10.71.3.7"}}
    with pytest.raises(TargetUnusable, match=r"preview\.green\.inside: an empty argv"):
        read(target_document | {"preview": broken})

"""The file that sets the line: as it is shown; what is wrong is told with its place and changes nothing."""

from pathlib import Path

import pytest
from desk import Desk, assert_the_file_is_the_line, green, set_rules

from pipeline.core.approval import ApprovalRule
from pipeline.core.line import difference

# By the key of a stage: what the file says there, and what is told of it; with the place, where it has one.
WRONG = {
    "approvals": [
        ("{by: [anna]}", "1:47: approvals have no count"),
        ("{count: many}", "1:55: it must be a number"),
        ("{count: 1, within: soon}", "1:66: 'soon' is not a duration; write 90s, 15m, 1h or 7d"),
        ("{count: 1, verified: maybe}", "1:68: verified must be true or false"),
        ("{count: 1, from: [anna]}", "1:58: approvals has no key from (it has count, by, within, verified)"),
        ("{count: 2, by: [anna, anna]}", "stage dev asks for 2 approvals, and only anna may approve"),
        ("{count: 1, within: 0s}", "stage dev has approvals that never count"),
    ],
    "freezes": [
        ("[{why: x}]", "a freeze has no begins, lasts"),
        ("[{why: [x], begins: y, lasts: [1h]}]", "1:52: it must be text"),
        (
            "[{why: x, begins: 2026-01-01T00:00, lasts: 1h, zone: Europe/Atlantis}]",
            "stage dev, freeze 'x': there is no time zone 'Europe/Atlantis'",
        ),
    ],
    "overrides": [("{who: [alice]}", "1:48: overrides has no key who (it has by, verified)")],
    "gitlab": [
        ("{freezes: often}", "freezes must be true or false"),
        ("{without_answer: go}", "without_answer must be known or wait"),
        ("{deployments: [job, api]}", "deployments must be job or api"),
        ("{calendar: true}", "gitlab has no key calendar (it has freezes, without_answer, approvals"),
    ],
    "reuse": [
        ("{smoke: soon}", "1:51: 'soon' is not a duration; write 90s, 15m, 1h or 7d"),
        ("{api: 7d}", "1:44: reuse has no key api (it has smoke)"),
        ("7d", "1:43: reuse must be a mapping"),
    ],
    "after": [
        ("{any: []}", "stage dev comes after any of no stages"),
        ("{any: [nowhere]}", "stage dev comes after nowhere, which is not an earlier stage"),
        ("{all: [prod]}", "1:44: after has no key all (it has any)"),
        ("{}", "1:43: after must be a list, or have the key any"),
        ("prod", "not an earlier stage"),
    ],
}
WHOLE = [
    ("", "no key stages"),
    ("stages: [", "not YAML"),
    ("stages: {}", "there is no stage"),
    ("stages: {dev: {}}", "stage dev has no gate"),
    ("stages: {dev: {gates: {smoke: {a: {b: c}}}}}", "must be a list of names"),
]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        *WHOLE,
        *(
            (f"stages: {{dev: {{gates: {{smoke: {{}}}}, {key}: {value}}}}}", told)
            for key, rows in WRONG.items()
            for value, told in rows
        ),
    ],
)
def test_a_line_that_no_release_could_follow_is_refused(
    desk: Desk, tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "line.yaml"
    file.write_text(text)

    assert desk("line", "set", str(file), "--yes") == 2
    assert (f"{file}:{told}" if told[0].isdecimal() else told) in desk.err
    assert desk.bench.shop().history().line is None


def test_all_problems_of_a_line_are_named_with_their_places(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "line.yaml"
    file.write_text(
        "stages:\n  dev: {gates: {smoke: {a: [b]}}, lab: maybe}\n  dev: {}\n  prod: {befor: dev}\n"
    )

    assert desk("line", "set", str(file), "--yes") == 2

    assert f"{file}:2:40: lab must be true or false" in desk.err
    assert f"{file}:3:3: dev is there twice" in desk.err
    assert f"{file}:4:10: stage prod has no key befor (it has after, soak, " in desk.err
    assert "the line has 3 problems; nothing was changed" in desk.err


def test_approvals_stand_in_the_file_of_the_line(desk: Desk, tmp_path: Path) -> None:
    assert desk(*green(desk)) == 0
    rule = ApprovalRule(2, ("anna", "bob", "o'neil, c."), 7200, verified=True)
    set_rules(desk, "staging", approvals=rule)
    line = desk.bench.shop().history().line
    file = tmp_path / "line.yaml"
    assert desk("line", "show") == 0
    assert "  2 verified by anna or bob or o'neil, c. within 2h  " in desk.out
    assert_the_file_is_the_line(desk, file)
    assert desk.bench.shop().history().line == line
    assert desk("line", "set", "--from", "r1") == 0
    assert desk.out == "no change\n", "no config describes approvals, so they stay"

    file.write_text("stages: {dev: {gates: {smoke: {}}, approvals: {count: 1, within: 1h}}}")
    assert desk("line", "set", str(file), "--yes") == 0
    (dev,) = desk.bench.shop().history().line.stages
    assert dev.approvals == ApprovalRule(1, within_s=3600)
    assert "+ stage dev: 1 approval, not older than 3600 s" in desk.out
    assert (
        "- stage staging: 2 verified approvals by anna or bob or o'neil, c., not older than 7200 s"
        in difference(line, desk.bench.shop().history().line)
    )

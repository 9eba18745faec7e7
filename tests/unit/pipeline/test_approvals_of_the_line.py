"""What the line asks of approvals, in the file that sets it."""

from pathlib import Path

import pytest
from desk import Desk, green, must_be_approved

from pipeline.core.approval import ApprovalRule
from pipeline.core.line import difference


def test_approvals_stand_in_the_file_of_the_line(desk: Desk, tmp_path: Path) -> None:
    assert desk(*green(desk)) == 0
    must_be_approved(desk, "staging", ApprovalRule(2, ("anna", "bob", "o'neil, c."), 7200, verified=True))
    line = desk.bench.shop().history().line
    file = tmp_path / "line.yaml"
    assert desk("line", "show") == 0
    assert "  2 verified by anna or bob or o'neil, c. within 2h  " in desk.out
    assert desk("line", "show", "--yaml") == 0
    file.write_text(desk.out)
    assert desk("line", "set", str(file)) == 0
    assert (desk.out, desk.bench.shop().history().line) == ("no change\n", line)
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


@pytest.mark.parametrize(
    ("approvals", "why"),
    [
        ("{by: [anna]}", "1:47: approvals have no count"),
        ("{count: many}", "1:55: it must be a number"),
        ("{count: 1, within: soon}", "1:66: 'soon' is not a duration"),
        ("{count: 1, verified: maybe}", "1:68: verified must be true or false"),
        ("{count: 1, from: [anna]}", "1:58: approvals has no key from (it has count, by, within, verified)"),
        ("{count: 2, by: [anna, anna]}", "stage dev asks for 2 approvals, and only anna may approve"),
        ("{count: 1, within: 0s}", "stage dev has approvals that never count"),
    ],
)
def test_approvals_that_nobody_could_give_are_refused_with_the_place(
    desk: Desk, tmp_path: Path, approvals: str, why: str
) -> None:
    file = tmp_path / "line.yaml"
    file.write_text(f"stages: {{dev: {{gates: {{smoke: {{}}}}, approvals: {approvals}}}}}")

    assert desk("line", "set", str(file), "--yes") == 2
    assert why in desk.err

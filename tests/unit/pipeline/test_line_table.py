"""`promote line show`: one table with every rule of the line."""

import re
from dataclasses import replace

import pytest
from desk import Desk, green

from pipeline.cli.line_table import exactly
from pipeline.core.approval import ApprovalRule
from pipeline.core.freeze import Freeze
from pipeline.core.line import LineGate
from pipeline.engine.line import set_line


def rows_of(table: str) -> list[tuple[str, ...]]:
    """The cells of each line of a table that are not empty."""
    return [tuple(re.split(r"  +", line.strip())) for line in table.splitlines()]


def test_the_table_has_every_rule_of_the_line(desk: Desk) -> None:
    desk(*green(desk))
    before = desk.bench.shop().history().line
    dev, staging, prod = before.stages
    strict = replace(
        staging,
        gates=(LineGate("smoke", ("a/b", "c/d"), 5400), LineGate("failover")),
        soak_s=7200,
        freezes=(Freeze("fair", "2026-11-28T00:00", 60), Freeze("payday", "2026-11-30T00:00", 60)),
        approvals=ApprovalRule(2, ("anna", "bob"), 90, verified=True),
        overriders=("alice", "bob"),
        overriders_verified=True,
        protected=True,
    )
    set_line(desk.bench.shop(), replace(before, stages=(dev, strict, prod)), "a test", expected=before)

    assert desk("line", "show") == 0
    head, _, first, second, *_ = rows_of(desk.out)
    approvals, overriders = "2 verified by anna or bob within 90s", "alice, bob (verified)"
    assert dict(zip(head, first, strict=True)) == {
        "STAGE": "staging",
        "AFTER": "dev",
        "GATE": "smoke",
        "CHECKS": "2",
        "REUSE": "90m",
        "SOAK": "2h",
        "FREEZES": "fair, payday",
        "APPROVALS": approvals,
        "MAY OVERRIDE": overriders,
        "LAB": "yes",
        "PROTECTED": "yes",
    }
    assert second == ("failover", "0", "never")


@pytest.mark.parametrize(("seconds", "text"), [(604800, "7d"), (5400, "90m"), (3600, "1h"), (61, "61s")])
def test_a_duration_is_exact(seconds: int, text: str) -> None:
    assert exactly(seconds) == text

"""The tables in the documents hold what the code holds: codes, events, transitions, keys, words."""

import ast
import dataclasses
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pages import ROOT, names, table

from pipeline.adapters.suites_process import roster_document
from pipeline.cli.exit_codes import ExitCode
from pipeline.core import codec, kinds, transitions
from pipeline.core.events import AbortRequested, Interrupted, Resumed
from pipeline.core.plan import Roster
from pipeline.ports import Context
from stages.requests.verbs import VERBS
from suites.seam.report import Check, Outcome, Report


def test_the_table_of_exit_codes_is_the_one_of_the_code() -> None:
    rows = {int(code): meaning for code, meaning in table("docs/operate.md", "Exit codes")}
    assert rows == {int(code): code.meaning for code in ExitCode}


@pytest.mark.parametrize(
    ("document", "heading", "written"),
    [
        ("docs/architecture.md", "The ledger", codec.EVENTS),
        ("docs/glossary.md", "Outcomes", [outcome.value for outcome in kinds.Outcome]),
    ],
)
def test_a_table_has_each_name_of_the_code_once(
    document: str, heading: str, written: Collection[str]
) -> None:
    assert sorted(names(row[0])[0] for row in table(document, heading)) == sorted(written)


def test_the_table_of_transitions_is_the_one_of_the_code() -> None:
    written: dict[tuple[str, str], set[str]] = {}
    for before, event, after, _ in table("docs/architecture.md", "What may follow what"):
        is_open = [phase.value for phase in transitions.Phase if phase is not transitions.Phase.ENDED]
        for phase in is_open if before == "any but ended" else [before]:
            then = {phase} if after == "the same" else set(after.split(", "))
            written[phase, names(event)[0]] = then
    legal = {
        (phase.value, event.__name__): {after.value for after in then}
        for (phase, event), then in transitions.LEGAL.items()
    }
    assert written == legal
    assert {name for _, name in written} >= {kind.__name__ for kind in (Interrupted, Resumed, AbortRequested)}


def returned_keys(function: str) -> set[str]:
    """The keys of the results that a verb returns as they stand in the code, but for `ok`."""
    tree = ast.parse((ROOT / "stages/requests/verbs.py").read_text())
    body = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    dicts = [node.value for node in ast.walk(body) if isinstance(node, ast.Return)]
    keys = [key for value in dicts if isinstance(value, ast.Dict) for key in value.keys]
    return {str(key.value) for key in keys if isinstance(key, ast.Constant)} - {"ok"}


def test_the_verbs_of_the_first_seam_and_their_results_are_the_ones_of_the_code() -> None:
    rows = {
        names(row[0])[0]: set(names(row[2]))
        for row in table("docs/architecture.md", "Seam 1: `python -m stages VERB`")
    }
    assert set(rows) == {*VERBS, "lab-exec"}
    for verb, function in VERBS.items():
        assert rows[verb] == returned_keys(function.__name__), verb


def test_the_keys_of_a_report_are_the_ones_of_the_code(tmp_path: Path) -> None:
    rows = {name: row[1] for row in table("docs/architecture.md", "report.json") for name in names(row[0])}
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    report = Report("smoke", moment, moment, (), ())
    assert set(rows) == set(report.to_json(tmp_path))
    assert {field.name for field in dataclasses.fields(Check)} <= set(names(rows["checks"]))
    assert all(outcome.value in rows["checks"] for outcome in Outcome)


def test_the_keys_of_a_roster_are_the_ones_of_the_code() -> None:
    context = Context("staging", "r1", token=6)
    written = roster_document(Path("/site"), context, "smoke", Roster((), 60, "digest"))
    rows = table("docs/architecture.md", "roster.json")
    assert {name for row in rows for name in names(row[0])} == set(written)


def test_the_keys_of_a_target_are_the_ones_of_the_code() -> None:
    tree = ast.parse((ROOT / "stages/requests/target.py").read_text())
    document = next(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "document"
    )
    assert isinstance(document, ast.Dict)
    written = {str(key.value) for key in document.keys if isinstance(key, ast.Constant)}
    rows = table("docs/architecture.md", "target.json")
    assert {name for row in rows for name in names(row[0])} == written


def test_the_glossary_has_each_word_once_in_order() -> None:
    words = [row[0].strip("*") for row in table("docs/glossary.md", "Glossary")]
    assert words == sorted(set(words))
    central = {
        "release", "stage", "substrate", "role", "component", "tier", "colour", "attempt", "promotion",
        "rollback", "run", "step",
        "gate", "roster", "fault", "probe", "ready", "healthy", "evidence", "verdict", "hold", "lease",
        "ledger", "site",
    }  # fmt: skip
    assert central <= set(words)

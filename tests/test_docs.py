"""The documents say what the code does: commands, options, targets, keys, paths, links, tables."""

import ast
import dataclasses
import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from promote_calls import parse

from pipeline.cli.exit_codes import MEANING
from pipeline.cli.promote import promote_group
from pipeline.core import attempt, codec, kinds
from pipeline.core.events import AbortRequested, Interrupted, Resumed
from stages import roles
from stages.config import read
from stages.config.models import GateShape, SiteShape, StageShape
from stages.config.roles import shape
from stages.requests.verbs import VERBS
from suites.seam.report import Check, Outcome, Report

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])
TEXT = {path.relative_to(ROOT).as_posix(): path.read_text() for path in DOCS}
ALL = "\n".join(TEXT.values())
MADE_LATER = {"docs/performance.md": "make prove writes it"}
# Of python -m stages lab-exec, of MariaDB, of pytest in suites.
FOREIGN_OPTIONS = {"--request", "--wsrep-recover", "-m", "--only"}

FENCE = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)
# A line of the call tree: a file, and what is called in it.
CALL = re.compile(r"^ *((?:pipeline|stages|suites)/\S+\.py) +(\w+) {2,}\S", re.MULTILINE)


def prose(text: str) -> str:
    return FENCE.sub("", text)


def fenced(*languages: str) -> Iterator[tuple[str, str]]:
    for name, text in TEXT.items():
        yield from ((name, body) for language, body in FENCE.findall(text) if language in languages)


def spans() -> Iterator[tuple[str, str]]:
    """Every piece of inline code, with the document it stands in."""
    for name, text in TEXT.items():
        yield from ((name, span) for span in CODE.findall(prose(text)))


def table(document: str, heading: str) -> list[list[str]]:
    """The rows below a heading, without the header, cells stripped of blanks."""
    section = re.split(r"^#+ ", TEXT[document].split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[
        0
    ]
    rows = [[cell.strip() for cell in row.split("|")] for row in ROW.findall(prose(section))]
    return rows[2:]


def names(cell: str) -> list[str]:
    return CODE.findall(cell)


def verbs(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from verbs(child, (*path, name))


COMMANDS = dict(verbs(promote_group))


def command_lines() -> list[tuple[str, str]]:
    inline = [(name, span) for name, span in spans() if re.match(r"promote( |$)", span)]
    blocks = [
        (name, line.strip())
        for name, body in fenced("console")
        for line in body.splitlines()
        if line.strip().startswith("promote ")
    ]
    return [(name, line) for name, line in inline + blocks if line != "promote"]


@pytest.mark.parametrize(("document", "line"), command_lines())
def test_a_documented_command_line_parses(document: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    if tuple(words) in COMMANDS:  # only names the verb
        return
    try:
        parse(promote_group, "promote", words, None)
    except click.ClickException as error:
        pytest.fail(f"{document}: {line}: {error.format_message()}")


def test_every_verb_is_documented() -> None:
    missing = [
        " ".join(path) for path in COMMANDS if f"`promote {' '.join(path)}".rstrip() not in TEXT["README.md"]
    ]
    assert not missing


def test_every_option_is_documented_and_every_documented_option_exists() -> None:
    known = {
        option
        for command in COMMANDS.values()
        for parameter in command.get_params(click.Context(command))
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }
    known |= {"-h", "--help"}
    words = {word for _, span in spans() for word in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", span)}
    of_promote = {
        word
        for _, span in spans()
        if span.startswith(("promote", "-"))
        for word in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", span.split(" -- ")[0])
    }
    assert known <= words
    assert of_promote - FOREIGN_OPTIONS <= known


def test_make_targets_in_the_documents_exist_and_all_are_documented() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    named = {word for _, span in spans() for word in re.findall(r"^make ([a-z-]+)$", span)}
    assert named == targets


def test_paths_in_the_documents_exist() -> None:
    top = {path.name for path in ROOT.iterdir()} - {".stagegate", ".venv"}
    missing = []
    for document, span in spans():
        path = re.sub(r"<[^>]+>", "*", span)
        looks = (
            re.fullmatch(r"[\w./*-]+", path) and ("/" in path or "." in path) and path.split("/")[0] in top
        )
        if looks and path not in MADE_LATER and not list(ROOT.glob(path.rstrip("/"))):
            missing.append(f"{document}: {span}")
    assert not missing


def anchors(text: str) -> set[str]:
    found = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in found}


def test_links_lead_somewhere() -> None:
    broken = []
    for document, text in TEXT.items():
        for target in re.findall(r"\]\(([^)]+)\)", prose(text)):
            path, _, anchor = target.partition("#")
            file = (ROOT / document).parent / path if path else ROOT / document
            if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
                broken.append(f"{document}: {target}")
    assert not broken


def test_every_document_can_be_found_from_the_readme() -> None:
    seen, new = set(), {ROOT / "README.md"}
    while new:
        path = new.pop()
        seen.add(path)
        links = re.findall(r"\]\(([^)#]+\.md)[^)]*\)", path.read_text())
        new |= {(path.parent / link).resolve() for link in links} - seen
    assert set(DOCS) <= seen


def test_sections_that_errors_point_to_exist() -> None:
    code = [*ROOT.glob("pipeline/**/*.py"), *ROOT.glob("stages/**/*")]
    named = {
        match
        for path in code
        if path.is_file() and path.suffix != ".pyc"
        for match in re.findall(r"(docs/[\w-]+\.md)(?:, '([^']+)')?", path.read_text())
    }
    assert named
    for document, section in named:
        assert document in TEXT
        assert not section or f"# {section}\n" in TEXT[document]


def test_the_table_of_exit_codes_is_the_one_of_the_code() -> None:
    rows = {int(code): meaning for code, meaning in table("docs/operate.md", "Exit codes")}
    assert rows == {int(code): meaning for code, meaning in MEANING.items()}


def test_the_events_are_the_ones_of_the_ledger() -> None:
    rows = [names(row[0])[0] for row in table("docs/architecture.md", "The ledger")]
    assert sorted(rows) == sorted(codec.EVENTS)


def test_the_table_of_transitions_is_the_one_of_the_code() -> None:
    written: dict[tuple[str, str], set[str]] = {}
    for before, event, after, _ in table("docs/architecture.md", "What may follow what"):
        is_open = [phase.value for phase in attempt.Phase if phase is not attempt.Phase.ENDED]
        for phase in is_open if before == "any but ended" else [before]:
            then = {phase} if after == "the same" else set(after.split(", "))
            written[phase, names(event)[0]] = then
    legal = {
        (phase.value, event.__name__): {after.value for after in then}
        for (phase, event), then in attempt.LEGAL.items()
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


def test_every_outcome_stands_in_the_glossary() -> None:
    rows = [names(row[0])[0] for row in table("docs/glossary.md", "Outcomes")]
    assert sorted(rows) == sorted(outcome.value for outcome in kinds.Outcome)


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


def known_keys() -> Mapping[str, type]:
    """Every key of the config, by its own name, with the model that has it."""
    models = [SiteShape, StageShape, GateShape, *(shape(role) for role in roles.ROLES)]
    return {field.alias or name: model for model in models for name, field in model.model_fields.items()}


def test_every_key_of_the_config_is_explained() -> None:
    lines = [line for path in ROOT.glob("config/**/*.yaml") for line in path.read_text().splitlines()]
    explained = {span for _, span in spans()}
    for number, line in enumerate(lines):
        match = re.match(r"[# ]*([a-z_]+):", line)
        if match and ("#" in line or lines[number - 1].strip().startswith("#")):
            explained.add(match[1])
    assert not [key for key in known_keys() if key not in explained and f"{key}:" not in explained]


def test_keys_of_settings_in_the_documents_exist() -> None:
    named = [
        (document, span)
        for document, span in spans()
        if re.fullmatch(rf"({'|'.join(roles.ROLES)})\.\w+", span)
    ]
    assert not [
        item for item in named if item[1].split(".")[1] not in shape(item[1].split(".")[0]).model_fields
    ]


def merged(base: Any, part: Any) -> Any:  # noqa: ANN401 - YAML
    if isinstance(base, dict) and isinstance(part, dict):
        return base | {key: merged(base.get(key), value) for key, value in part.items()}
    return part


def test_pieces_of_config_in_the_documents_are_accepted(tmp_path: Path) -> None:
    for number, (document, body) in enumerate(fenced("yaml")):
        place = tmp_path / str(number)
        for path in ROOT.glob("config/**/*.yaml"):
            copy = place / path.relative_to(ROOT / "config")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(path.read_text())
        named = re.match(r"\s*# config/(\S+)\n", body)
        assert named, f"{document}: a piece of config says on its first line which file it is of"
        data = merged(yaml.safe_load((place / named[1]).read_text()), yaml.safe_load(body))
        (place / named[1]).write_text(yaml.safe_dump(data))
        for stage in data.get("stages", []):
            file = place / "stages" / f"{stage}.yaml"
            file.write_text(
                file.read_text() if file.exists() else (place / "stages/staging.yaml").read_text()
            )
        read(place)


def test_nothing_is_called_magic() -> None:
    assert not re.search(r"\b(seamless|powerful|blazing|magic|simply|robust)\b", ALL, re.IGNORECASE)


def test_the_calls_of_one_promotion_are_where_the_document_says() -> None:
    calls = CALL.findall(TEXT["docs/architecture.md"].split("## The rooms")[0])
    assert len(calls) > 25
    missing = [
        f"{path}: {name}"
        for path, name in calls
        if not re.search(rf"^\s*(def|class) {name}\b", (ROOT / path).read_text(), re.MULTILINE)
    ]
    assert not missing

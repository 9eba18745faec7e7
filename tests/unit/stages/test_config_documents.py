"""Whatever a file holds, reading it gives data and problems with places, never a crash."""

from operator import attrgetter
from pathlib import Path

import pytest
import yaml
from config_sample import refused
from hypothesis import given
from hypothesis import strategies as st

from stages.config.document import load, parse

NAMES = ("stagegate.yaml", "roles.yaml", "gates.yaml", "stages/dev.yaml")
KEYS = st.sampled_from(
    ["schema", "stages", "roles", "settings", "smoke", "within", "once", "database", "gates"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | SCALARS, inner, max_size=4),
    max_leaves=12,
)
TEXTS = st.text() | VALUES.map(lambda value: yaml.safe_dump(value, allow_unicode=True))


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: yes\n", "1:4", "yes is read as true by YAML 1.1 and as text by others"),
        ("a: Off\n", "1:4", "Off is read as false by YAML 1.1 and as text by others"),
        ("a: 012\n", "1:4", "012 is read as an octal number by YAML 1.1"),
        ("a: 1:30\n", "1:4", "1:30 is read as a number to base 60 by YAML 1.1"),
        ("a: 0x1F\n", "1:4", "0x1F is not written as a plain decimal number"),
        ("a: 1_000\n", "1:4", "1_000 is not written as a plain decimal number"),
        ("a: .inf\n", "1:4", ".inf is not written as a plain decimal number"),
        ("a: 2026-05-15\n", "1:4", "2026-05-15 is read as a date by YAML"),
        ("on: 1\n", "1:1", "on is read as true by YAML 1.1 and as text by others"),
        ("1: 1\n", "1:1", "a key must be text"),
        ("a: 1\nb: 2\na: 3\n", "3:1", "duplicate key 'a'"),
        ("a: &x [1]\nb: *x\n", "2:4", "aliases (*name) are not supported here"),
        ("a: &x [*x]\n", "1:8", "aliases (*name) are not supported here"),
        ('a: !!int "1"\n', "1:4", "the tag tag:yaml.org,2002:int is not supported here"),
        (
            "a: !!python/name:os.system\n",
            "1:4",
            "the tag tag:yaml.org,2002:python/name:os.system is not supported here",
        ),
        ("a: [1\nb: 2\n", "2:2", "this is not YAML: did not find expected ',' or ']'"),
        ("---\na: 1\n---\nb: 1\n", "3:1", "this is not YAML: but found another document"),
        (
            "a: 1\nb: \x07\n",
            "2:4",
            "a character that YAML does not allow: control characters are not allowed",
        ),
        (
            "ä: 1\nü: \x07\n",
            "2:4",
            "a character that YAML does not allow: control characters are not allowed",
        ),
        ("", "1:1", "the file is empty"),
        ("[" * 40 + "]" * 40, "1:22", "this is nested more than 20 deep"),
        ("[" * 100_000, "1:22", "this is nested more than 20 deep"),
        ("- " * 100_000, "1:43", "this is nested more than 20 deep"),
    ],
)
def test_what_is_wrong_with_the_form_has_its_place(text: str, place: str, message: str) -> None:
    problems = [(f"{found.line}:{found.column}", found.message) for found in parse(text, "f").problems]
    assert problems == [(place, message)]


def test_plain_values_are_what_they_look_like() -> None:
    text = 'a: true\nb: 10\nc: 0.5\nd: word\ne: "yes"\nf: "012"\ng: [x, y]\nh:\n'
    document = parse(text, "f")
    assert not document.problems
    expected = {"a": True, "b": 10, "c": 0.5, "d": "word", "e": "yes", "f": "012", "g": ["x", "y"], "h": None}
    assert document.data == expected


def test_values_and_keys_know_their_places() -> None:
    document = parse("a:\n  - b: 1\n", "f")
    assert str(document.place(("a", 0, "b"))) == "f:2:8"
    assert str(document.key(("a", 0, "b"))) == "f:2:5"
    assert str(document.place(("a", 7))) == "f:2:3", "what does not stand anywhere is told where it would"


def test_a_file_that_is_not_utf8_is_told_at_the_first_bad_character(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"a: 1\nb: \xff\n")
    (problem,) = load(tmp_path / "f.yaml").problems
    assert (problem.line, problem.column, problem.message) == (2, 4, "the file is not UTF-8 text")


@given(TEXTS)
def test_any_text_gives_data_or_problems(text: str) -> None:
    document = parse(text, "f")
    assert document.problems or document.places[()]
    lines = sum(text.count(end) for end in "\n\r\x85\u2028\u2029") + 1
    assert all(1 <= problem.line <= lines + 1 and problem.column >= 1 for problem in document.problems)


@given(st.dictionaries(st.sampled_from(NAMES), TEXTS))
def test_any_files_give_problems_and_no_crash(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]
) -> None:
    directory = tmp_path_factory.mktemp("config")
    (directory / "stages").mkdir()
    for name, text in files.items():
        (directory / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    problems = refused(directory).problems
    assert problems
    assert list(problems) == sorted(problems, key=attrgetter("file", "line", "column", "message"))

"""The line says whose tokens prove who runs a job; no release and no config does."""

from pathlib import Path

import pytest
from desk import Desk, assert_the_file_is_the_line, green

from pipeline.core.identity import Identity

IDENTITY = "identity: {issuer: https://gitlab.example, audience: stagegate}\n"


def set_to(desk: Desk, file: Path, identity: str) -> int:
    """Set the line that the site has, with this identity beside its stages."""
    desk("line", "show", "--yaml")
    _, _, stages = desk.out.partition("\nstages:\n")
    file.write_text(f"{identity}stages:\n{stages}")
    return desk("line", "set", str(file), "--yes")


@pytest.fixture
def file(desk: Desk, tmp_path: Path) -> Path:
    """Of a site with a line."""
    desk(*green(desk))
    return tmp_path / "line.yaml"


def identity_of(desk: Desk) -> Identity | None:
    return desk.bench.shop().history().line.identity


def test_who_is_believed_is_set_and_shown_with_the_line(desk: Desk, file: Path) -> None:
    assert set_to(desk, file, IDENTITY) == 0, desk.err
    assert "+ identity: tokens of https://gitlab.example for stagegate\n" in desk.out
    assert identity_of(desk) == Identity("https://gitlab.example", "stagegate")

    desk("line", "show")
    assert desk.out.endswith("\nidentity: tokens of https://gitlab.example for stagegate\n")
    assert_the_file_is_the_line(desk, file)

    assert set_to(desk, file, IDENTITY.replace("}", ", keys: /etc/stagegate/keys.json}")) == 0
    assert identity_of(desk) == Identity("https://gitlab.example", "stagegate", "/etc/stagegate/keys.json")
    assert set_to(desk, file, "identity: null\n") == 0
    assert identity_of(desk) is None


def test_the_projects_whose_jobs_are_believed_are_set_and_shown_with_the_line(desk: Desk, file: Path) -> None:
    assert set_to(desk, file, IDENTITY.replace("}", ", projects: [group/sub/project, 42]}")) == 0, desk.err
    said = "identity: tokens of https://gitlab.example for stagegate, of jobs of group/sub/project or 42\n"
    assert f"+ {said}" in desk.out
    assert identity_of(desk) == Identity(
        "https://gitlab.example", "stagegate", projects=("group/sub/project", "42")
    )

    desk("line", "show")
    assert desk.out.endswith(f"\n{said}")
    assert_the_file_is_the_line(desk, file)


def test_a_line_taken_from_a_release_keeps_it(desk: Desk, file: Path) -> None:
    set_to(desk, file, IDENTITY)
    before = identity_of(desk)

    desk("line", "set", "--from", "r1", "--yes")

    assert identity_of(desk) == before


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("identity: yes\n", "1:11: identity must be a mapping"),
        ("identity: {}\n", "1:11: identity has no audience, issuer"),
        ("identity: {issuer: https://a}\n", "1:11: identity has no audience"),
        ("identity: {issuer: [https://a], audience: b}\n", "1:20: it must be text"),
        (
            "identity:\n  isuer: https://a\n",
            "2:3: identity has no key isuer (it has issuer, audience, keys, projects)",
        ),
        ("identity:\n  issuer: https://a\n  audience: ''\n", "3:13: audience must not be empty"),
        ("identity: {issuer: https://a, audience: b, keys: k}\n", "1:50: keys must be an absolute path"),
        ("identity: {issuer: https://a, audience: b, projects: {}}\n", "1:54: it must be a list of names"),
        (
            "identity: {issuer: https://a, audience: b, projects: [g/p, main]}\n",
            "1:54: a project is a path such as group/project, or a number, not 'main'",
        ),
    ],
)
def test_a_problem_is_named_with_its_place(desk: Desk, file: Path, text: str, problem: str) -> None:
    assert set_to(desk, file, text) == 2
    assert f"{file}:{problem}" in desk.err
    assert identity_of(desk) is None


@pytest.mark.parametrize(
    ("issuer", "usable"),
    [
        ("https://gitlab.example", True),
        ("https://example.org/gitlab", True),
        ("http://127.0.0.1:8080", True),
        ("http://gitlab.example", False),
        ("http://127.0.0.1.example", False),
        ("https://user:password@gitlab.example", False),
        ("https://gitlab.example?token=1", False),
        ("file:///etc/keys", False),
        ("", False),
    ],
)
def test_keys_come_over_tls_or_from_this_machine(issuer: str, usable: bool) -> None:  # noqa: FBT001 - a parameter
    assert ("issuer" not in Identity(issuer, "stagegate").problems()) == usable

"""Manifests are values with one digest; templates yield marks instead of secrets."""

import json
from pathlib import Path
from typing import Any

import pytest

from stages.design.manifest import Command, Directory, File, Manifest, Unit, User, Wait, Wanted
from stages.design.rendering import render, secret
from stages.errors import DuplicateEntry, TemplateError


def example(content: str = "text") -> Manifest:
    return Manifest(
        "database-1",
        users=(User("app"),),
        directories=(Directory("/var/lib/app"),),
        files=(File("/etc/app.conf", content),),
        units=(Unit("app.service", Wanted.NOT_STARTED, restart_on=("/etc/app.conf",)),),
        commands=(Command("make", ("true",)), Wait("up", ("true",))),
    )


def test_equal_manifests_have_equal_digests_and_a_changed_byte_another() -> None:
    assert example().digest() == example().digest()
    assert example().digest() != example("texT").digest()


def test_the_digest_survives_the_way_through_json() -> None:
    sent = json.loads(json.dumps(example("größe").to_json()))
    assert sent == example("größe").to_json()


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"files": (File("/etc/a", "1"), File("/etc/a", "2"))}, "path twice: /etc/a"),
        ({"files": (File("/etc/a", "1"),), "directories": (Directory("/etc/a"),)}, "path twice: /etc/a"),
        ({"units": (Unit("a.service"), Unit("a.service", Wanted.STOPPED))}, "unit twice: a.service"),
        ({"users": (User("a"), User("a"))}, "user twice: a"),
        ({"commands": (Command("c", ("true",)), Wait("c", ("true",)))}, "command twice: c"),
    ],
)
def test_a_contradiction_is_refused_where_it_is_made(parts: dict[str, Any], told: str) -> None:
    with pytest.raises(DuplicateEntry, match=told):
        Manifest("h", **parts)


def test_a_template_is_filled_and_secrets_stay_marks(tmp_path: Path) -> None:
    (tmp_path / "t").write_text(
        "{% for port in ports %}\nport {{ port }}\n{% endfor %}\n{{ secret('admin') }}\n"
    )
    assert render(tmp_path, "t", ports=[1, 2]) == "port 1\nport 2\n@@secret:admin@@\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\n{{ lost }}\n", "t:2: a template can't be rendered: 'lost' is undefined"),
        ("a\n{% if %}\n", "t:2: a template can't be rendered"),
        ("{{ secret('not so') }}\n", "'not so' can't name a secret"),
        (None, "no such template"),
    ],
)
def test_a_template_that_can_not_be_filled_says_where_and_why(
    tmp_path: Path, text: str | None, told: str
) -> None:
    if text is not None:
        (tmp_path / "t").write_text(text)
    with pytest.raises(TemplateError) as caught:
        render(tmp_path, "t")
    assert told in str(caught.value)


def test_a_mark_is_what_the_applier_looks_for() -> None:
    assert secret("admin_password") == "@@secret:admin_password@@"

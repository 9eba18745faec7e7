"""`promote init config` makes a repository of the checkout's example, and says what to do next."""

import pytest
from desk import Desk, bad_config

from pipeline.engine.config_repository import composed
from pipeline.tool_ports import FileSchema

ARGV = ("init", "config", "new", "--code", "cloud/stagegate")


def test_a_new_repository_has_the_example_the_project_of_the_code_and_schemas(desk: Desk) -> None:
    assert desk(*ARGV) == 0
    ((directory, files),) = desk.bench.beginnings.begun.items()
    assert str(directory) == "new"
    assert files == {
        "stages/dev.yaml": b"# yaml-language-server: $schema=../.schemas/stage.json\ngates: [smoke]\n",
        "README.md": b"The code is in cloud/stagegate.\n",
        ".gitlab-ci.yml": b"variables:\n  STAGEGATE_CODE_PROJECT: cloud/stagegate\n",
        ".schemas/stage.json": b'{\n  "type": "object"\n}\n',
    }
    assert desk.out.splitlines() == [
        "wrote 4 files into new; its first commit is cccccccccccc:",
        "  .gitlab-ci.yml",
        "  .schemas/stage.json",
        "  README.md",
        "  stages/dev.yaml",
        "next: git -C new remote add origin ADDRESS",
        "next: git -C new push --set-upstream origin main",
        "next: promote check --config new",
    ]


def test_a_file_has_the_schema_of_its_own_pattern_however_deep_it_is() -> None:
    schemas = [FileSchema("roles.json", "roles.yaml", {}), FileSchema("stage.json", "stages/*.yaml", {})]
    texts = composed(dict.fromkeys(("roles.yaml", "old/roles.yaml", "stages/a.yaml"), b""), schemas, "a/b")
    assert {name: text for name, text in texts.items() if name.endswith(".yaml")} == {
        "roles.yaml": b"# yaml-language-server: $schema=.schemas/roles.json\n",
        "old/roles.yaml": b"",
        "stages/a.yaml": b"# yaml-language-server: $schema=../.schemas/stage.json\n",
    }


def test_schemas_are_renewed_alone_and_only_if_they_differ(desk: Desk) -> None:
    desk(*ARGV)
    (files,) = desk.bench.beginnings.begun.values()
    assert desk("init", "config", "new", "--schemas") == 0
    assert desk.out == "new has the schemas of this code already; nothing was changed\n"

    files[".schemas/stage.json"] = b"{}"
    assert desk("init", "config", "new", "--schemas") == 0
    assert desk.out.splitlines()[:3] == [
        "wrote 1 file into new:",
        "  .schemas/stage.json",
        "next: git -C new diff",
    ]


@pytest.mark.parametrize(
    "argv", [ARGV[:3], (*ARGV, "--schemas"), (*ARGV[:-1], "stagegate"), (*ARGV[:-1], "a b/c")]
)
def test_what_can_not_be_meant_is_refused_and_nothing_is_written(desk: Desk, argv: tuple[str, ...]) -> None:
    assert desk(*argv) == 2
    assert not desk.bench.beginnings.begun


def test_an_example_with_problems_begins_no_repository(desk: Desk) -> None:
    bad_config(desk)
    assert desk(*ARGV) == 2
    assert "config/a.yaml:1:5: mistake 1" in desk.err
    assert not desk.bench.beginnings.begun

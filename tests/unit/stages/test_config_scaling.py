"""`scale` writes counts into a stage's file and changes nothing else there, or says everything against it."""

import json
from pathlib import Path

import pytest
import yaml
from child import python

from stages.config import ConfigProblems, read
from stages.config.scaling import scaled
from stages.errors import UnknownStage
from stages.requests.scale import Change, scale

LAYOUTS = """
# What is above stays.
substrate: lab   # this, too
roles:   # how many
    identity:    1      # Keystone: an "é" before it moves no position
    "database": 3
    {more}
gates: [smoke]
"""
FLOW = "roles: {identity: 2, database: 3}  # in one line\n"


@pytest.mark.parametrize(
    ("text", "counts", "wanted"),
    [
        ("roles:\n  a: 1 # one\n  b: 10\n", {"a": 12, "b": 3}, "roles:\n  a: 12 # one\n  b: 3\n"),
        (FLOW, {"identity": 10, "database": 5}, FLOW.replace("2", "10").replace("3", "5")),
        (
            LAYOUTS.format(more="image: 1"),
            {"identity": 3},
            LAYOUTS.format(more="image: 1").replace("identity:    1  ", "identity:    3  "),
        ),
        ("# é 😀\r\nroles:\r\n  a: 1\r\n", {"a": 2}, "# é 😀\r\nroles:\r\n  a: 2\r\n"),
        ("roles:\n  a: 1\n", {"a": 1}, "roles:\n  a: 1\n"),
    ],
    ids=[
        "two",
        "in one line",
        "another layout",
        "letters beyond ASCII, lines of Windows",
        "nothing to change",
    ],
)
def test_only_the_numbers_change(text: str, counts: dict[str, int], wanted: str) -> None:
    assert scaled(text, "f", counts) == (wanted, [])


def test_every_role_that_a_stage_does_not_have_is_told() -> None:
    text, problems = scaled("roles:\n  identity: 1\n", "f", {"identiy": 2, "queue": 1, "identity": 2})
    assert yaml.safe_load(text) == {"roles": {"identity": 2}}
    assert [str(problem) for problem in problems] == [
        "f:1:1: the stage has no role 'identiy' (did you mean 'identity'?)",
        "f:1:1: the stage has no role 'queue' (known: identity)",
    ]


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_the_shipped_stages_are_scaled_and_keep_their_comments(config: Path, stage: str) -> None:
    file = config / "stages" / f"{stage}.yaml"
    file.chmod(0o640)
    before, had = file.read_text(), read(config).stage(stage).roles
    done = scale(config, stage, {"identity": 4, "database": 5})

    assert done.changes == (Change("identity", had["identity"], 4), Change("database", had["database"], 5))
    assert read(config).stage(stage).roles == {**had, "identity": 4, "database": 5}
    now = file.read_text()
    changed = [pair for pair in zip(before.splitlines(), now.splitlines(), strict=True) if len(set(pair)) > 1]
    assert [
        line.replace(f": {had[role]}", f": {count}", 1)
        for (line, _), (role, count) in zip(changed, (("database", 5), ("identity", 4)), strict=True)
    ] == [line for _, line in changed]
    assert done.diff == tuple(
        f"{sign}{line}" for pair in changed for sign, line in zip("-+", pair, strict=True)
    )
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in file.parent.iterdir()) == ["dev.yaml", "prod.yaml", "staging.yaml"]


def test_all_that_speaks_against_it_is_told_at_once_and_nothing_is_changed(config: Path) -> None:
    before = {path: path.read_bytes() for path in config.rglob("*.yaml")}
    done = scale(config, "prod", {"database": 2, "queue": 1, "identity": 9, "image": 0})

    assert done.changes == done.diff == ()
    told = [str(problem) for problem in done.problems]
    assert all(line.startswith(f"{config}/stages/prod.yaml:") for line in told)
    for words in (
        "no role 'queue'",
        "2 databases have no majority",
        "identity: there can be 1 to 8",
        "image: ",
    ):
        assert [words in line for line in told].count(True) == 1, words
    assert len(told) == 4
    assert {path: path.read_bytes() for path in config.rglob("*.yaml")} == before


def test_what_is_there_already_is_not_written(config: Path) -> None:
    file = config / "stages/prod.yaml"
    before = file.stat().st_ino
    done = scale(config, "prod", {"identity": 2})
    assert (done.changes, done.diff, done.problems, file.stat().st_ino) == ((), (), (), before)


def test_a_link_to_the_file_stays_one(config: Path) -> None:
    file = config / "stages/prod.yaml"
    elsewhere = file.rename(config.parent / "prod.yaml")
    file.symlink_to(elsewhere)
    assert scale(config, "prod", {"identity": 3}).changes
    assert file.is_symlink()
    assert "identity: 3" in elsewhere.read_text()


def test_a_config_that_is_invalid_as_it_is_and_an_unknown_stage_are_refused(config: Path) -> None:
    with pytest.raises(UnknownStage, match="no stage 'prd'"):
        scale(config, "prd", {"identity": 3})
    (config / "stages/dev.yaml").write_text("roles: 3\n")
    with pytest.raises(ConfigProblems):
        scale(config, "prod", {"identity": 3})


def test_the_verb_answers_with_what_was_changed(config: Path) -> None:
    request = {"protocol": 1, "config": str(config), "stage": "dev", "counts": {"identity": 2}}
    done = python("-m", "stages", "scale", text=json.dumps(request))
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["ok"], answer
    assert (answer["problems"], answer["file"]) == ([], str(config / "stages/dev.yaml"))
    assert answer["changes"] == [{"role": "identity", "before": 1, "after": 2}]
    assert answer["diff"] == ["-  identity: 1", "+  identity: 2"]

"""A stage may come after several: a release enters when it is verified in any one of them."""

from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk

from pipeline.core.line import Line, LineGate, LineStage
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.engine.line import set_line

EU, US, PROD = "staging-eu", "staging-us", "prod"
GRAPH = StageGraph((
    StageSpec("dev", None, ("smoke",), lab=True),
    StageSpec(EU, "dev", ("smoke",)),
    StageSpec(US, "dev", ("smoke",)),
    StageSpec(PROD, EU, ("smoke",)),
))  # fmt: skip
ANY = f"after:\n      any: [{EU}, {US}]\n"


@pytest.fixture
def desk(desk: Desk, tmp_path: Path) -> Desk:
    """r1 is verified in dev; prod comes after either of the two stagings."""
    desk.bench.world.graph = GRAPH
    committed(desk, 1)
    file = tmp_path / "line.yaml"
    assert desk("line", "show", "--yaml") == 0
    file.write_text(desk.out.replace(f"after: [{EU}]\n", ANY))
    assert desk("line", "set", str(file), "--yes") == 0, desk.err
    assert f"+ stage prod: after {EU} or {US}" in desk.out
    return desk


def committed(desk: Desk, number: int) -> None:
    """Another release, verified in dev."""
    desk.bench.commit(f"release {number}", a=str(number))
    assert desk("--stage", "dev") == 0, desk.err


def asking(desk: Desk, **rules: object) -> None:
    """From now on prod asks this, too."""
    before = desk.bench.shop().history().line
    assert before is not None
    *rest, prod = before.stages
    set_line(desk.bench.shop(), Line((*rest, replace(prod, **rules))), "a test", expected=before)


@pytest.mark.parametrize("stage", [EU, US])
def test_one_of_them_lets_a_release_in_and_is_its_evidence(desk: Desk, stage: str) -> None:
    assert desk("--stage", stage) == 0

    assert desk("plan", "--stage", PROD) == 0
    assert f"may go: r1 is verified in {EU} or {US}" in desk.out
    assert desk("--stage", PROD) == 0
    assert desk.document("audit")["entries"][0]["proofs"] == ["p2"]


def test_none_of_them_is_a_no_that_names_all(desk: Desk) -> None:
    assert desk("--stage", PROD) == 9
    assert f"no release is verified in {EU} or {US}, which come before prod" in desk.err
    assert desk("--stage", PROD, "--release", "r1") == 9
    assert f"r1 is not verified in {EU} or {US}, which come before prod" in desk.err
    assert f"next: promote --stage {EU} --release r1" in desk.err
    assert desk("why", "--stage", PROD) == 0
    assert f"r1 is not verified in {EU} or {US}" in desk.out


def test_one_that_turned_it_down_does_not_keep_it_out(desk: Desk) -> None:
    desk.bench.answers[f"smoke in {EU}"] = "failed"
    assert desk("--stage", EU) == 3
    assert desk("--stage", US) == 0

    assert desk("--stage", PROD) == 0


def test_what_was_verified_last_goes_on_when_nobody_names_a_release(desk: Desk) -> None:
    assert desk("--stage", EU) == 0
    desk.bench.clock.time += 60
    committed(desk, 2)
    assert desk("--stage", US) == 0
    assert desk("plan", "--stage", PROD) == 0
    assert f"into prod: the release verified in {EU} or {US}" in desk.out
    assert desk.out.startswith("r2 ")

    desk.bench.clock.time += 60
    assert desk("--stage", EU, "--release", "r1") == 0
    assert desk("--stage", PROD) == 0
    assert desk.bench.world.stages[PROD] == {"a": "1"}


def test_soak_counts_in_the_stage_that_lets_it_in(desk: Desk) -> None:
    asking(desk, soak_s=3600)
    assert desk("--stage", US) == 0
    desk.bench.clock.time += 1800
    assert desk("--stage", EU) == 0

    found = desk.document("--stage", PROD)
    assert (desk.code, found["error"]["until"]) == (4, "1970-01-12T14:46:40Z")
    assert found["error"]["why"] == f"r1 has stood verified in {US} for 30 min of 60 min"
    desk.bench.clock.time += 1800
    assert desk("--stage", PROD) == 0
    assert desk.document("audit")["entries"][0]["proofs"] == ["p2"], "and not the one in which it soaks still"


def test_a_stage_that_the_release_has_left_does_not_stop_it_where_it_soaks(desk: Desk) -> None:
    asking(desk, soak_s=3600)
    assert (desk("--stage", EU), desk("--stage", US)) == (0, 0)
    committed(desk, 2)
    assert desk("--stage", EU, "--release", "r2") == 0

    assert desk("--stage", PROD, "--release", "r1") == 4
    assert f"r1 has stood verified in {US}" in desk.err


def test_an_interrupted_promotion_goes_on_while_one_of_them_stands_by_it(desk: Desk) -> None:
    assert (desk("--stage", EU), desk("--stage", US)) == (0, 0)
    desk.interrupted("--stage", PROD, after=3)
    desk.bench.answers[f"smoke in {EU}"] = "failed"
    assert desk("--stage", EU, "--release", "r1") == 3
    assert desk("resume", "--stage", PROD) == 0

    desk.interrupted("--stage", PROD, "--release", "r1", after=2)
    desk.bench.answers[f"smoke in {US}"] = "failed"
    assert desk("--stage", US, "--release", "r1") == 3
    assert desk("resume", "--stage", PROD) == 9
    assert f"r1 is not verified in {EU} or {US}" in desk.err


def test_a_stage_that_passed_less_than_the_line_asks_now_is_named_with_the_reason(desk: Desk) -> None:
    assert desk("--stage", US) == 0
    before = desk.bench.shop().history().line
    assert before is not None
    dev, staging_eu, staging_us, prod = before.stages
    more = replace(staging_us, gates=(LineGate("smoke", ("thing/more",)),))
    set_line(desk.bench.shop(), Line((dev, staging_eu, more, prod)), "a test", expected=before)

    assert desk("--stage", PROD, "--release", "r1") == 9
    assert f"r1 was verified in {US} when this site's line asked less of {US}" in desk.err


def test_it_stands_in_the_file_of_the_line(desk: Desk, tmp_path: Path) -> None:
    assert desk("line", "show") == 0
    assert f"{EU} or {US}" in desk.out
    file = tmp_path / "line.yaml"
    desk("line", "show", "--yaml")
    assert ANY in desk.out
    file.write_text(desk.out)
    assert desk("line", "set", str(file)) == 0
    assert desk.out == "no change\n"

    file.write_text(file.read_text().replace(ANY, f"after: [{EU}, {US}]\n"))
    assert desk("line", "set", str(file), "--yes") == 0
    assert desk.out.splitlines()[:2] == [
        f"- stage prod: after {EU} or {US}",
        f"+ stage prod: after {EU} and {US}",
    ]


@pytest.mark.parametrize(
    ("after", "why"),
    [
        ("{any: []}", "stage prod comes after any of no stages"),
        ("{any: [nowhere]}", "stage prod comes after nowhere, which is not an earlier stage"),
        ("{all: [dev]}", ":1:52: after has no key all (it has any)"),
        ("{}", ":1:51: after must be a list, or have the key any"),
    ],
)
def test_what_is_no_choice_of_stages_is_refused_with_its_place(
    desk: Desk, tmp_path: Path, after: str, why: str
) -> None:
    file = tmp_path / "line.yaml"
    gates = "gates: {smoke: {}}"
    file.write_text(f"stages: {{dev: {{{gates}}}, prod: {{after: {after}, {gates}}}}}")

    assert desk("line", "set", str(file), "--yes") == 2
    assert why in desk.err


def test_a_line_of_any_of_no_stages_is_unusable() -> None:
    stage = LineStage("dev", (), (LineGate("smoke"),), after_any=True)
    assert Line((stage,)).problems() == ("stage dev comes after any of no stages",)

"""A stage may come after several: a release enters when it is verified in any one of them."""

from pathlib import Path

import pytest
from desk import Desk, assert_the_file_is_the_line, set_from_file, set_rules

from pipeline.core.line import Line, LineGate, LineStage
from pipeline.core.stages import StageGraph, StageSpec

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
    assert set_from_file(desk, tmp_path / "line.yaml", f"after: [{EU}]\n", ANY) == 0, desk.err
    assert f"+ stage prod: after {EU} or {US}" in desk.out
    return desk


def committed(desk: Desk, number: int) -> None:
    """Another release, verified in dev."""
    desk.bench.commit(f"release {number}", a=str(number))
    assert desk("--stage", "dev") == 0, desk.err


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
    set_rules(desk, PROD, soak_s=3600)
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
    set_rules(desk, PROD, soak_s=3600)
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
    set_rules(desk, US, gates=(LineGate("smoke", ("thing/more",)),))

    assert desk("--stage", PROD, "--release", "r1") == 9
    assert f"r1 was verified in {US} when this site's line asked less of {US}" in desk.err


def test_it_stands_in_the_file_of_the_line(desk: Desk, tmp_path: Path) -> None:
    assert desk("line", "show") == 0
    assert f"{EU} or {US}" in desk.out
    file = tmp_path / "line.yaml"
    assert_the_file_is_the_line(desk, file)

    assert set_from_file(desk, file, ANY, f"after: [{EU}, {US}]\n") == 0
    assert desk.out.splitlines()[:2] == [
        f"- stage prod: after {EU} or {US}",
        f"+ stage prod: after {EU} and {US}",
    ]


def test_a_line_of_any_of_no_stages_is_unusable() -> None:
    stage = LineStage("dev", (), (LineGate("smoke"),), after_any=True)
    assert Line((stage,)).problems() == ("stage dev comes after any of no stages",)

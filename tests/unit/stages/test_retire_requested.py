"""A request to retire is planned for a stage without the colour that goes, and changes nothing."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_sample import CONFIG

from stages.design.blueprint import Colour
from stages.design.colours import FIRST, Beside, Colours
from stages.machine import secrets
from stages.machine.substrates.connections import Connections
from stages.planning import order, retiring
from stages.planning.actions import MakeGateway
from stages.planning.steps import Plan, Step
from stages.requests import colouring
from stages.requests.answering import answer
from stages.requests.context import Context

STEP = Step("network", "host", None, "a step", (), MakeGateway())
OTHER = Beside(Colour.GREEN, "2026.2", ("identity-green-1",))


@pytest.fixture
def asked(tmp_path: Path, lab: Podman, hosts: Ssh, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:  # noqa: ARG001 - hosts answer
    """A request about prod, on which a host stands."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    about = {"protocol": 1, "site": str(tmp_path / "site"), "config": str(CONFIG), "stage": "prod"}
    request = {**about, "artifacts": {"image": "sha256:new"}, "release": "r" * 64, "retire": True}
    context = Context.of({**request, "token": 12}, changes=True, known=FIRST)
    lab.stands(context.site.id, "prod", operator=context.draft.blueprint.operator, database_1="10.1.1.2")
    lab.put(images={"sha256:new": []})
    secrets.ensure(context.site, "prod", context.draft.blueprint.secrets, {})
    return request


def plan(request: dict[str, Any]) -> dict[str, Any]:
    with Connections() as connections:
        told = answer("plan", request, lambda *_: None, connections)
    assert told["ok"], told
    return dict(told["plan"])


def test_where_one_colour_stands_there_is_nothing_to_do_whatever_else_is_missing(
    asked: dict[str, Any],
) -> None:
    found = plan(asked)
    assert (found["steps"], found["refusals"], found["retires"]) == ([], [], True)
    assert "legs" not in found
    ordinary = plan({name: value for name, value in asked.items() if name != "retire"})
    assert ordinary["steps"]
    assert "retires" not in ordinary


def test_it_is_drawn_without_the_colour_that_goes_and_told_which_that_is(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    both, seen = Colours(Colour.BLUE, OTHER), []
    monkeypatch.setattr(colouring, "colours", lambda *_: both)
    planned = retiring.make
    monkeypatch.setattr(retiring, "make", lambda given: seen.append(given) or planned(given))
    (why,) = plan(asked)["refusals"]
    assert "other hosts are not as the release has them" in why
    (given,) = seen
    assert (given.standing, given.blueprint.beside, given.release) == (both, None, "r" * 64)
    assert "smoke" in given.wanted.gates


def test_a_colour_that_answers_clients_is_refused(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(colouring, "colours", lambda *_: Colours(Colour.BLUE, OTHER, ("identity",)))
    (why,) = plan(asked)["refusals"]
    assert why.startswith("green, with OpenStack 2026.2, answers clients of identity")


@pytest.mark.parametrize(("written", "after_s"), [("", 7 * 86400), ("retire_after: 36h\n", 36 * 3600)])
def test_a_plan_by_which_clients_change_over_says_when_the_other_colour_is_due_to_go(
    asked: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, after_s: float
) -> None:
    config = Path(shutil.copytree(CONFIG, tmp_path / "config"))
    with (config / "stages/prod.yaml").open("a") as file:
        file.write(written)
    ordinary = {**{name: value for name, value in asked.items() if name != "retire"}, "config": str(config)}
    assert "follow_up" not in plan(ordinary)
    monkeypatch.setattr(colouring, "colours", lambda *_: Colours(Colour.BLUE, OTHER, ("identity",)))
    monkeypatch.setattr(order, "make", lambda *_: Plan((STEP,), ()))
    assert plan(ordinary)["follow_up"] == {"verb": "retire", "after_s": after_s, "restarts": True}


@pytest.mark.parametrize("steps", [(), (STEP,)])
def test_a_plan_that_finds_that_clients_have_changed_over_says_so_too_and_a_redeployment_does_not(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch, steps: tuple[Step, ...]
) -> None:
    ordinary = {name: value for name, value in asked.items() if name != "retire"}
    monkeypatch.setattr(colouring, "colours", lambda *_: Colours(Colour.BLUE, OTHER))
    monkeypatch.setattr(order, "make", lambda *_: Plan(steps, ()))
    assert plan(ordinary)["follow_up"] == {"verb": "retire", "after_s": 7 * 86400, "restarts": False}
    monkeypatch.setattr(order, "make", lambda *_: Plan((), ("no",)))
    assert "follow_up" not in plan(ordinary)
    assert "follow_up" not in plan({**ordinary, "redeploy": "database-1"})

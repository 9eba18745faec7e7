"""MongoDB's role: what it would do, and that no plan for the lab lets it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError
from stage_sample import SHIPPED, SITE, blueprint, wanted

from stages import roles
from stages.design.blueprint import Colour, hosts
from stages.draft import draft
from stages.planning.observed import Observed
from stages.planning.order import make
from stages.roles.document_store.role import INITIATE, KEY, form, manifest
from stages.roles.document_store.settings import Settings, count_problem

if TYPE_CHECKING:
    from stages.design.blueprint import Blueprint

VALUES = {"cache": 256, "oplog": 990, "heartbeat_interval": "1s", "election_timeout": "4s"}


@pytest.fixture
def drawn() -> Blueprint:
    """Production with three document stores, which no config asks for."""
    stage, role = blueprint(), roles.load("document-store")
    more = hosts({"document-store": 3}, {"document-store": role}, Colour.BLUE, stage.network)
    return replace(
        stage,
        hosts=(*stage.hosts, *more),
        roles={**stage.roles, "document-store": role},
        settings={**stage.settings, "document-store": Settings.model_validate(VALUES)},
    )


def test_a_plan_refuses_it_and_says_why_and_what_to_do(drawn: Blueprint) -> None:
    plan = make(drawn, Observed(gateway=False, hosts={}), wanted())
    assert not plan.steps
    (refusal,) = plan.refusals
    assert refusal.startswith("document-store: no mongod can be installed here")
    assert "take document-store out of config/stages/prod.yaml" in refusal


def test_no_shipped_stage_has_it() -> None:
    stages = ("dev", "staging", "prod")
    assert not any("document-store" in draft(SHIPPED, stage, SITE).blueprint.roles for stage in stages)


def test_a_set_is_made_once_and_never_beside_one_that_lives(drawn: Blueprint) -> None:
    *started, initiated = form(drawn, {})
    assert [item.host for item in started] == ["document-store-1", "document-store-2", "document-store-3"]
    assert [command.name for command in initiated.commands] == ["initiate", "whole"]
    *_, joined = form(drawn, {"document-store-2": {"mongodb": "primary"}})
    assert [command.name for command in joined.commands] == ["whole"]
    assert joined.id == initiated.id


def test_secrets_are_marks_in_private_files(drawn: Blueprint) -> None:
    files = {file.path: file for file in manifest(drawn, drawn.host("document-store-1")).files}
    assert files[KEY].mode == files[INITIATE].mode == 0o600
    assert "@@secret:mongodb_admin_password@@" in files[INITIATE].content


def test_counts_are_odd() -> None:
    assert [count for count in range(10) if count_problem(count) is None] == [1, 3, 5, 7]


def test_an_election_after_one_lost_heartbeat_is_refused() -> None:
    with pytest.raises(ValidationError, match="one lost heartbeat"):
        Settings.model_validate({**VALUES, "election_timeout": "1500ms"})

"""MongoDB, which no plan for the lab lets in; the object store: what clients need, what must not change."""

import json
from dataclasses import replace

import pytest
from stage_sample import blueprint, content, formed, manifest, wanted

from stages import roles
from stages.design.blueprint import Blueprint
from stages.design.planes import planes
from stages.planning.observed import Observed
from stages.planning.order import make
from stages.roles.document_store.role import INITIATE, KEY, form
from stages.roles.document_store.role import manifest as mongodb_manifest
from stages.roles.document_store.settings import Settings
from stages.roles.object_store.role import PLACE, PROXY, RINGS, SWIFT

VALUES = {"cache": 256, "oplog": 990, "heartbeat_interval": "1s", "election_timeout": "4s"}


@pytest.fixture
def drawn() -> Blueprint:
    """Production with three document stores, which no config asks for."""
    stage, role = blueprint(), roles.load("document-store")
    shared, *others = stage.planes
    more, _ = planes({"document-store": 3}, {"document-store": role}, stage.network, {}, outside="")
    return replace(
        stage,
        planes=(replace(shared, hosts=(*shared.hosts, *more.hosts)), *others),
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
    stages = ("whole-dev", "whole-staging", "whole-prod")
    assert not any("document-store" in blueprint(stage).roles for stage in stages)


def test_a_set_is_made_once_and_never_beside_one_that_lives(drawn: Blueprint) -> None:
    *started, initiated = form(drawn, drawn.planes[0], {})
    assert [item.host for item in started] == ["document-store-1", "document-store-2", "document-store-3"]
    assert [command.name for command in initiated.commands] == ["initiate", "whole"]
    *_, joined = form(drawn, drawn.planes[0], {"document-store-2": {"mongodb": "primary"}})
    assert [command.name for command in joined.commands] == ["whole"]
    assert joined.id == initiated.id


def test_secrets_are_marks_in_private_files(drawn: Blueprint) -> None:
    files = {file.path: file for file in mongodb_manifest(drawn, drawn.host("document-store-1")).files}
    assert files[KEY].mode == files[INITIATE].mode == 0o600
    assert "@@secret:mongodb_admin_password@@" in files[INITIATE].content


HOST, STAGE = "object-store-1", "whole-prod"


def test_it_stands_alone_outside_the_control_plane() -> None:
    assert [host.name for host in blueprint(STAGE).everywhere("object-store")] == [HOST]


def test_the_file_for_clients_is_private_and_names_the_secret_only() -> None:
    place = json.loads(content(STAGE, HOST, PLACE))
    address = blueprint(STAGE).host(HOST).address
    assert (place["endpoint"], place["bucket"]) == (f"http://{address}:8080", "glance")
    assert place["secret_key"] == "@@secret:object_store_password@@"
    modes = {file.path: file.mode for file in manifest(STAGE, HOST).files}
    assert modes[PLACE] == 0o600
    assert modes[PROXY] == modes[SWIFT] == 0o640


def test_signatures_are_judged_before_tokens() -> None:
    (pipeline,) = [line for line in content(STAGE, HOST, PROXY).splitlines() if line.startswith("pipeline")]
    words = pipeline.split()
    assert words.index("s3api") < words.index("tempauth") < words.index("slo")


def test_the_rings_come_before_the_servers_that_need_them() -> None:
    units = manifest(STAGE, HOST).units
    assert units[0].name == "swift-rings.service"
    assert all(RINGS in unit.restart_on for unit in units if unit.name.startswith("swift"))


def test_the_bucket_is_made_once() -> None:
    (bucket,) = formed(STAGE, "object-store")
    assert bucket.done == bucket.commands[0].unless  # type: ignore[union-attr] # it is a command

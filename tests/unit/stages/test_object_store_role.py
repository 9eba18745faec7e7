"""The object store: what a client needs, and what must not change."""

from __future__ import annotations

import json

from stage_sample import SHIPPED, SITE

from stages.draft import draft
from stages.roles.object_store.role import PLACE, PROXY, RINGS, SWIFT, form
from stages.roles.object_store.settings import count_problem

HOST = "object-store-1"
DRAWN = draft(SHIPPED, "prod", SITE)
MANIFEST = DRAWN.manifests[HOST]


def content(path: str) -> str:
    (found,) = [file.content for file in MANIFEST.files if file.path == path]
    return found


def test_it_stands_alone_outside_the_control_plane() -> None:
    assert [host.name for host in DRAWN.blueprint.hosts_of("object-store")] == [HOST]
    assert count_problem(1) is None
    assert count_problem(2) is not None


def test_the_file_for_clients_is_private_and_names_the_secret_only() -> None:
    place = json.loads(content(PLACE))
    address = DRAWN.blueprint.host(HOST).address
    assert (place["endpoint"], place["bucket"]) == (f"http://{address}:8080", "glance")
    assert place["secret_key"] == "@@secret:object_store_password@@"
    modes = {file.path: file.mode for file in MANIFEST.files}
    assert modes[PLACE] == 0o600
    assert modes[PROXY] == modes[SWIFT] == 0o640


def test_signatures_are_judged_before_tokens() -> None:
    (pipeline,) = [line for line in content(PROXY).splitlines() if line.startswith("pipeline")]
    words = pipeline.split()
    assert words.index("s3api") < words.index("tempauth") < words.index("slo")


def test_the_rings_come_before_the_servers_that_need_them() -> None:
    units = [unit.name for unit in MANIFEST.units]
    assert units[0] == "swift-rings.service"
    assert all(RINGS in unit.restart_on for unit in MANIFEST.units if unit.name.startswith("swift"))


def test_the_bucket_is_made_once() -> None:
    (bucket,) = form(DRAWN.blueprint, {})
    assert bucket.done == bucket.commands[0].unless  # type: ignore[union-attr] # it is a command

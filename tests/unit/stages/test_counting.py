"""After each step of a cut over: what both colours answered since the step before."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ssh_stand_in import Ssh
from stage_sample import OPENSTACK, with_planes

from stages.design import steady
from stages.design.blueprint import Colour
from stages.errors import HostRefused
from stages.requests import counting, deployment
from stages.requests.context import Context
from stages.requests.perform import perform

NAME = "loadbalancer-1"


def counted(blue: int, green: int, **more: int) -> Mapping[str, Mapping[str, int]]:
    return {
        "identity": {"req_tot": blue, "hrsp_2xx": blue, "hrsp_5xx": 0},
        "identity-green": {"req_tot": green, "hrsp_2xx": green, **more},
    }


@pytest.fixture
def upgrade(context: Context, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A request about green, beside blue, which still answers."""
    monkeypatch.setattr(deployment, "began_at", lambda _context: "2026-02-01T00:00:00.000+00:00")
    both = with_planes(context.draft.blueprint, {Colour.BLUE: OPENSTACK, Colour.GREEN: "2026.2"})
    (beside,) = [one for one in both.planes if one.colour is Colour.BLUE]
    planes = tuple(one for one in both.planes if one is not beside)
    drawn = replace(both, colour=Colour.GREEN, planes=planes, beside=beside)
    manifests = {NAME: steady.manifest(drawn, drawn.host(NAME))}
    return replace(context, draft=replace(context.draft, blueprint=drawn, manifests=manifests))


def step(context: Context) -> dict[str, Any]:
    digest = context.draft.manifests[NAME].digest()
    action = {"do": "apply", "manifest": digest}
    return {"id": f"cutover/identity/{NAME}", "kind": "cutover", "host": NAME, "action": action}


def looks(monkeypatch: pytest.MonkeyPatch, *seen: Mapping[str, Mapping[str, int]]) -> None:
    left = list(seen)
    monkeypatch.setattr(counting, "look", lambda _context, _host: left.pop(0))


def done(context: Context) -> Mapping[str, Any]:
    return perform(context, step(context), lambda *_: None, print).receipt


def test_the_first_step_counts_from_its_begin_and_each_later_one_from_the_one_before(
    upgrade: Context, hosts: Ssh, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks(
        monkeypatch,
        counted(100, 0),
        counted(150, 5),
        counted(150, 105, hrsp_4xx=7, hrsp_5xx=2, econ=3, wretr=4, wredis=1),
    )
    assert done(upgrade)["measured"] == {"identity blue requests": 50, "identity green requests": 5}
    assert done(upgrade)["measured"] == {
        "identity blue requests": 0,
        "identity green requests": 109,
        "identity green 4xx": 7,
        "identity green 5xx": 2,
        "identity green connection errors": 3,
        "identity green retries": 4,
        "identity green redispatches": 1,
    }
    assert [request["mode"] for request in hosts.requests(NAME)] == ["apply", "apply"]


def test_what_an_earlier_deployment_kept_is_not_counted_from(
    upgrade: Context, hosts: Ssh, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting.keep(upgrade, {NAME: counted(1, 1)})
    assert hosts
    monkeypatch.setattr(deployment, "began_at", lambda _context: "2026-01-01T00:00:00.000+00:00")
    assert counting.last(upgrade, NAME) is None
    looks(monkeypatch, counted(100, 0), counted(101, 0))
    assert done(upgrade)["measured"] == {"identity blue requests": 1, "identity green requests": 0}


Seen = Mapping[str, Mapping[str, int]]


@pytest.mark.parametrize(
    ("kept", "answers"), [(None, [None, counted(1, 0)]), (counted(1, 0), [None]), (None, [None, None])]
)
def test_an_haproxy_that_does_not_tell_blocks_no_way_and_that_nothing_was_measured_is_told(
    upgrade: Context,
    hosts: Ssh,
    monkeypatch: pytest.MonkeyPatch,
    kept: Seen | None,
    answers: list[Seen | None],
) -> None:
    def look(_context: Context, host: str) -> Seen:
        if (found := answers.pop(0)) is None:
            raise HostRefused("HAProxy does not tell", where=host, why="it does not run", next="wait")
        return found

    if kept:
        counting.keep(upgrade, {NAME: kept})
    monkeypatch.setattr(counting, "look", look)
    receipt = done(upgrade)
    assert receipt["told"] == ["nothing was measured: HAProxy does not tell; it does not run"]
    assert "measured" not in receipt
    assert [request["mode"] for request in hosts.requests(NAME)] == ["apply"]


def test_a_manifest_that_changes_no_share_counts_nothing(
    upgrade: Context, hosts: Ssh, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks(monkeypatch)
    told = perform(upgrade, {**step(upgrade), "kind": "manifest"}, lambda *_: None, print)
    assert "measured" not in told.receipt
    assert hosts.requests(NAME)


def test_haproxy_is_asked_on_its_host_by_a_program_that_comes_along(context: Context, hosts: Ssh) -> None:
    seen = counted(3, 0)
    hosts.answer(loadbalancer_1={"says": json.dumps(seen)})
    assert counting.look(context, NAME) == seen
    (argv,) = hosts.argvs()
    assert "show stat" in argv[-1]
    hosts.answer(loadbalancer_1={"status": 1, "says": ""})
    with pytest.raises(HostRefused, match="HAProxy does not tell what it has counted") as caught:
        counting.look(context, NAME)
    assert caught.value.transient

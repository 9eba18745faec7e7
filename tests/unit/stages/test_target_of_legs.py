"""target.json and rosters show the colour that a gate is about, and clients are where that one answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from config_sample import SHIPPED, append
from lab_of_two import BEFORE, SERVES, TOOK_OVER, context, request, stand
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_sample import OPENSTACK

from stages.design.blueprint import Colour
from stages.design.colours import Beside, Colours
from stages.errors import BadRequest
from stages.machine.images import inputs
from stages.machine.site import Site
from stages.machine.substrates.connections import Connections
from stages.requests import target, verbs
from stages.requests.context import Context

BLUE, GREEN = {"identity-blue-1", "identity-blue-2"}, {"identity-green-1", "identity-green-2"}
ANY_GATE = "\nany:\n  within: 2m\n  each_host:\n    keystone: [healthy]\n"
SHARED = {"loadbalancer-1", "loadbalancer-2", "database-1", "database-2", "database-3"}


def shown(lab: Podman, asked: Context, *, previews: bool = True) -> dict[str, Any]:
    """The target of a stage in which both colours stand."""
    stand(lab, asked.site, asked.draft.blueprint, previews=previews)
    path, _ = target.make(asked)
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def names(document: dict[str, Any]) -> set[str]:
    return {host["name"] for host in document["hosts"]}


def gateway(asked: Context, name: str) -> list[str]:
    return ["nsenter", f"--net=/nowhere/sg-{asked.site.id}-prod-{name}"]


def roster(site: Site, gate: str, **parts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    service = verbs.Service(lambda *_: None, print, Connections())
    return verbs.VERBS["roster"](request(site, gate=gate, **parts), service)


def hosts_of(answer: dict[str, Any]) -> set[str]:
    return {entry["host"] for entry in answer["roster"]} - {"-"}


@pytest.mark.parametrize("leg", ["expand", "retire", None])
def test_who_answers_clients_is_shown_as_it_serves(lab: Podman, site: Site, leg: str | None) -> None:
    asked = context(site, SERVES, leg=leg)
    found = shown(lab, asked)
    assert (names(found), found["colour"]) == (SHARED | BLUE, "blue")
    assert found["inside"] == gateway(asked, "operator")


def test_what_was_built_is_shown_by_its_preview(lab: Podman, site: Site) -> None:
    asked = context(site, SERVES, leg="build")
    found = shown(lab, asked)
    assert (names(found), found["colour"]) == (SHARED | GREEN, "green")
    assert found["inside"] == gateway(asked, "preview-green")


@pytest.mark.parametrize("leg", ["cut-over", "follow", None])
def test_who_took_over_is_shown_as_it_serves(lab: Podman, site: Site, leg: str | None) -> None:
    asked = context(site, TOOK_OVER, leg=leg)
    found = shown(lab, asked)
    assert (names(found), found["colour"]) == (SHARED | GREEN, "green")
    assert found["inside"] == gateway(asked, "operator")


def test_it_tells_how_to_ask_each_of_two_colours(lab: Podman, site: Site) -> None:
    asked = context(site, SERVES, leg="build")
    drawn = asked.draft.blueprint
    assert shown(lab, asked)["preview"] == {
        colour.value: {"inside": gateway(asked, f"preview-{colour.value}"), "address": address}
        for colour, address in drawn.previews.items()
    }
    assert len(drawn.previews) == 2


def test_one_colour_alone_has_no_preview(lab: Podman, site: Site) -> None:
    asked = Context.of(request(site), changes=True)
    assert "preview" not in shown(lab, asked)


def test_without_its_preview_nothing_shows_what_was_built(lab: Podman, site: Site) -> None:
    with pytest.raises(BadRequest, match="green has no preview"):
        shown(lab, context(site, SERVES, leg="build"), previews=False)


@pytest.mark.parametrize("leg", ["cut-over", "follow"])
def test_who_has_not_taken_over_is_not_shown_as_if_it_had(lab: Podman, site: Site, leg: str) -> None:
    with pytest.raises(BadRequest, match="not all clients of prod are answered by green"):
        shown(lab, context(site, SERVES, leg=leg))


def test_in_the_midst_of_a_cut_over_nothing_can_be_judged_as_a_whole(lab: Podman, site: Site) -> None:
    beside = Beside(Colour.BLUE, BEFORE, ("identity-blue-1", "image-blue-1"))
    halfway = Colours(Colour.GREEN, beside, ("image",))
    with pytest.raises(BadRequest, match="not all clients of prod are answered by green") as refused:
        shown(lab, Context.of(request(site, config=str(SHIPPED)), changes=True, known=halfway))
    assert "the other colour answers those of image" in str(refused.value)


@pytest.mark.parametrize(
    ("leg", "served", "compute"),
    [
        ("expand", SERVES, BEFORE),
        ("build", SERVES, BEFORE),
        ("cut-over", (), BEFORE),
        ("follow", (), OPENSTACK),
    ],
)
def test_hosts_outside_are_to_have_what_they_run_until_they_follow(
    lab: Podman, site: Site, leg: str, served: tuple[str, ...], compute: str
) -> None:
    asked = context(site, served, leg=leg, config=str(SHIPPED))
    stand(lab, site, asked.draft.blueprint)
    kept = lab.kept["inspected"]
    for name in kept:
        if "green" not in name:
            kept[name]["Config"]["Labels"]["stagegate.openstack"] = BEFORE
    lab.put(inspected=kept)
    path, _ = target.make(asked)
    found = json.loads(path.read_text())
    runs = {host["name"]: host["openstack"] for host in found["hosts"]}
    assert (runs["compute-1"], runs["database-1"]) == (compute, "")
    own = BEFORE if leg == "expand" else OPENSTACK
    assert {runs[name] for name in runs if "identity" in name} == {own}
    assert found["versions"]["python"] == versions(own)
    others = {compute} - {own}
    assert found["versions_of"] == {release: {"python": versions(release)} for release in others}


def versions(release: str) -> dict[str, str]:
    return inputs.python_versions(inputs.read(release).lock)


@pytest.mark.parametrize(
    ("leg", "share"),
    [
        ("expand", 0),
        ("build", 0),
        ("build", 100),
        ("cut-over", 100),
        ("follow", 100),
        (None, 0),
        (None, 100),
    ],
)
def test_every_host_of_a_roster_is_one_that_the_target_shows(
    lab: Podman, hosts: Ssh, site: Site, leg: str | None, share: int
) -> None:
    stand(lab, site, context(site, SERVES).draft.blueprint)
    hosts.answer(loadbalancer_1={"says": f"identity {share}\n"})
    found = hosts_of(roster(site, "smoke", leg=leg))
    path, _ = target.make(Context.of(request(site, leg=leg)))
    assert found == names(json.loads(path.read_text()))


@pytest.mark.parametrize("leg", ["cut-over", "follow"])
def test_a_roster_made_before_the_cut_over_holds_after_it(
    lab: Podman, hosts: Ssh, site: Site, leg: str
) -> None:
    stand(lab, site, context(site, SERVES).draft.blueprint)
    hosts.answer(loadbalancer_1={"says": "identity 0\n"})
    before = roster(site, "smoke", leg=leg)["roster"]
    hosts.answer(loadbalancer_1={"says": "identity 100\n"})
    assert roster(site, "smoke", leg=leg)["roster"] == before


def test_a_gate_of_a_leg_rests_on_more_than_its_inputs_and_tells_none(
    lab: Podman, hosts: Ssh, site: Site
) -> None:
    stand(lab, site, context(site, SERVES).draft.blueprint)
    hosts.answer(loadbalancer_1={"says": "identity 100\n"})
    assert roster(site, "smoke", leg="cut-over")["inputs"] == {}
    assert roster(site, "smoke")["inputs"]


def test_neighbours_is_a_gate_of_the_leg_that_asks_for_it_and_of_no_stage(
    lab: Podman, hosts: Ssh, site: Site
) -> None:
    asked = context(site, SERVES)
    assert not [one for one in asked.draft.config.stages if "neighbours" in one.gates]
    stand(lab, site, asked.draft.blueprint)
    hosts.answer(loadbalancer_1={"says": "identity 0\n"})
    answer = roster(site, "neighbours", leg="build")
    assert {entry["component"] for entry in answer["roster"]} == {"haproxy", "keystone"}, (
        "the rest is not in this stage"
    )
    assert {entry["host"] for entry in answer["roster"]} == {"-"}


def test_what_a_gate_wants_of_each_host_it_wants_of_the_colour_that_was_built(
    lab: Podman, hosts: Ssh, site: Site, config: Path
) -> None:
    append(config, "gates.yaml", ANY_GATE)
    stand(lab, site, context(site, SERVES, config=str(config)).draft.blueprint)
    hosts.answer(loadbalancer_1={"says": "identity 0\n"})
    assert hosts_of(roster(site, "any", leg="build", config=str(config))) == GREEN


def test_a_colour_of_a_release_that_this_one_does_not_know_can_not_be_judged(
    lab: Podman, hosts: Ssh, site: Site
) -> None:
    asked = context(site, SERVES)
    stand(lab, site, asked.draft.blueprint)
    kept = lab.kept["inspected"]
    for name in kept:
        if "blue" in name:
            kept[name]["Config"]["Labels"]["stagegate.openstack"] = "2031.1"
    lab.put(inspected=kept)
    hosts.answer(loadbalancer_1={"says": "identity 0\n"})
    with pytest.raises(BadRequest, match="answered by hosts that this release can't judge") as refused:
        roster(site, "smoke")
    assert "2031.1" in str(refused.value)


@pytest.mark.parametrize(
    ("leg", "served", "earlier"),
    [
        ("shared", SERVES, BLUE | {"compute-1", "compute-2", "object-store-1"}),
        ("build", SERVES, {"compute-1", "compute-2", "object-store-1"}),
        ("cut-over", (), {"compute-1", "compute-2", "object-store-1"}),
        ("follow", (), set()),
    ],
)
def test_versions_of_an_earlier_image_of_the_same_openstack_release_are_not_claimed_to_be_known(
    lab: Podman, site: Site, leg: str, served: tuple[str, ...], earlier: set[str]
) -> None:
    beside = Beside(Colour.BLUE, OPENSTACK, tuple(sorted(BLUE)))
    colours = Colours(Colour.GREEN, beside, served)
    parts = {"leg": leg, "config": str(SHIPPED), "artifacts": {"image": "sha256:another"}}
    asked = Context.of(request(site, **parts), changes=True, known=colours)
    stand(lab, site, asked.draft.blueprint)
    kept = lab.kept["inspected"]
    for one in kept.values():
        one["Config"]["Labels"]["stagegate.openstack"] = OPENSTACK
    lab.put(inspected=kept)
    path, _ = target.make(asked)
    hosts = json.loads(path.read_text())["hosts"]
    assert {host["name"] for host in hosts if host.get("earlier")} == earlier


@pytest.mark.parametrize(("leg", "known"), [("follow", True), (None, True), ("cut-over", False)])
def test_what_is_declared_is_told_once_no_step_is_left_that_brings_it(
    lab: Podman, site: Site, leg: str | None, *, known: bool
) -> None:
    found = shown(lab, context(site, TOOK_OVER, leg=leg))
    assert {"declared" in host for host in found["hosts"]} == {known}


def test_of_a_colour_that_may_be_of_the_release_before_nothing_is_declared(lab: Podman, site: Site) -> None:
    found = shown(lab, context(site, SERVES, leg=None))
    assert not any("declared" in host for host in found["hosts"])


def test_the_load_that_the_config_asks_for_is_told(lab: Podman, site: Site) -> None:
    assert shown(lab, context(site, SERVES))["load"] == {"rate": 22.0, "lasts": 19.0, "waits": 0.5}

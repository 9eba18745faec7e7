"""Two colours beside each other: none depends on the other, and clients reach the one that answers them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from stage_sample import OPENSTACK, blueprint, with_planes

from stages.design import steady
from stages.design.blueprint import POOL_TOLD, Blueprint, Colour, Host, Plane, Tier
from stages.design.manifest import Manifest, Wait
from stages.design.parts import Formation, Refused
from stages.roles.loadbalancer.haproxy_state import Place, configured

STAGES = ("whole-dev", "whole-prod")
BALANCING = ("/etc/haproxy/haproxy.cfg",)
SHARES = "/etc/haproxy/green-shares.map"
NEXT = "2026.2"
COUNTS = {"identity": 3}  # one has no cache


def alone(stage: str, colour: Colour = Colour.BLUE) -> Blueprint:
    release = {Colour.BLUE: OPENSTACK, Colour.GREEN: NEXT}[colour]
    return replace(with_planes(blueprint(stage), {colour: release}, COUNTS), colour=colour)


def both(stage: str, own: Colour = Colour.BLUE, serves: Colour = Colour.BLUE) -> Blueprint:
    """The stage of a release that is about one colour, while the other one stands beside it."""
    releases = {Colour.BLUE: OPENSTACK, Colour.GREEN: NEXT}
    drawn = with_planes(blueprint(stage), releases, COUNTS)
    (beside,) = [one for one in drawn.planes if one.colour not in {None, own}]
    planes = tuple(one for one in drawn.planes if one is not beside)
    served = {service.name: serves for role in drawn.roles.values() for service in role.services}
    return replace(drawn, colour=own, planes=planes, beside=beside, served=served)


def plane(drawn: Blueprint, colour: Colour | None, tier: Tier = Tier.COLOURED) -> Plane:
    every = (*drawn.planes, *([drawn.beside] if drawn.beside else []))
    (found,) = [one for one in every if (one.tier, one.colour) == (tier, colour)]
    return found


def made(drawn: Blueprint, host: Host) -> Manifest:
    return steady.manifest(drawn, host)


def formed(drawn: Blueprint, of: Plane) -> list[Formation]:
    """All that is run on hosts of this plane, or for them."""
    every = [role.form(drawn, of, {}) for role in drawn.roles.values() if role.tier is of.tier]
    return [item for of_role in every if not isinstance(of_role, Refused) for item in of_role]


def asked_alike(formation: Formation) -> Formation:
    """The same but for what it asks through the VIP, if that is whether its role is ready."""
    return replace(formation, commands=(), done=None) if formation.kind == "ready" else formation


@pytest.mark.parametrize(("stage", "colour", "serves"), list(product(STAGES, Colour, Colour)))
def test_a_colour_is_what_it_is_whether_or_not_the_other_stands_beside_it(
    stage: str, colour: Colour, serves: Colour
) -> None:
    together, apart = both(stage, colour, serves), alone(stage, colour)
    for host in plane(apart, colour).hosts:
        assert made(together, host) == made(apart, host), host.name
    one, other = formed(together, plane(together, colour)), formed(apart, plane(apart, colour))
    assert [asked_alike(item) for item in one] == [asked_alike(item) for item in other]


@pytest.mark.parametrize("colour", Colour)
def test_a_colour_is_ready_if_its_own_pools_answer_it_while_two_stand(colour: Colour) -> None:
    drawn, apart = both("whole-prod", colour), alone("whole-prod", colour)
    told = {item.id: item for item in formed(drawn, plane(drawn, colour)) if item.kind == "ready"}
    for name, role in drawn.roles.items():
        if role.tier is not Tier.COLOURED or f"ready/{name}" not in told:
            continue
        item = told.pop(f"ready/{name}")
        (wait,) = item.commands
        assert isinstance(wait, Wait)
        assert wait.until == item.done
        for service in role.services:
            own = f"{service.name}-green" if colour is Colour.GREEN else service.name
            assert f'test "$by" = {own} ' in str(wait.until), name
    assert told == {}
    for item in formed(apart, plane(apart, colour)):
        assert POOL_TOLD.lower() not in str(item), item.id


def test_a_role_that_one_colour_alone_has_is_ready_if_it_answers() -> None:
    """No load balancer tells who answers where nobody else could."""
    drawn = both("whole-prod", Colour.GREEN)
    assert drawn.beside is not None
    hosts = tuple(host for host in drawn.beside.hosts if host.role != "image")
    drawn = replace(drawn, beside=replace(drawn.beside, hosts=hosts))
    told = {item.id: str(item) for item in formed(drawn, plane(drawn, Colour.GREEN)) if item.kind == "ready"}
    assert POOL_TOLD.lower() not in told["ready/image"]
    assert POOL_TOLD not in str(sections(drawn)["listen image-green"])
    assert POOL_TOLD.lower() in told["ready/identity"]


@pytest.mark.parametrize(("stage", "colour"), list(product(STAGES, Colour)))
def test_nothing_of_one_colour_names_a_host_of_the_other(stage: str, colour: Colour) -> None:
    drawn = both(stage, colour)
    assert drawn.beside is not None
    strange = {part for host in drawn.beside.hosts for part in (f"{host.name}", f"{host.address}:")}
    for host in plane(drawn, colour).hosts:
        text = str(made(drawn, host))
        assert [part for part in strange if part in text] == [], host.name


@pytest.mark.parametrize("tier", [Tier.SHARED, Tier.OUTSIDE])
@pytest.mark.parametrize("stage", STAGES)
def test_of_all_others_load_balancers_alone_learn_that_a_colour_has_come(stage: str, tier: Tier) -> None:
    before, after = alone(stage), both(stage)
    assert plane(before, None, tier) == plane(after, None, tier)
    for host in plane(before, None, tier).hosts:
        old, new = made(before, host), made(after, host)
        differs = {file.path for file in {*old.files} ^ {*new.files}}
        assert differs == ({*BALANCING, SHARES} if host.role == "loadbalancer" else set())
        more = [command.name for command in new.commands if command not in old.commands]
        assert more == (["share requests between the colours"] if host.role == "loadbalancer" else [])
        assert replace(old, files=(), commands=()) == replace(new, files=(), commands=())


def sections(drawn: Blueprint) -> dict[str, list[str]]:
    """The lines of each section of a load balancer's configuration, by its first line."""
    balancer = drawn.members("loadbalancer")[0]
    (text,) = [file.content for file in made(drawn, balancer).files if file.path in BALANCING]
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith((" ", "#")):
            own = found.setdefault(line, [])
        elif line.startswith(" ") and not line.lstrip().startswith("#"):
            own.append(line.strip())
    return found


def pools(drawn: Blueprint) -> Iterator[tuple[Colour, str, set[str]]]:
    """Each coloured pool that there must be: its colour, its name, its servers."""
    for name, role in drawn.roles.items():
        for service, of in product(role.services, drawn.pooled(name)):
            if of.colour:
                pool = service.name + ("-green" if of.colour is Colour.GREEN else "")
                yield of.colour, pool, {host.name for host in of.hosts_of(name)}


@pytest.mark.parametrize(("own", "serves"), list(product(Colour, Colour)))
def test_there_is_a_pool_for_each_colour_and_clients_reach_both_by_the_first(
    own: Colour, serves: Colour
) -> None:
    drawn = both("whole-prod", own, serves)
    said = sections(drawn)
    found = list(pools(drawn))
    assert len(found) == 2 * len({name for _, name, _ in found if not name.endswith("-green")})
    for colour, name, servers in found:
        lines = said[f"{'listen' if colour is Colour.BLUE else 'backend'} {name}"]
        assert {line.split()[1] for line in lines if line.startswith("server ")} == servers
        assert any(line.startswith("bind ") for line in lines) is (colour is Colour.BLUE)
        assert any(line.startswith("default-server check ") for line in lines)


def shares(drawn: Blueprint) -> dict[str, str]:
    """What load balancers are told of how many requests green answers."""
    balancer = drawn.members("loadbalancer")[0]
    found = [file.content for file in made(drawn, balancer).files if file.path == SHARES]
    return dict(line.split() for text in found for line in text.splitlines())


@pytest.mark.parametrize(("serves", "share"), [(Colour.BLUE, "0"), (Colour.GREEN, "100")])
def test_the_share_of_green_is_all_or_nothing_of_each_service_until_somebody_says_otherwise(
    serves: Colour, share: str
) -> None:
    told = shares(both("whole-prod", Colour.GREEN, serves))
    assert set(told.values()) == {share}
    assert set(told) == {name for colour, name, _ in pools(both("whole-prod")) if colour is Colour.BLUE}
    assert shares(alone("whole-prod")) == {}


def test_services_change_over_one_by_one() -> None:
    drawn = both("whole-prod", Colour.GREEN, Colour.BLUE)
    told = shares(replace(drawn, served={**drawn.served, "image": Colour.GREEN}))
    assert {name for name, share in told.items() if share == "100"} == {"image"}


@pytest.mark.parametrize(
    ("colour", "own_pool", "share"), [(Colour.BLUE, "identity", 0), (Colour.GREEN, "identity-green", 100)]
)
def test_a_colour_answers_its_preview_always_and_its_hosts_while_it_has_a_server_up(
    colour: Colour, own_pool: str, share: int
) -> None:
    drawn = both("whole-prod")
    lines = sections(drawn)["listen identity"]
    hosts, preview = f"host_of_{colour.value}", f"preview_of_{colour.value}"
    assert f"acl {hosts} src {' '.join(host.address for host in plane(drawn, colour).hosts)}" in lines
    assert f"acl {preview} src {drawn.previews[colour]}" in lines
    decided = f"http-request set-var(txn.share) int({share}) if"
    (lent,) = [line for line in lines if line.startswith("http-request set-var(txn.share) str(lent/")]
    for told in (f"{decided} {preview}", f"{decided} {hosts} {{ nbsrv({own_pool}) gt 0 }}"):
        assert lines.index(lent) < lines.index(told), "no part that is lent is given to them"
    assert [line for line in lines if line.startswith("use_backend ")] == [
        "use_backend identity-green if { rand(100),sub(txn.share) lt 0 }"
    ]


def test_only_hosts_of_a_colour_and_previews_are_told_which_pool_answered() -> None:
    drawn = both("whole-prod")
    for section, lines in sections(drawn).items():
        told = [line.rpartition(" if ")[2] for line in lines if POOL_TOLD in line]
        shared = any(line.startswith("use_backend ") for line in lines)
        wanted = [f"{kind}_of_{colour.value}" for colour in Colour for kind in ("host", "preview")]
        assert sorted(told) == sorted(wanted if shared else []), section


@pytest.mark.parametrize("colour", Colour)
def test_where_one_colour_stands_load_balancers_ask_nobody_where_a_request_is_from(colour: Colour) -> None:
    drawn = alone("whole-prod", colour)
    said = sections(drawn)
    assert "listen identity" in said or "listen identity-green" in said
    words = ("src ", "nbsrv", "txn.", "use_backend", POOL_TOLD)
    assert [line for lines in said.values() for line in lines if any(word in line for word in words)] == []


@pytest.mark.parametrize("own", Colour)
def test_which_colour_answers_is_the_one_thing_that_differs_when_the_other_takes_over(own: Colour) -> None:
    before, after = both("whole-prod", own, Colour.BLUE), both("whole-prod", own, Colour.GREEN)
    changed = {host.role for host in before.hosts if made(before, host) != made(after, host)}
    assert changed == {"loadbalancer"}
    balancer = before.members("loadbalancer")[0]
    old, new = made(before, balancer), made(after, balancer)
    assert {file.path for file in {*old.files} ^ {*new.files}} == {SHARES}
    assert not [unit.name for unit in new.units if SHARES in {*unit.restart_on, *unit.reload_on}]


def test_the_states_of_servers_in_all_pools_survive_a_reload() -> None:
    drawn = both("whole-prod")
    balancer = drawn.members("loadbalancer")[0]
    (text,) = [file.content for file in made(drawn, balancer).files if file.path in BALANCING]
    places = configured(text)
    identity = plane(drawn, Colour.GREEN).hosts_of("identity")
    assert {name for pool, name in places if pool == "identity-green"} == {host.name for host in identity}
    assert places["identity-green", identity[0].name] == Place(identity[0].address, "5000", "5000")


def test_who_serves_is_who_clients_reach_and_a_set_per_colour_is_never_taken_for_one() -> None:
    drawn = both("whole-prod", Colour.GREEN)
    assert {host.colour for host in drawn.serving("identity")} == {Colour.GREEN}
    assert drawn.serving("database") == drawn.members("database") == drawn.everywhere("database")
    assert drawn.everywhere("identity") == plane(drawn, Colour.GREEN).hosts_of("identity")
    assert drawn.peers(drawn.host("identity-green-2")) == drawn.everywhere("identity")
    with pytest.raises(ValueError, match="identity has a set of hosts per colour"):
        drawn.members("identity")


def test_a_role_that_uses_openstack_is_in_a_plane_that_has_a_release() -> None:
    drawn = both("whole-prod", Colour.GREEN)
    releases = {(one.tier, one.colour): one.openstack for one in drawn.planes}
    assert releases == {
        (Tier.SHARED, None): "",
        (Tier.COLOURED, Colour.GREEN): NEXT,
        (Tier.OUTSIDE, None): OPENSTACK,
    }
    for name, role in drawn.roles.items():
        assert not role.uses_openstack or all(one.openstack for one in drawn.planes_of(name)), name

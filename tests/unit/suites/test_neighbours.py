"""The neighbours gate on two colours that are sound, and on two of which one thing is wrong."""

import re
from collections.abc import Callable, Mapping

import pytest
from neighbours_stand_in import CONDUCTORS, OTHER, OWN, TwoColours
from suites_sample import REPOSITORY
from wrong_colours import DEFECTS

from stages.config import read
from suites.components.cinder.neighbours import volume_type
from suites.components.glance.neighbours import image
from suites.components.keystone.neighbours import token
from suites.components.neutron.neighbours import network, security_group
from suites.components.nova_api.neighbours import flavor, server
from suites.components.nova_conductor import neighbours as conductors
from suites.errors import SuitesError
from suites.neighbours import servers, versions
from suites.neighbours.crossing import Said, Walk, concluded, crossed
from suites.neighbours.made import PREFIX, Made
from suites.neighbours.pair import Neighbour
from suites.seam.report import Outcome

RUN = f"{PREFIX}-1"
MINE = [host for host, colour in CONDUCTORS.items() if colour == OWN]
Check = Callable[[TwoColours], Said]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up on what does not come at once."""
    for name in ("ACTIVE_WITHIN", "STOPPED_WITHIN", "GONE_WITHIN"):
        monkeypatch.setattr(servers, name, 0.01)


def untold(_text: str) -> None:
    """Nobody is told."""


def crossing(walk: Walk) -> Check:
    return lambda colours: crossed(colours.pair(), RUN, walk, untold)


def meeting(endpoint: str) -> Check:
    def check(colours: TwoColours) -> Said:
        try:
            seen = versions.meet(versions.read(colours.pair(), endpoint))
        except SuitesError as error:
            return Said(Outcome.FAILED, str(error))
        return Said(Outcome.PASSED if seen.holds else Outcome.FAILED, seen.seen)

    return check


def working(colours: TwoColours) -> Said:
    pair = colours.pair()
    made = Made(pair, RUN, untold)
    return concluded(made, lambda: conductors.work(pair, made, MINE))


# All of the gate, as its roster has it.
CHECKS: Mapping[str, Check] = {
    "keystone/versions_meet": meeting("identity"),
    "keystone/tokens_cross": crossing(token),
    "glance/versions_meet": meeting("image"),
    "glance/images_cross": crossing(image),
    "placement/versions_meet": meeting("placement"),
    "nova-api/versions_meet": meeting("compute"),
    "nova-api/flavors_cross": crossing(flavor),
    "nova-api/servers_cross": crossing(server),
    "nova-conductor/conductors_work_for_both": working,
    "neutron/networks_cross": crossing(network),
    "neutron/security_groups_cross": crossing(security_group),
    "cinder/versions_meet": meeting("volume"),
    "cinder/volume_types_cross": crossing(volume_type),
}


def judged(colours: TwoColours) -> dict[str, Said]:
    return {name: check(colours) for name, check in CHECKS.items()}


def red(said: Mapping[str, Said]) -> dict[str, str]:
    return {name: one.seen for name, one in said.items() if one.outcome is not Outcome.PASSED}


def test_these_are_the_checks_of_the_roster() -> None:
    once = read(REPOSITORY / "config").gates["neighbours"].once
    roster = {f"{component}/{check}" for component, checks in once.items() for check in checks}
    # What a load balancer remembers needs no second colour to answer: test_haproxy_neighbours.py.
    assert roster == {*CHECKS, "haproxy/own_pools_stayed_up"}


def test_two_sound_colours_pass_every_check_and_nothing_is_left() -> None:
    colours = TwoColours()
    said = judged(colours)
    assert red(said) == {}
    assert colours.left == []
    # Both ways are told.
    assert said["glance/images_cross"].seen.startswith(f"{OWN} to {OTHER}: sha512 ")
    assert f"; {OTHER} to {OWN}: sha512 " in said["glance/images_cross"].seen
    assert said["nova-api/versions_meet"].seen == (
        f"{OWN} speaks 2.1 to 2.100, {OTHER} speaks 2.1 to 2.100: 2.1 to 2.100 in common"
    )
    assert said["nova-conductor/conductors_work_for_both"].seen == (
        f"of {OWN}'s rebuilds conductors took 1 by {OTHER}'s, 1 by {OWN}'s; "
        f"of {OTHER}'s rebuilds conductors took 1 by {OTHER}'s, 1 by {OWN}'s"
    )


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_is_seen_by_its_own_checks_and_nothing_is_left(defect: str) -> None:
    colours = TwoColours(frozenset({defect}))
    said = judged(colours)
    assert red(said).keys() == DEFECTS[defect].keys()
    for name, pattern in DEFECTS[defect].items():
        assert said[name].outcome is Outcome.FAILED
        assert re.search(pattern, said[name].seen), said[name].seen
    assert colours.left == []


@pytest.mark.parametrize(
    ("kind", "check", "what"),
    [
        ("images", "glance/images_cross", "image"),
        ("ports", "neutron/networks_cross", "port"),
        ("security-groups", "neutron/security_groups_cross", "security group"),
        ("flavors", "nova-api/flavors_cross", "flavor"),
        ("servers", "nova-api/servers_cross", "server"),
        ("types", "cinder/volume_types_cross", "volume type"),
    ],
)
def test_what_cannot_be_removed_is_said(kind: str, check: str, what: str) -> None:
    colours = TwoColours(refuse=frozenset({kind}))
    said = CHECKS[check](colours)
    assert said.outcome is Outcome.FAILED
    stays = f"{what} {RUN}-{OWN} could not be removed: {OWN} answers 409 (it is in use); {OTHER} answers 409"
    assert stays in said.seen
    assert kind in colours.left


def test_what_stays_is_also_told_at_once_since_a_check_that_is_broken_off_reports_nothing() -> None:
    colours = TwoColours(refuse=frozenset({"images"}))
    told: list[str] = []
    made = Made(colours.pair(), RUN, told.append)

    def broken_off() -> str:
        servers.upload(made.pair.own, made)
        servers.flavor(made.pair.own, made)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        concluded(made, broken_off)
    assert colours.left == ["images"]
    refusals = "; ".join(f"{colour} answers 409 (it is in use)" for colour in (OWN, OTHER))
    assert told == [f"image {RUN} could not be removed: {refusals}"]


def test_what_one_colour_no_longer_removes_the_other_does() -> None:
    colours = TwoColours(frozenset({"silent"}))
    said = CHECKS["glance/images_cross"](colours)
    assert said.outcome is Outcome.FAILED
    assert colours.left == []
    assert "could not be removed" not in said.seen


def test_the_last_thing_made_is_the_first_removed() -> None:
    colours = TwoColours()
    pair = colours.pair()
    made = Made(pair, RUN, untold)

    def boot() -> str:
        image_id = servers.upload(pair.own, made)
        servers.boot(pair.own, made, image_id, str(servers.flavor(pair.own, made)["id"]))
        return "booted"

    assert concluded(made, boot) == Said(Outcome.PASSED, "booted")
    assert [path.split("/")[-2] for path in colours.deleted] == ["servers", "flavors", "images"]


@pytest.mark.parametrize(
    ("defect", "why"),
    [
        (
            "one-conductor",
            f"conductors of one colour alone were met in 16 rebuilds: of {OWN}'s rebuilds .* 16 by",
        ),
        ("secret-conductor", "Nova does not tell which conductor took a rebuild"),
    ],
)
def test_conductors_that_were_not_met_are_not_judged(defect: str, why: str) -> None:
    colours = TwoColours(frozenset({defect}))
    said = working(colours)
    assert said.outcome is Outcome.INCONCLUSIVE
    assert re.search(why, said.seen), said.seen
    assert colours.left == []


def test_each_rebuild_is_told_since_all_of_them_may_last_longer_than_a_gate_may_be_silent() -> None:
    colours = TwoColours(frozenset({"one-conductor"}))
    pair = colours.pair()
    told: list[str] = []
    made = Made(pair, RUN, told.append)
    concluded(made, lambda: conductors.work(pair, made, MINE))
    assert [text for text in told if OWN in text.split("'")[0]] == [
        f"of {OWN}'s rebuilds conductors took {number} by {OTHER}'s" for number in range(1, 17)
    ]


def test_without_a_conductor_of_the_other_colour_there_is_nothing_to_meet() -> None:
    colours = TwoColours()
    pair = colours.pair()
    made = Made(pair, RUN, untold)
    said = concluded(made, lambda: conductors.work(pair, made, tuple(CONDUCTORS)))
    assert said.outcome is Outcome.INCONCLUSIVE
    assert f"no conductor of {OTHER} is up" in said.seen
    assert colours.left == []


def test_a_failure_of_one_way_does_not_hide_the_other() -> None:
    def walk(writer: Neighbour, reader: Neighbour, _made: Made) -> str:
        if writer.colour == OWN:
            raise SuitesError("it broke", where=reader.colour)
        return "well"

    said = crossed(TwoColours().pair(), RUN, walk, untold)
    assert said == Said(Outcome.FAILED, f"{OWN} to {OTHER}: {OTHER}: it broke; {OTHER} to {OWN}: well")


def test_an_api_with_a_newer_range_still_meets_an_older_one() -> None:
    older = versions.parse({"versions": [{"id": "v2.1", "min_version": "2.1", "version": "2.96"}]})
    newer = versions.parse({"versions": [{"id": "v2.1", "min_version": "2.96", "version": "2.103"}]})
    assert versions.meet({"blue": older, "green": newer}).holds
    newest = versions.parse({"versions": [{"id": "v2.1", "min_version": "2.97", "version": "2.103"}]})
    assert not versions.meet({"blue": older, "green": newest}).holds
    # Without microversions, a major version has all minor ones up to its own.
    before, after = ({"versions": {"values": [{"id": f"v3.{minor}"}]}} for minor in (13, 14))
    assert versions.meet({"blue": versions.parse(before), "green": versions.parse(after)}).holds

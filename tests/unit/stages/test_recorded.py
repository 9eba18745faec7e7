"""Of two colours that run one OpenStack release, hosts tell which is the release's: by what they recorded."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from ssh_stand_in import Ssh
from stage_sample import IMAGE, OLD_IMAGE, OPENSTACK, blueprint, drafted

from stages.design import steady
from stages.design.blueprint import Colour
from stages.design.colours import FIRST, Beside, Colours, Match
from stages.design.strategy import Strategy
from stages.machine.substrates.substrate import Seen, Standing
from stages.requests import colouring
from stages.requests.recorded import STATE, Asked, match

BLUE, GREEN = Colour.BLUE, Colour.GREEN
DRAWN = blueprint("whole-prod")
DIGESTS = {
    colour: {
        f"{role}-{colour.value}-{number}": f"{role} digest"
        for role in ("identity", "image")
        for number in (1, 2)
    }
    for colour in Colour
}


def seen(name: str, image: str = IMAGE, *, running: bool = True) -> Seen:
    return Seen("prod", name, "unknown", running=running, image=image, openstack=OPENSTACK, address="")


def told(*names: str, digest: str | None = None) -> dict[str, dict[str, Any]]:
    """What these hosts recorded: the manifest that is asked for, or another."""
    return {
        name.replace("-", "_"): {
            "says": json.dumps({"token": 3, "applied": digest or f"{name.split('-')[0]} digest"})
        }
        for name in names
    }


def asked(strategy: Strategy = Strategy.BLUE_GREEN, image: str | None = IMAGE) -> Asked:
    return Asked(OPENSTACK, strategy, lambda colour: DIGESTS[colour], lambda: image)


def matched(*there: Seen, image: str | None = IMAGE) -> Match:
    return match(asked(image=image), BLUE, {one.host: one for one in there}, Path("ssh.conf"))


ONE, TWO = "identity-blue-1", "image-blue-1"


def test_it_is_where_the_applier_records_it() -> None:
    text = (Path(__file__).parents[3] / "stages/applier/state.py").read_text()
    assert f'STATE = "{STATE}"\n' in text


def test_all_hosts_that_recorded_what_is_asked_for_are_as_wanted(hosts: Ssh) -> None:
    hosts.answer(**told(ONE, TWO))
    assert matched(seen(ONE), seen(TWO)) is Match.WHOLE


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (told(ONE) | told(TWO, digest="other"), Match.DIFFERS),
        (told(ONE) | {"image_blue_1": {"status": 255}}, Match.PART),
        (told(ONE) | {"image_blue_1": {"says": "not a document"}}, Match.PART),
        (told(ONE) | {"image_blue_1": {"says": '{"token": 3}'}}, Match.PART),
        ({"identity_blue_1": {"status": 1}, "image_blue_1": {"says": "[]"}}, Match.UNTOLD),
        ({"identity_blue_1": {"status": 255}} | told(TWO, digest="other"), Match.DIFFERS),
    ],
)
def test_who_does_not_tell_counts_for_nothing(
    hosts: Ssh, answers: Mapping[str, dict[str, Any]], expected: Match
) -> None:
    hosts.answer(**answers)
    assert matched(seen(ONE), seen(TWO)) is expected


def test_another_image_is_something_else_and_so_is_one_that_is_not_built_yet(
    hosts: Ssh, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts.answer(**told(ONE, digest="other"), **told(TWO))
    assert matched(seen(ONE), seen(TWO, OLD_IMAGE)) is Match.DIFFERS
    why = f"blue is not what the release asks for: another image on {TWO}; another manifest on {ONE}\n"
    assert capsys.readouterr().err == why
    hosts.answer(**told(ONE, TWO))
    assert matched(seen(ONE), seen(TWO), image=None) is Match.DIFFERS


def test_hosts_of_a_release_that_recorded_nothing_are_changed_once_where_they_stand(hosts: Ssh) -> None:
    """So the way back from the first takeover knows what hosts record."""
    hosts.answer(identity_blue_1={"status": 1})
    assert matched(seen(ONE, OLD_IMAGE)) is Match.UNTOLD


@pytest.mark.parametrize("untold", [{"status": 1}, {"status": 255}, {"says": '{"token": 3}'}])
def test_and_their_change_goes_on_there_if_it_ended_halfway(hosts: Ssh, untold: dict[str, Any]) -> None:
    """The first host was replaced and recorded it; the other one is as an older release made it."""
    hosts.answer(**told(ONE), image_blue_1=untold)
    assert matched(seen(ONE), seen(TWO, OLD_IMAGE)) is Match.PART
    assert found(Strategy.BLUE_GREEN, seen(ONE), seen(TWO, OLD_IMAGE)) == FIRST


def test_a_stopped_host_is_not_asked_and_one_that_the_release_lacks_does_not_count(hosts: Ssh) -> None:
    hosts.answer(**told(ONE, "identity-blue-7"))
    assert matched(seen(ONE), seen(TWO, running=False), seen("identity-blue-7")) is Match.PART
    assert [argv[-2] for argv in hosts.argvs()] == [ONE]
    assert matched(seen(TWO, running=False)) is Match.UNTOLD
    assert matched(seen(ONE), seen(TWO, OLD_IMAGE, running=False)) is Match.PART


@dataclass(frozen=True)
class Stands:
    """A lab in which these hosts stand."""

    hosts: Mapping[str, Seen] = field(default_factory=dict)
    makes_hosts: bool = True

    def standing(self) -> Standing:
        return Standing(self.hosts, gateway=True)

    def borrow(self, folder: Path) -> Path:
        return folder / "ssh.conf"


def found(strategy: Strategy, *there: Seen, returns: bool = False) -> Colours:
    balancers = {name: seen(name) for name in ("loadbalancer-1", "loadbalancer-2")}
    stands = Stands(balancers | {one.host: one for one in there})
    wants = replace(asked(strategy), returns=returns)
    return colouring.colours(DRAWN, stands, wants, lambda _: stands)  # type: ignore[arg-type, return-value] # has what is asked


def test_a_stage_in_which_changes_roll_asks_no_host_of_one_colour_alone(hosts: Ssh) -> None:
    assert found(Strategy.ROLLING, seen(ONE, OLD_IMAGE)) == FIRST
    assert hosts.argvs() == []


def test_where_another_colour_brings_changes_it_rises_beside_what_is_something_else(hosts: Ssh) -> None:
    hosts.answer(**told(ONE, digest="other"))
    rises = found(Strategy.BLUE_GREEN, seen(ONE))
    assert rises == Colours(GREEN, Beside(BLUE, OPENSTACK, (ONE,)), ("identity",))
    hosts.answer(**told(ONE))
    assert found(Strategy.BLUE_GREEN, seen(ONE)) == FIRST


@pytest.mark.parametrize("strategy", Strategy)
def test_the_release_from_before_finds_its_colour_whatever_its_own_strategy(
    hosts: Ssh, strategy: Strategy
) -> None:
    by_green = {"says": "identity 100\n"}
    hosts.answer(
        **told(ONE),
        **told("identity-green-1", digest="other"),
        loadbalancer_1=by_green,
        loadbalancer_2=by_green,
    )
    back = found(strategy, seen(ONE), seen("identity-green-1"))
    assert back == Colours(BLUE, Beside(GREEN, OPENSTACK, ("identity-green-1",)), ("identity",))


@pytest.mark.parametrize(
    ("image", "returns", "own"), [(IMAGE, True, BLUE), (IMAGE, False, GREEN), (OLD_IMAGE, True, GREEN)]
)
def test_a_rollback_goes_to_a_held_colour_that_is_stopped_by_its_images(
    hosts: Ssh,
    image: str,
    returns: bool,  # noqa: FBT001 - a row of the table
    own: Colour,
) -> None:
    """Its hosts can't be asked, but started. Who promotes does not look for a colour that stands by."""
    by_green = {"says": "identity 100\n"}
    hosts.answer(**told("identity-green-1", digest="other"), loadbalancer_1=by_green, loadbalancer_2=by_green)
    there = (seen(ONE, image, running=False), seen("identity-green-1"))
    assert found(Strategy.ROLLING, *there, returns=returns).own is own


@pytest.mark.parametrize(
    ("gone", "same"),
    [("messaging-3", True), ("compute-api-blue-2", True), ("compute-2", True), ("identity-blue-2", False)],
)
def test_hosts_that_come_and_go_make_it_something_else_only_where_programs_restart_for_them(
    gone: str,
    same: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Of Keystone's caches, for one, each host must know all."""
    drawn, host = drafted("whole-prod"), "identity-blue-1"
    few = {one.name for one in drawn.blueprint.hosts} - {gone}
    less = steady.manifest(drawn.blueprint.having(few), drawn.blueprint.host(host))
    assert (less.steady_digest() == drawn.manifests[host].steady_digest()) is same

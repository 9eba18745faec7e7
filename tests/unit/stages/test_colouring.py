"""The colours of a stage as a request finds them: by the names of hosts, and by what load balancers tell."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ssh_stand_in import Ssh
from stage_sample import OPENSTACK, blueprint

from stages.design.blueprint import Colour, Tier
from stages.design.colours import FIRST, Beside, Colours
from stages.errors import ColoursUnclear
from stages.machine.substrates.substrate import Seen, Standing
from stages.requests import colouring
from stages.requests.recorded import Asked
from stages.roles.loadbalancer import servers
from stages.roles.loadbalancer.pools import SHARES

NEXT = "2026.2"
DRAWN = blueprint("whole-prod")
BALANCERS = ("loadbalancer-1", "loadbalancer-2")
BLUE, GREEN = {"identity-blue-1": OPENSTACK}, {"identity-green-1": NEXT}
BESIDE_GREEN = Beside(Colour.BLUE, OPENSTACK, ("identity-blue-1",))


@dataclass(frozen=True)
class Stands:
    """A substrate on which these hosts stand, with the releases that they run."""

    hosts: Mapping[str, str]
    makes_hosts: bool = True

    def standing(self) -> Standing:
        seen = {
            name: Seen("prod", name, "unknown", running=True, image="", openstack=runs, address="")
            for name, runs in self.hosts.items()
        }
        return Standing(seen, gateway=True)

    def borrow(self, folder: Path) -> Path:
        return folder / "ssh.conf"


def found(wanted: str, *hosts: Mapping[str, str], **substrate: Any) -> Colours:  # noqa: ANN401 - of the stand-in
    there = {name: runs for some in (dict.fromkeys(BALANCERS, ""), *hosts) for name, runs in some.items()}
    stands = Stands(there, **substrate)
    return colouring.colours(DRAWN, stands, Asked(wanted), lambda _: stands)  # type: ignore[arg-type, return-value] # has what is asked


def asked(hosts: Ssh) -> list[str]:
    return sorted(argv[-2] for argv in hosts.argvs() if f"shares {SHARES}" in argv[-1])


def shares(**by_service: int) -> str:
    return "".join(f"{service} {share}\n" for service, share in by_service.items())


def test_a_stage_without_hosts_is_blue(hosts: Ssh) -> None:
    assert found(OPENSTACK) == FIRST
    assert asked(hosts) == []


def test_one_colour_alone_is_known_without_asking_anybody(hosts: Ssh) -> None:
    assert found(OPENSTACK, BLUE) == FIRST
    assert found(NEXT, GREEN) == Colours(Colour.GREEN)
    assert found(NEXT, BLUE).beside == BESIDE_GREEN
    assert asked(hosts) == []


def test_a_colour_alone_answers_what_it_has_hosts_for_and_nothing_that_the_release_is_the_first_to_have(
    hosts: Ssh,
) -> None:
    assert found(NEXT, BLUE).served == ("identity",)
    assert found(NEXT, BLUE, {"image-blue-2": OPENSTACK, "compute-1": OPENSTACK}).served == (
        "identity",
        "image",
    )
    assert asked(hosts) == []


def test_where_two_stand_a_load_balancer_tells_who_answers_each_service(hosts: Ssh) -> None:
    hosts.answer(
        loadbalancer_1={"says": shares(identity=100, image=0, compute=10)}, loadbalancer_2={"status": 255}
    )
    assert found(NEXT, BLUE, GREEN) == Colours(Colour.GREEN, BESIDE_GREEN, ("compute", "image"))


def test_each_load_balancer_is_asked_since_they_may_differ_where_a_change_of_colours_ended_halfway(
    hosts: Ssh,
) -> None:
    hosts.answer(
        loadbalancer_1={"says": shares(identity=100, image=100, compute=0)},
        loadbalancer_2={"says": shares(identity=100, image=0, compute=0)},
    )
    assert found(NEXT, BLUE, GREEN).served == ("compute", "image")
    assert found(OPENSTACK, BLUE, GREEN).served == ("identity", "image")
    assert set(asked(hosts)) == set(BALANCERS)


def test_a_load_balancer_that_knows_one_colour_has_it_answer_all(hosts: Ssh) -> None:
    """The hosts of the other one stand for the phases of its schemas, and nobody was told of them yet."""
    services = [
        one.name for role in DRAWN.roles.values() if role.tier is Tier.COLOURED for one in role.services
    ]
    one = {"says": shares(database=0, **dict.fromkeys(services, 0))}
    hosts.answer(loadbalancer_1=one, loadbalancer_2=one)
    assert found(NEXT, BLUE, GREEN).served == tuple(sorted(services)), "and the database is of no colour"


def test_a_part_that_is_lent_is_no_share_and_the_longest_of_each_colour_is_told(hosts: Ssh) -> None:
    hosts.answer(
        loadbalancer_1={"says": shares(identity=0, image=100) + "lent/identity 10\n" + until(7)},
        loadbalancer_2={"says": shares(identity=0) + "lent/identity 10\nlent/image 90\n" + until(9)},
    )
    assert found(NEXT, BLUE, GREEN).served == ("identity",)
    assert lent() == {Colour.GREEN: 9}, "of a service without a share nobody knows who gets more"
    hosts.answer(
        loadbalancer_1={
            "says": shares(image=100, identity=0) + "lent/image 90\nlent/identity 0\n" + until(4)
        },
        loadbalancer_2={"says": shares(identity=0) + "lent/identity 10\n" + until(0)},
    )
    assert lent() == {Colour.BLUE: 4}


def lent() -> Mapping[Colour, float]:
    stands = Stands({**dict.fromkeys(BALANCERS, ""), **BLUE, **GREEN})
    return colouring.lent(DRAWN, stands, stands.standing().hosts)  # type: ignore[arg-type] # has what is asked


def until(seconds: int) -> str:
    return f"lent-until {1000 + seconds}\nlent-now 1000\n"


def test_one_that_tells_of_no_coloured_service_tells_nothing(hosts: Ssh) -> None:
    hosts.answer(loadbalancer_1={"says": shares(database=0)}, loadbalancer_2={"says": shares(identity=100)})
    assert found(NEXT, BLUE, GREEN).served == ()
    assert asked(hosts) == list(BALANCERS)


def test_the_program_that_tells_comes_with_the_question(hosts: Ssh) -> None:
    """The load balancer may be of a release whose own program knew one colour alone."""
    hosts.answer(loadbalancer_1={"says": shares(identity=0)}, loadbalancer_2={"status": 255})
    found(NEXT, BLUE, GREEN)
    (argv,) = [argv for argv in hosts.argvs() if argv[-2] == "loadbalancer-1"]
    assert shlex.split(argv[-1])[-3] == Path(servers.__file__).read_text()


def test_if_one_does_not_tell_the_other_one_does(hosts: Ssh) -> None:
    hosts.answer(loadbalancer_1={"status": 255}, loadbalancer_2={"says": shares(identity=100)})
    assert found(NEXT, BLUE, GREEN).served == ()
    assert asked(hosts) == list(BALANCERS)


def test_if_none_tells_nothing_is_guessed(hosts: Ssh) -> None:
    hosts.answer(loadbalancer_1={"status": 255}, loadbalancer_2={"status": 1})
    with pytest.raises(ColoursUnclear, match="no load balancer tells which one serves"):
        found(NEXT, BLUE, GREEN)


def test_who_needs_all_hosts_asks_no_load_balancer(hosts: Ssh) -> None:
    there = Stands({**dict.fromkeys(BALANCERS, ""), **BLUE, **GREEN})
    stand = colouring.standing(DRAWN, there, NEXT)  # type: ignore[arg-type] # as above
    assert stand == Colours(Colour.GREEN, BESIDE_GREEN)
    assert asked(hosts) == []


def test_machines_are_blue_until_their_inventory_can_say_otherwise(hosts: Ssh) -> None:
    assert found(NEXT, BLUE, makes_hosts=False) == FIRST
    assert asked(hosts) == []

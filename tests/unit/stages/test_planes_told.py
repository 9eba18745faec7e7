"""What stands of a stage, plane by plane, and who answers each service: what people see of an upgrade."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from ssh_stand_in import Ssh
from stage_of_two import desired, stage, standing
from stage_sample import OPENSTACK, blueprint

from stages.design.blueprint import Colour, Tier
from stages.machine.substrates.substrate import Seen, Standing
from stages.planning import order
from stages.requests import planes

NEXT = "2026.2"
BALANCERS = ("loadbalancer-1", "loadbalancer-2")
DRAWN = blueprint("whole-prod")
SHARED = {host.name: OPENSTACK for host in DRAWN.hosts if host.tier is Tier.SHARED}
OUTSIDE = {"compute-1": OPENSTACK, "compute-2": OPENSTACK}
BLUE = {"identity-blue-1": OPENSTACK, "image-blue-1": OPENSTACK}
GREEN = {"identity-green-1": NEXT}


@dataclass(frozen=True)
class Stands:
    """A substrate on which these hosts stand, with the releases that they run."""

    hosts: Mapping[str, str]
    silent: frozenset[str] = field(default_factory=frozenset)

    def standing(self) -> Standing:
        return Standing({name: self._seen(name, runs) for name, runs in self.hosts.items()}, gateway=True)

    def borrow(self, folder: Path) -> Path:
        return folder / "ssh.conf"

    def _seen(self, name: str, runs: str) -> Seen:
        silent = "it did not answer within 10 s" if name in self.silent else ""
        return Seen(
            "prod", name, "unknown", running=True, image="", openstack=runs, address="", silent=silent
        )


def told(*hosts: Mapping[str, str], silent: tuple[str, ...] = ()) -> planes.Found:
    there = Stands({name: runs for some in hosts for name, runs in some.items()}, frozenset(silent))
    return planes.planes(DRAWN, there)  # type: ignore[arg-type] # has what is asked


def parts(found: planes.Found) -> dict[str, Mapping[str, int]]:
    return {row.service: row.parts for row in found.services}


def test_each_plane_tells_what_its_hosts_run_and_the_shared_one_runs_no_release(hosts: Ssh) -> None:
    hosts.answer(loadbalancer_1={"says": "identity 0\n"})
    rows = {row.name: (row.runs, row.hosts, row.running) for row in
            told(OUTSIDE, GREEN, BLUE, SHARED).planes}  # fmt: skip

    assert list(rows) == ["shared", "blue", "green", "outside"]
    assert rows == {
        "shared": ("", len(SHARED), len(SHARED)),
        "blue": (f"OpenStack {OPENSTACK}", 2, 2),
        "green": (f"OpenStack {NEXT}", 1, 1),
        "outside": (f"OpenStack {OPENSTACK}", 2, 2),
    }


def test_a_plane_in_which_a_change_of_release_ended_halfway_tells_both() -> None:
    (row,) = told({"identity-blue-1": OPENSTACK, "identity-blue-2": NEXT}).planes
    assert row.runs == f"OpenStack {OPENSTACK} and {NEXT}"


def test_a_host_that_is_silent_is_named(hosts: Ssh) -> None:
    hosts.answer(loadbalancer_1={"says": "identity 0\n"})
    (_, blue, *_) = told(SHARED, BLUE, silent=("image-blue-1",)).planes
    assert (blue.hosts, blue.running, blue.away) == (2, 1, ("image-blue-1 (silent)",))


def test_load_balancers_tell_what_part_of_each_service_either_colour_answers(hosts: Ssh) -> None:
    hosts.answer(loadbalancer_1={"says": "identity 100\nimage 10\n"})
    found = told(SHARED, BLUE, GREEN)
    assert parts(found) == {"identity": {"blue": 0, "green": 100}, "image": {"blue": 90, "green": 10}}
    assert found.unknown == ""


def test_one_colour_alone_answers_everything_and_nobody_is_asked(hosts: Ssh) -> None:
    found = told(SHARED, GREEN)
    assert set(map(str, parts(found).values())) == {"{'green': 100}"}
    assert hosts.argvs() == []


@pytest.mark.parametrize(
    ("silent", "why"),
    [
        (("identity-green-1",), "green stands alone, and none of the hosts of green runs"),
        (BALANCERS, "green stands alone, and no load balancer runs"),
        (
            ("identity-green-1", *BALANCERS),
            "green stands alone, and none of the hosts of green and no load balancer runs",
        ),
    ],
)
def test_one_colour_alone_answers_nobody_unless_it_runs_and_a_load_balancer_does(
    silent: tuple[str, ...], why: str
) -> None:
    found = told(SHARED, GREEN, silent=silent)
    assert (found.services, found.unknown) == ((), why)
    assert {name for row in found.planes for name in row.away} == {f"{name} (silent)" for name in silent}
    found = told(SHARED, {**GREEN, "identity-green-2": NEXT}, silent=("identity-green-1", BALANCERS[0]))
    assert (bool(found.services), found.unknown) == (True, "")


def test_where_no_load_balancer_tells_nothing_is_guessed(hosts: Ssh) -> None:
    hosts.answer(loadbalancer_1={"status": 255}, loadbalancer_2={"status": 1})
    found = told(SHARED, BLUE, GREEN)
    assert found.services == ()
    assert "no load balancer tells which one answers" in found.unknown


def test_of_a_stage_without_hosts_nothing_is_told() -> None:
    assert told() == planes.Found((), ())


def test_a_service_has_the_ids_of_the_steps_by_which_its_clients_change_over_or_back() -> None:
    """Also of those of a rehearsal: whichever was last made it so."""
    told_of = {step for row in told(SHARED, BLUE).services for step in row.steps}
    drawn = stage(Colour.GREEN, served_by_other=True)
    wanted = replace(desired(drawn), rehearses=True)
    plan = order.make(drawn, standing(drawn, own_stands=True), wanted)
    assert {leg.name for leg in plan.legs} >= {"cut-over", "back", "cut-over-again"}
    assert {step.id for step in plan.steps if step.kind == "cutover"} == told_of

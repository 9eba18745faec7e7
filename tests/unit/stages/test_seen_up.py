"""A host asks every HAProxy whether it sees it up, over a real socket here; it says which one does not."""

import subprocess
import sys

import pytest
from balancer_stand_in import haproxy
from programs import ended
from stage_sample import blueprint, content, formed

from stages.design.blueprint import BALANCER_PORT

SCRIPT = "/usr/local/lib/stagegate/seen-up"
UP = "identity,identity-blue-1,UP,L7OK,Layer7 check passed,,\n"


def asked(port: int) -> subprocess.CompletedProcess[str]:
    """The rendered program, its balancers at a port of this machine."""
    text = content("prod", "identity-blue-1", SCRIPT)
    assert f", {BALANCER_PORT}, " in text
    for balancer in blueprint().everywhere("loadbalancer"):
        assert balancer.address in text
        text = text.replace(balancer.address, "127.0.0.1")
    text = text.replace(f", {BALANCER_PORT}, ", f", {port}, ")
    return ended(sys.executable, "-I", "-c", text, "identity")


@pytest.mark.parametrize("check", ["L7OK", "* L7OK"])
def test_up_by_a_check_that_passed_is_seen_up(check: str) -> None:
    with haproxy("other,identity-blue-1,DOWN,L4CON,,,\n" + UP.replace("L7OK", check)) as port:
        done = asked(port)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            "identity,identity-blue-1,DOWN,L4CON,Layer4 connection problem,Connection refused,\n",
            "is DOWN, last check: L4CON Layer4 connection problem Connection refused",
        ),
        (
            "identity,identity-blue-1,UP 1/2,L7TOUT,Layer7 timeout,,\n",
            "is UP 1/2, last check: L7TOUT Layer7 timeout",
        ),
        # What a reload carried over, and nobody asked since.
        ("identity,identity-blue-1,UP,INI,Initializing,,\n", "is UP, last check: INI Initializing"),
        ("identity,identity-blue-1,DOWN,L4TOUT,,,\n", "loadbalancer-1: identity/identity-blue-1 is DOWN"),
        ("identity,identity-blue-2,UP,L7OK,,,\n", "loadbalancer-2: identity has no server identity-blue-1"),
    ],
)
def test_anything_else_is_not_and_it_says_what_is_seen(row: str, told: str) -> None:
    with haproxy(row) as port:
        done = asked(port)
    assert done.returncode == 1
    assert told in done.stderr


def test_a_load_balancer_that_does_not_answer_sees_nothing() -> None:
    with haproxy(UP) as port:
        pass
    done = asked(port)
    assert done.returncode == 1
    assert "loadbalancer-2: HAProxy does not answer" in done.stderr


def test_each_host_that_has_a_peer_waits_for_its_own_backends() -> None:
    drawn = blueprint("whole-prod")
    for role in ("identity", "image", "compute-api", "network-api", "volume-api"):
        services = {item.host: item for item in formed("whole-prod", role) if item.kind == "service"}
        assert list(services) == [host.name for host in drawn.everywhere(role)]
        backends = [service.name for service in drawn.roles[role].services]
        for formation in services.values():
            assert formation.commands[-1].to_json()["until"] == [SCRIPT, *backends]


def test_a_host_that_will_be_alone_waits_too() -> None:
    """Another one may still serve, and leave next."""
    (formation,) = [item for item in formed("dev", "identity") if item.kind == "service"]
    assert formation.commands[-1].to_json()["until"] == [SCRIPT, "identity"]

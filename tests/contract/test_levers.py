"""What every substrate promises of its levers: suites act with them on one host, from outside."""

import shlex
import time

import pytest
from substrate_ground import ONE, OTHER, Ground, done, said

from stages.machine.substrates import losing
from stages.machine.substrates.substrate import Levers


def test_the_levers_work_both_ways(ground: Ground) -> None:
    ground.with_hosts(ONE)
    levers = ground.levers(ONE)
    assert levers.power_off
    assert levers.power_on
    assert levers.link_down
    assert levers.link_up
    assert levers.network
    done([*levers.power_off, *levers.power_on])
    assert ground.substrate.standing().running == (ONE,)
    # Whoever undoes what was never done changes nothing.
    if ground.machines is not None:
        done([*levers.power_on, *levers.link_up])
    assert ground.substrate.standing().running == (ONE,)


def test_a_machine_is_lost_to_all_but_who_says_so_and_comes_back(ground: Ground) -> None:
    if ground.machines is None:
        pytest.skip("what has power loses that")
    ground.with_hosts(ONE, OTHER)
    levers, machines = ground.levers(ONE), ground.machines
    knocks = f"timeout 2 sh -c 'exec 3<>/dev/tcp/{machines.address(ONE)}/22' && echo there || echo lost"
    knock = f"bash -c {shlex.quote(knocks.replace('sh -c', 'bash -c'))}"
    assert (machines.inside(OTHER, knock).strip(), said(levers.reached)) == ("there", "reachable")
    for down, up in ((levers.link_down, levers.link_up), (levers.power_off, levers.power_on)):
        done(down)
        assert machines.inside(OTHER, knock).strip() == "lost"
        assert said(levers.reached).startswith("unreachable: ")
        done(up)
        assert (machines.inside(OTHER, knock).strip(), said(levers.reached)) == ("there", "reachable")


def test_what_nobody_ends_a_machine_ends_by_itself(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    if ground.machines is None:
        pytest.skip("what has power loses that")
    ground.with_hosts(ONE)
    monkeypatch.setattr(losing, "ENDS_AFTER_S", 3)
    levers = ground.levers(ONE)
    done([*levers.power_off, (*levers.network, "nft", "add table inet stagegate_fault")])
    end = time.monotonic() + 30
    while ground.machines.inside(ONE, "nft list tables; ls -d /run/stagegate-lost 2>/dev/null || :"):
        assert time.monotonic() < end, "it stays cut off"
        time.sleep(0.5)
    assert said(levers.reached) == "reachable"


def test_levers_follow_from_the_name_alone_and_each_host_has_its_own(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("PATH", "/nowhere")
        one, other = ground.levers(ONE), ground.levers(OTHER)
        assert one == ground.levers(ONE)
    for lever in Levers.__dataclass_fields__:
        if getattr(one, lever):
            assert getattr(one, lever) != getattr(other, lever)
    assert one.exec

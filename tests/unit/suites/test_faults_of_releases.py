"""A fault that another release left on a machine is undone, although its program has changed."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from suites.errors import HealingFailed
from suites.faults import fault as faults
from suites.faults.injector import Injector, Ran
from suites.faults.undo_log import UndoLog
from suites.seam.target import Argv, Target, TargetHost


@dataclass(frozen=True)
class Scene:
    """A stage on machines that are reached by ssh. What would be run is kept."""

    target: Target
    log: UndoLog
    ran: list[Argv] = field(default_factory=list)

    def of(self, text: str) -> Target:
        """The target as the release writes it whose program has this text."""
        return replace(self.target, hosts=tuple(self._host(host, text) for host in self.target.hosts))

    def heal(self, target: Target) -> None:
        Injector(target, self.log, None, self._run).heal_all()

    def _run(self, argv: Argv, _within: float) -> Ran:
        self.ran.append(argv)
        return Ran(0, "", "")

    def _host(self, host: TargetHost, text: str) -> TargetHost:
        there = ("ssh", "-F", str(self.target.ssh_config), host.name)
        cut, end = ((*there, f"sh -c '{text}' cut-host {word}") for word in ("cut", "end"))
        return replace(
            host,
            exec=there,
            network=("sh", "-c", f"{text}; exec {' '.join(there)}", host.name),
            power_off=(cut,),
            power_on=(end,),
            link_down=(cut,),
            link_up=(end,),
        )


@pytest.fixture
def scene(target: Target, tmp_path: Path) -> Scene:
    return Scene(target, UndoLog(tmp_path / "faults.json"))


def test_a_lost_machine_comes_back_by_the_program_that_cut_it_off(scene: Scene) -> None:
    before = scene.of("before")
    lost = faults.lose(before, before.hosts[0])
    scene.log.add(lost)
    scene.heal(scene.of("now"))
    assert tuple(argv for argv in scene.ran if "-O" not in argv) == lost.undo
    assert scene.log.standing() == ()


def test_a_machine_s_network_is_reached_by_today_s_program(scene: Scene) -> None:
    before, now = scene.of("before"), scene.of("now")
    scene.log.add(faults.cut_off(before, before.hosts[0], "left"))
    scene.heal(now)
    assert tuple(scene.ran) == faults.cut_off(now, now.hosts[0], "left").undo
    assert scene.log.standing() == ()


def test_the_ways_of_another_release_reach_no_other_machine(scene: Scene) -> None:
    before, now = scene.of("before"), scene.of("now")
    host, other = now.hosts[:2]
    for made in (
        faults.cut_off(before, before.hosts[1], "left"),
        faults.cut_off(now, replace(host, network=(*host.network[:-1], other.name)), "left"),
        faults.lose(before, before.hosts[1]),
    ):
        scene.log.add(replace(made, host=host.name))
    with pytest.raises(HealingFailed, match=str(scene.log.path)) as refused:
        scene.heal(now)
    assert "by hand" in refused.value.next
    assert scene.ran == []
    assert len(scene.log.standing()) == 3

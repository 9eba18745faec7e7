"""A cluster that is bootstrapped at most once, and whose members then find each other. Pure.

Each host starts its programs with its manifest, and no step waits for them: a host without data itself waits
for a cluster, which another host may bootstrap later. So all hosts join in parallel, and the steps only wait
for one after the other. The first host may bootstrap the cluster if no peer holds it. The state that the
plan observed only decides who is first: the bootstrapping host asks every peer at that time.

Data without the mark of a member are a restored backup, or the mark was lost. If no host is a member, the
only one that has such data is first. Of several, a person chooses (stages/clusters/first.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.clusters.first import first
from stages.design.blueprint import Host
from stages.design.manifest import LIB, Command, File, Wait
from stages.design.parts import Formation, Phase, Refused
from stages.design.rendering import render

HERE = Path(__file__).parent
BEGUN_WITHIN = 60
TITLES = {"chosen": "from its data", "discard": "discarding its own data"}


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How the cluster of one program is formed.

    `member` is a file beside a member's data, which comes and goes with them: a host that has it listens on
    `port` once its manifest is applied. A host that lacks one of the files `also` must ask its peers
    nevertheless. `within` is the number of seconds until a member is whole. `data` are patterns of paths that
    exist where there are data, each with the size in bytes above which a file is more than an empty one's.
    If a person chose a member whose data count, the other members `follow` it, or discard theirs. The role
    provides the scripts for both: `chosen` and `discard`.
    """

    program: str
    name: str
    units: tuple[str, ...]
    member: str
    port: int
    within: int
    data: Mapping[str, int]
    also: tuple[str, ...] = ()
    follow: bool = False

    def script(self, verb: str) -> str:
        """The path of the program's script for this verb; the role itself provides `whole`."""
        return f"{LIB}/{self.program}-{verb}"

    @property
    def mark(self) -> str:
        """The file that lets this host's program bootstrap the cluster; a reboot removes it."""
        return f"/run/stagegate/{self.program}-bootstrap"

    def files(self, host: Host, members: Sequence[Host]) -> tuple[File, ...]:
        """Its scripts: ask the peers (`bootstrap`), whether this host can be asked (`begun`), what it has."""
        return tuple(
            File(self.script(verb), self._text(verb, host, members), mode=0o755)
            for verb in ("bootstrap", "begun", "state")
        )

    @property
    def facts(self) -> dict[str, tuple[str, ...]]:
        """What `formations` needs to know of each host that runs."""
        return {self.program: (self.script("state"),)}

    @property
    def start(self) -> tuple[Command, ...]:
        """Start its units now and at each boot, without waiting."""
        return tuple(
            command
            for unit in self.units
            for command in (
                Command(
                    f"enable {unit}", ("systemctl", "enable", unit), unless=("systemctl", "is-enabled", unit)
                ),
                Command(f"start {unit}", ("systemctl", "start", "--no-block", unit), unless=_started(unit)),
            )
        )

    @property
    def begun(self) -> Wait:
        """Wait until a peer that asks this host gets a true answer."""
        return Wait("begun", until=(self.script("begun"),), within=BEGUN_WITHIN)

    def formations(
        self, stage: str, members: Sequence[Host], facts: Mapping[str, Mapping[str, str]]
    ) -> tuple[Formation, ...] | Refused:
        """All hosts in one cluster, first the one that may bootstrap it."""
        order = first(self.program, stage, members, facts, follow=self.follow)
        if isinstance(order, Refused):
            return order
        begin = self._member(order.host, begins=True, instead="chosen" if order.chosen else "")
        return (
            begin,
            *(
                self._member(host, instead="discard" if host.name in order.discard else "")
                for host in order.others
            ),
        )

    def _member(self, host: Host, *, begins: bool = False, instead: str = "") -> Formation:
        """A host in the cluster. The script `instead`, which the role provides, is run before it starts."""
        whole = (self.script("whole"),)
        commands = [Command(TITLES[instead], (self.script(instead),), unless=whole)] if instead else []
        if begins:
            commands.append(Command("bootstrap, if there is no cluster", (self.script("bootstrap"),)))
        does = f"{'start' if begins else 'join'} {self.name}'s cluster on {host.name}"
        return Formation(
            id=f"cluster/{host.name}",
            kind="cluster",
            phase=Phase.BOOTSTRAP,
            host=host.name,
            title=f"{does}, {TITLES[instead]}" if instead else does,
            commands=(*commands, *self.start, Wait("whole", until=whole, within=self.within)),
            done=whole,
        )

    def _text(self, verb: str, host: Host, members: Sequence[Host]) -> str:
        return render(
            HERE / "templates",
            verb,
            host=host,
            peers=peers(host, members),
            bootstrap=self,
            marks=(self.member, *self.also),
            data=dict(self.data),
        )


def peers(host: Host, members: Sequence[Host]) -> dict[str, str]:
    """The addresses of the other members, by name."""
    return {member.name: member.address for member in members if member.name != host.name}


def _started(unit: str) -> tuple[str, ...]:
    return ("sh", "-c", f"systemctl is-active {unit} | grep -qx -e active -e activating -e reloading")

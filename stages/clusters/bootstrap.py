"""A cluster that is bootstrapped at most once, and whose members then find each other. Pure.

Each host starts its programs with its manifest, and no step waits for them: a host without data itself waits
for a cluster, which another host may bootstrap later. So all hosts join in parallel, and the steps only wait
for one after the other. The first host may bootstrap the cluster if no peer holds it. The state that the
plan observed decides nothing: the bootstrapping host asks every peer at that time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.design.blueprint import Host
from stages.design.manifest import LIB, Command, File, Wait
from stages.design.parts import Formation
from stages.design.rendering import render

HERE = Path(__file__).parent
BEGUN_WITHIN = 60


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How the cluster of one program is formed.

    `member` is a file beside a member's data, which comes and goes with them: a host that has it listens on
    `port` once its manifest is applied. A host that lacks one of the files `also` must ask its peers
    nevertheless. `within` is the number of seconds until a member is whole.
    """

    program: str
    name: str
    units: tuple[str, ...]
    member: str
    port: int
    within: int
    also: tuple[str, ...] = ()

    def script(self, verb: str) -> str:
        """The path of the program's script for this verb; the role itself provides `whole`."""
        return f"{LIB}/{self.program}-{verb}"

    @property
    def mark(self) -> str:
        """The file that lets this host's program bootstrap the cluster; a reboot removes it."""
        return f"/run/stagegate/{self.program}-bootstrap"

    def files(self, host: Host, members: Sequence[Host]) -> tuple[File, ...]:
        """The scripts that ask the peers (`bootstrap`) and check that this host can be asked (`begun`)."""
        return tuple(
            File(self.script(verb), self._text(verb, host, members), mode=0o755)
            for verb in ("bootstrap", "begun")
        )

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

    def formations(self, members: Sequence[Host]) -> tuple[Formation, ...]:
        """All hosts in one cluster, first the one that may bootstrap it."""
        return tuple(self._member(host, first=host is members[0]) for host in members)

    def _member(self, host: Host, *, first: bool) -> Formation:
        whole = (self.script("whole"),)
        bootstrap = (
            (Command("bootstrap, if there is no cluster", (self.script("bootstrap"),)),) if first else ()
        )
        return Formation(
            id=f"cluster/{host.name}",
            kind="cluster",
            host=host.name,
            title=f"{'start' if first else 'join'} {self.name}'s cluster on {host.name}",
            commands=(*bootstrap, *self.start, Wait("whole", until=whole, within=self.within)),
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
        )


def peers(host: Host, members: Sequence[Host]) -> dict[str, str]:
    """The addresses of the other members, by name."""
    return {member.name: member.address for member in members if member.name != host.name}


def _started(unit: str) -> tuple[str, ...]:
    return ("sh", "-c", f"systemctl is-active {unit} | grep -qx -e active -e activating -e reloading")

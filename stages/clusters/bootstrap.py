"""A cluster that is bootstrapped at most once, and whose members then find each other. Pure.

All hosts start their programs with their manifests, and are not waited for: who has no data waits itself,
for a cluster that may be bootstrapped on another host only later. So all of them join at the same time, and
the steps only wait for them in turn. The first host may bootstrap the cluster, where no other one holds it.
What was seen when the plan was made decides nothing: the bootstrapping host queries every peer then.
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
    """How the cluster of one program comes to be.

    `member` is a file beside a member's data, which comes and goes with them: who has it is heard at `port`
    of its address once its manifest is applied. Who lacks one of the files `also` has to ask the others all
    the same. `within` are seconds until a member is whole.
    """

    program: str
    name: str
    units: tuple[str, ...]
    member: str
    port: int
    within: int
    also: tuple[str, ...] = ()

    def script(self, verb: str) -> str:
        """Where a host has the program's script of that name; the role itself brings `whole`."""
        return f"{LIB}/{self.program}-{verb}"

    @property
    def mark(self) -> str:
        """The file that tells this host's program that it may bootstrap the cluster; gone with a reboot."""
        return f"/run/stagegate/{self.program}-bootstrap"

    def files(self, host: Host, members: Sequence[Host]) -> tuple[File, ...]:
        """The scripts by which a host is asked, and asks the others."""
        return tuple(
            File(self.script(verb), self._text(verb, host, members), mode=0o755)
            for verb in ("bootstrap", "begun")
        )

    @property
    def start(self) -> tuple[Command, ...]:
        """Start its units now and at each boot; nothing is waited for."""
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
        """Until whoever asks this host gets a true answer."""
        return Wait("begun", until=(self.script("begun"),), within=BEGUN_WITHIN)

    def formations(self, members: Sequence[Host]) -> tuple[Formation, ...]:
        """Every host in the one cluster, the one first that may bootstrap it."""
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
    """The addresses of the other members, by their names."""
    return {member.name: member.address for member in members if member.name != host.name}


def _started(unit: str) -> tuple[str, ...]:
    return ("sh", "-c", f"systemctl is-active {unit} | grep -qx -e active -e activating -e reloading")

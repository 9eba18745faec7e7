"""What the command line needs besides deploying. Every fake passes the tests of what it stands for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.core.stored import Stored
from pipeline.core.traffic import Kept, Point, TrafficAsked, TrafficSeen


@dataclass(frozen=True, slots=True)
class Fitness:
    """One requirement of a machine, and whether it is met."""

    check: str
    ok: bool
    seen: str
    wanted: str
    next: str


@dataclass(frozen=True, slots=True)
class HostProblem:
    """One thing that a host lacks."""

    what: str
    where: str
    why: str
    next: str


@dataclass(frozen=True, slots=True)
class HostFitness:
    """Whether a host has all that its place in the stage needs; what it has in a line, and what it lacks."""

    host: str
    role: str
    fit: bool
    seen: str
    problems: tuple[HostProblem, ...]


@dataclass(frozen=True, slots=True)
class Checkup:
    """What the doctor found: of the machine, and of the hosts of a stage, if it was asked about one."""

    findings: tuple[Fitness, ...]
    hosts: tuple[HostFitness, ...] = ()

    @property
    def fit(self) -> bool:
        """Whether nothing is missing anywhere."""
        return all(one.ok for one in self.findings) and all(host.fit for host in self.hosts)


@dataclass(frozen=True, slots=True)
class LabHost:
    """One host of the lab as it is now."""

    stage: str
    host: str
    role: str
    state: str
    address: str
    image: str


@dataclass(frozen=True, slots=True)
class Lab:
    """What this machine has of one site, whichever.

    `path` is the site's folder, empty if it is not recorded, and `folder` what is known of it: there, gone or
    unknown. `memory` (None: not known) and `disk` are in bytes, images left out. `since` is in seconds since
    1970. `occupants` are the processes at work in a folder that is not there. `on_machines` are the stages
    of the site that are on machines of their own, if its folder is there.
    """

    site: str
    path: str
    folder: str
    stages: tuple[str, ...]
    running: int
    stopped: int
    networks: int
    volumes: int
    images: int
    memory: int | None
    disk: int
    since: float
    occupants: tuple[str, ...]
    on_machines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many hosts a role of a stage had, and has now."""

    role: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Scaled:
    """What was changed in a stage's file: counts, and lines with their signs. Empty if nothing was."""

    file: str
    changes: tuple[Count, ...]
    diff: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MachinesAsked:
    """The machines that are to become a stage: by role, the address and port of each.

    `key` is the path of the private key of `user`, who is root or becomes root by sudo; `namespace` is that
    of the network namespace from which they are reached, if any.
    """

    stage: str
    vip: str
    key: str
    namespace: str | None
    addresses: Mapping[str, Sequence[tuple[str, int]]]
    user: str = "root"


@dataclass(frozen=True, slots=True)
class MachineFitness:
    """Whether a machine can become a host. `fingerprint` is that of the key it showed; empty if none."""

    host: str
    role: str
    address: str
    port: int
    fingerprint: str
    fit: bool
    seen: str
    problems: tuple[HostProblem, ...]


@dataclass(frozen=True, slots=True)
class InventoryMade:
    """A stage's file, and whether it was written: only if there is no problem.

    `listed` is whether the config has the stage in its order. `problems` are those that no machine has alone.
    """

    file: str
    written: bool
    listed: bool
    machines: tuple[MachineFitness, ...] = ()
    problems: tuple[HostProblem, ...] = ()

    @property
    def all_problems(self) -> tuple[HostProblem, ...]:
        """Those of machines, and the others."""
        return (*self.problems, *(one for machine in self.machines for one in machine.problems))


class Storage(Protocol):
    """The folders of a site that can be removed without changing what the ledger says."""

    def stored(self) -> Sequence[Stored]:
        """Every copy of a release, every virtual environment, and every run's evidence, with its size."""

    def remove(self, one: Stored) -> None:
        """Remove one of them. Raises UsageProblem, with the reason, if it cannot be removed."""


@dataclass(frozen=True, slots=True)
class FileSchema:
    """The JSON Schema of some files of a config: `name` of its own file, `files` a pattern of theirs."""

    name: str
    files: str
    schema: Mapping[str, object]


class StageTools(Protocol):
    """What the checkout's `stages` offers besides deploying.

    Every method may raise ChildCrashed or ChildRefused.
    """

    def doctor(self, stage: str | None) -> Checkup:
        """Check whether this machine meets every requirement: of one stage, and its hosts then, or of all."""

    def scale(self, stage: str, counts: Mapping[str, int]) -> Scaled:
        """Write how many hosts of each role the stage has into the checkout's config.

        Raises ConfigProblems with every problem; then nothing was changed.
        """

    def init_inventory(self, asked: MachinesAsked) -> InventoryMade:
        """Ask every machine what it is, and write the file of a stage on them into the checkout's config.

        With any problem, nothing is written. Nothing is changed on a machine.
        """

    def json_schemas(self) -> Sequence[FileSchema]:
        """A JSON Schema for each kind of file of a config."""

    def lab_status(self, stage: str | None) -> Sequence[LabHost]:
        """The hosts of one stage's lab, or of all stages."""

    def lab_down(self, stage: str | None, tokens: Mapping[str, int]) -> Sequence[str]:
        """Remove a stage's lab, or the site's whole lab with its images; return what was removed.

        `tokens` are the tokens of the leases held for this, by stage.
        """

    def lab_list(self) -> Sequence[Lab]:
        """The labs of all sites on this machine, by the site's id."""

    def lab_clean(self, site: str) -> Sequence[str]:
        """Remove the lab of the site with this id, whose folder is not there; return what was removed.

        Raises StageLocked if a process is at work in it; then nothing was removed.
        """

    def lab_exec(self, stage: str, argv: Sequence[str], preview: str | None = None) -> int:
        """Run a command inside the stage, with this process's stdin and stdout; return its exit status.

        With `preview`, by the stage's preview of that name.
        """


class Beginnings(Protocol):
    """How config repositories begin."""

    def example(self) -> Mapping[str, bytes]:
        """The files of a repository to begin with, by path: those of the checkout as it is now.

        Raises UsageProblem if the checkout has none.
        """

    def begin(self, directory: Path, files: Mapping[str, bytes]) -> str:
        """Make the directory a repository with one commit of these files; return the commit.

        Raises UsageProblem if it has files already, or when git refuses. Then nothing is left.
        """

    def renew(self, directory: Path, files: Mapping[str, bytes]) -> Sequence[str]:
        """Write these files into a directory that is there; return the paths of those that are others now.

        Commits nothing. Raises UsageProblem if there is no such directory, or it can't be written to.
        """


class Candidates(Protocol):
    """The revisions of a config of which the next release may be made, newest first, and not without end."""

    def configs(self, config: str | None) -> Sequence[str | None]:
        """Each as a value for `--config`: one, unless it is a repository without revision.

        Raises as `Revisions.identify`.
        """


class Traffic(Protocol):
    """What planes answer, counted by the release's own `stages`, and the evidence of it. Changes no host."""

    def follow(self, asked: TrafficAsked, take: Callable[[Point], None]) -> TrafficSeen:
        """Call `take` with each point, for the seconds that are asked for.

        Points may come from several threads at once. Raises as methods of the Deployer: ChildRefused, too, if
        the release was pinned before there was this.
        """

    def keep(self, attempt: str, point: Point) -> bool:
        """Add a point to the evidence of an attempt; False if that is as large as it may become."""

    def kept(self, attempt: str) -> Kept:
        """The evidence of an attempt, as far as it can be read."""

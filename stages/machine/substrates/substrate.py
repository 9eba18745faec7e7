"""What a stage needs from where its hosts come from. Requests know this much of a substrate, and no more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from stages.design.blueprint import Colour
from stages.machine.images.image_inputs import ImageInputs
from stages.machine.substrates.fence import Lease

Argv = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A host as its substrate sees it. `image` is the content digest of what it was made from.

    `base` is that without OpenStack, empty if it is not known. `role` is "unknown" if the host does not say.
    `packages` has the versions of Debian packages that roles name, as far as they are known.
    `silent` is why it gave no answer of a host of this stage, though it may run: nothing else is known of it
    then. `retried` is why the first try to ask it failed, if there was a second. `outliving` are the
    directories of it that outlive it; None if that is not known.
    """

    stage: str
    host: str
    role: str
    running: bool
    image: str
    openstack: str
    address: str
    base: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    silent: str = ""
    retried: str = ""
    outliving: tuple[str, ...] | None = None

    @property
    def state(self) -> str:
        """What people are told: running, silent or stopped."""
        return "silent" if self.silent else "running" if self.running else "stopped"


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is of a stage: its hosts by name, and the gateway.

    `gateway` is whether programs of this machine can get in; `elsewhere` is where the way in leads if that is
    not where the blueprint puts the stage; `besides` is what stands for the stage and is no host of it.
    `previews` has each colour with a preview gateway, and whether that runs.
    """

    hosts: Mapping[str, Seen]
    gateway: bool
    elsewhere: str = ""
    besides: tuple[Seen, ...] = ()
    previews: Mapping[Colour, bool] = field(default_factory=dict)

    @property
    def all(self) -> tuple[Seen, ...]:
        """The hosts, and what stands besides."""
        return (*self.hosts.values(), *self.besides)

    @property
    def running(self) -> tuple[str, ...]:
        """The names of the hosts that run and are not silent."""
        return tuple(name for name, seen in self.hosts.items() if seen.running and not seen.silent)


@dataclass(frozen=True, slots=True)
class Preview:
    """Where a program is a client of one colour, whichever of two answers clients.

    `inside` is put in front of a program of this machine so that it runs there; `address` is the one that its
    requests come from.
    """

    inside: Argv
    address: str

    def to_json(self) -> dict[str, Any]:
        """The form of target.json."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Levers:
    """The argv lists with which suites act on one host from outside. An empty list: there is no such lever.

    `exec` runs a program on the host and `network` one in the host's network: both are put in front of it.
    `reached` prints "reachable", or "unreachable: " and why, of a host that can still be asked when it has
    lost its power or its link; where it is empty, nothing answers there then. The others are lists of
    commands, run in order.
    """

    exec: Argv
    network: Argv = ()
    power_off: tuple[Argv, ...] = ()
    power_on: tuple[Argv, ...] = ()
    link_down: tuple[Argv, ...] = ()
    link_up: tuple[Argv, ...] = ()
    reached: Argv = ()

    def to_json(self) -> dict[str, Any]:
        """The form of target.json."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Creation:
    """What a host is made from: the image, and the lease of the run that makes it.

    `again` is called with the reason if a transient failure has it made twice.
    """

    image: str
    lease: Lease
    again: Callable[[str], None] = field(default=lambda _why: None)


class Images(Protocol):
    """The host images that this machine has, by content digest."""

    def built(self, inputs: ImageInputs) -> str | None:
        """The content digest of the image made from exactly these inputs, if it is on this machine."""
        ...

    def build(self, inputs: ImageInputs, say: Callable[[str], None]) -> str:
        """Make that image if it is missing, and remove old ones that nobody uses; return its digest."""
        ...

    def base_of(self, image: str) -> str:
        """The digest of an image without OpenStack; empty if the release that built it did not tell."""
        ...

    def packages_of(self, image: str) -> Mapping[str, str]:
        """The versions of an image's Debian packages that roles name; empty if it does not tell."""
        ...

    def base(self, inputs: ImageInputs) -> str:
        """What `base_of` the image will be that is built from these inputs; empty if it is not known yet."""
        ...

    def require(self, image: str) -> None:
        """Raise ImageGone unless hosts can be made from the image with this digest."""
        ...


class Substrate(Protocol):
    """Where the hosts of one stage come from, and how to reach them.

    What changes something takes the run's lease, and raises LeaseLost before it changes anything if a newer
    token was granted. Every change may be repeated, even after a crash in its midst: the result is the same.
    """

    @property
    def takes_memory_here(self) -> bool:
        """Whether its hosts run on this machine, and take its memory."""
        ...

    @property
    def makes_hosts(self) -> bool:
        """Whether it can make a host anew that is lost or does not answer."""
        ...

    @property
    def ssh_config(self) -> Path:
        """The file by which ssh reaches each host under its name, once `connect` has written it."""
        ...

    @property
    def images(self) -> Images:
        """What its hosts are made from."""
        ...

    def standing(self) -> Standing:
        """What there is of the stage; changes nothing."""
        ...

    def forgotten(self) -> tuple[str, ...]:
        """What the config no longer has of the stage, and no plan would remove: why, and what to do."""
        ...

    def connect(self) -> None:
        """Write `ssh_config`, with keys that are missing. Raises HostRefused if anything is `forgotten`."""
        ...

    def is_connected(self) -> bool:
        """Whether `connect` would change nothing; writes nothing."""
        ...

    def borrow(self, folder: Path) -> Path:
        """Write an ssh configuration into any folder, with the keys that exist, and return its path."""
        ...

    def offer_applier(self) -> None:
        """Let hosts that stand find this code's applier."""
        ...

    def prepare(self, image: str, lease: Lease) -> None:
        """Make what the hosts share: the network, the way in, and the previews that the blueprint has.

        A preview that it does not have is removed.
        """
        ...

    def fence(self, name: str, token: int) -> None:
        """Have the host refuse older tokens from its next boot on, before any request reaches it."""
        ...

    def create(self, name: str, creation: Creation) -> None:
        """Make the host anew, replacing any of its name, and boot it. Data that outlives hosts is kept."""
        ...

    def start(self, name: str, lease: Lease) -> None:
        """Boot a host that was stopped."""
        ...

    def remove(self, name: str, discards: Sequence[str], lease: Lease) -> None:
        """Stop a host in an orderly way and remove it; its data stays, but for the directories `discards`."""
        ...

    def admit(self, name: str) -> None:
        """Give a running host what its role asks of the machine below it."""
        ...

    def inside(self) -> Argv:
        """What is put in front of a program of this machine so that it runs in the stage's network.

        Raises ProgramFailed if there is no way in.
        """
        ...

    def previews(self) -> Mapping[Colour, Preview]:
        """The running previews of the colours that the blueprint has; empty where there is no such way in."""
        ...

    def levers(self, name: str, units: Sequence[str]) -> Levers:
        """How suites act on a host from outside, which runs these units for the stage.

        Asks no machine: it is part of what verdicts rest on.
        """
        ...

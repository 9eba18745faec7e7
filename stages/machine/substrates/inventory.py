"""Machines that exist already as a substrate: ssh reaches them, and nobody here can switch them on or off.

A machine that was prepared says so in /var/lib/stagegate/host. One that does not answer may well run:
it is silent, never stopped or missing.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from stages.design.blueprint import Blueprint, Colour
from stages.design.inventory import Inventory as Machines
from stages.design.inventory import Machine
from stages.errors import HostRefused, ProgramFailed
from stages.machine.retrying import retry_once
from stages.machine.site import Site
from stages.machine.substrates import arriving, losing, records, software, ssh
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.images import HostImages
from stages.machine.substrates.remote import LOOK, UNREACHABLE, RemoteHost
from stages.machine.substrates.substrate import Argv, Creation, Levers, Preview, Seen, Standing

# Packages are asked of dpkg: whoever has the machine may have changed them since it was prepared.
ASK = (
    "cat /var/lib/stagegate/host 2>/dev/null || echo owner=; "
    "dpkg-query -W -f 'package ${Package}=${Version}\\n' 2>/dev/null || :"
)
WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Inventory:
    """One stage on machines of its own. Its methods promise what `Substrate` does."""

    site: Site
    blueprint: Blueprint

    @property
    def machines(self) -> Machines:
        """Where the hosts are. Raises ValueError for a stage without."""
        if self.blueprint.inventory is None:
            raise ValueError(f"{self.blueprint.stage} has no inventory")
        return self.blueprint.inventory

    @property
    def owner(self) -> str:
        """What a prepared machine says it belongs to."""
        return self.site.owner(self.blueprint.stage)

    @property
    def takes_memory_here(self) -> bool:
        """Its machines have their own."""
        return False

    @property
    def makes_hosts(self) -> bool:
        """A machine that is lost stays lost, until somebody mends it."""
        return False

    @property
    def ssh_config(self) -> Path:
        """In the stage's folder, where the lab has it, too."""
        return ssh.config_path(self.site, self.blueprint.stage)

    @property
    def images(self) -> HostImages:
        """On this machine, from which their software goes to the others."""
        return HostImages(self.site)

    def standing(self) -> Standing:
        """Every machine is asked what it is, and those that the config no longer has as well."""
        with TemporaryDirectory() as folder, ThreadPoolExecutor(max_workers=16) as pool:
            config = self.borrow(Path(folder))
            asking = [RemoteHost(name, config) for name in (*self.machines.machines, *self._leaving)]
            answers = list(pool.map(lambda host: asked(host, self.blueprint.stage, self.owner), asking))
        found = {host.name: seen for host, seen in zip(asking, answers, strict=True) if seen is not None}
        # One that leaves does so even if it never got any further than its record.
        for name, machine in self._leaving.items():
            found.setdefault(name, _nothing(self.blueprint.stage, name, machine.address))
        gateway = self.machines.namespace
        return Standing(found, gateway=gateway is None or Path(gateway).exists())

    def forgotten(self) -> tuple[str, ...]:
        """Machines that were made hosts, and of which the stage's file has another by the same name.

        One that it has no more leaves by plan, unless an older release did not record the way to it.
        """
        return records.strays(self.site, self.blueprint.stage, self._reached.machines)

    def connect(self) -> None:
        """With root's key and the pinned keys of the machines."""
        records.keep(self.site, self.blueprint.stage, self._reached.machines)
        records.refresh(self.site, self.blueprint.stage, self.machines.machines)
        self.site.sockets.mkdir(mode=0o700, exist_ok=True)
        ssh.settle(self._way(self.site.stage(self.blueprint.stage)))

    def is_connected(self) -> bool:
        """Asks no machine."""
        files = self._way(self.site.stage(self.blueprint.stage))
        return self.site.sockets.is_dir() and ssh.are_settled(files)

    def borrow(self, folder: Path) -> Path:
        """Without connections that outlive a call."""
        ssh.settle(self._way(folder))
        return folder / "ssh_config"

    def offer_applier(self) -> None:
        """Nothing: machines mount no folder of the site, so the applier's text comes with each request."""

    def prepare(self, image: str, lease: Lease) -> None:
        """The network is the machines' own; only the software is fetched that they will get."""
        lease.check()
        self.inside()
        software.fetch(self.site, image, self.machines.proxy)
        self.connect()

    def fence(self, name: str, token: int) -> None:
        """By a file on a machine that is a host already; another has nothing yet that would obey a token.

        A machine that does not answer has it with the first request that reaches it.
        """
        self.connect()
        place = "/etc/stagegate/ssh"
        script = f"[ ! -e /var/lib/stagegate/host ] || {{ mkdir -p {place} && touch {place}/token-{token}; }}"
        code, out, err = self._host(name).shell(script, b"", WITHIN)
        if code not in (0, UNREACHABLE):
            raise HostRefused(
                f"{name} can't be fenced",
                where=f"{place}/token-{token} on {name}",
                why=(err or out).strip() or f"exit status {code}",
                next="mend the machine, and repeat the command (docs/real-hosts.md)",
            )

    def create(self, name: str, creation: Creation) -> None:
        """Software, accounts and names go onto the machine; its data and its operating system stay.

        What runs there for this stage is stopped before. Raises HostRefused if the machine can't be a host,
        with all reasons.
        """
        creation.lease.check()
        self.connect()
        machine = self.machines.machines[name]
        arriving.bring(self.site, self.blueprint, self._host(name), machine, creation)

    def start(self, name: str, lease: Lease) -> None:
        """Only waits: whoever has the machine switches it on."""
        lease.check()
        self.connect()
        self._host(name).wait()
        if asked(self._host(name), self.blueprint.stage, self.owner) is None:
            raise HostRefused(
                f"{name} is there now, and is no host yet",
                where=name,
                why="it did not answer when the plan was made, so the plan does not prepare it",
                next=f"promote abort, then promote --stage {self.blueprint.stage}",
            )

    def remove(self, name: str, discards: Sequence[str], lease: Lease) -> None:
        """All that was put on the machine is taken off it.

        Data stay, but for what is discarded. One that the config no longer has and that keeps none is
        forgotten; any other is known until the stage is taken down.
        """
        lease.check()
        self.connect()
        if name in self.machines.machines:
            role = self.blueprint.roles[self.blueprint.host(name).role]
            kept = [directory for directory in role.keeps if directory not in discards]
            arriving.take_off(self.owner, self._host(name), discards, lease, kept)
        elif recorded := records.of(self.site, self.blueprint.stage).get(name):
            kept = [directory for directory in recorded.keeps if directory not in discards]
            arriving.take_off(self.owner, self._host(name), discards, lease, kept)
            (records.leave if kept else records.drop)(self.site, self.blueprint.stage, name)

    def admit(self, name: str) -> None:
        """Nothing: a machine of its own shares no CPU time."""

    def inside(self) -> Argv:
        """The namespace that the stage's file names; without one, this machine's own network."""
        gateway = self.machines.namespace
        if gateway is None:
            return ("env",)
        if not Path(gateway).exists():
            raise ProgramFailed(
                "there is no way to the machines",
                where=gateway,
                why="the network namespace that the stage's file names is not there",
                next="make it, or correct 'namespace' in the stage's file",
            )
        return ("nsenter", f"--net={gateway}")

    def previews(self) -> Mapping[Colour, Preview]:
        """None: no address of the machines' network is known that is free for one."""
        return {}

    def levers(self, name: str, units: Sequence[str]) -> Levers:
        """By ssh: to all others the machine is lost, and it comes back by itself if nobody brings it back."""
        return losing.levers(self.ssh_config, name, self.machines.vip, units)

    @property
    def _leaving(self) -> Mapping[str, Machine]:
        return records.leaving(self.site, self.blueprint.stage, self.machines.machines)

    @property
    def _reached(self) -> Machines:
        """All machines: those of the config, those that leave, and those that left and have data."""
        left = records.left(self.site, self.blueprint.stage, self.machines.machines)
        return replace(self.machines, machines={**left, **self.machines.machines, **self._leaving})

    def _way(self, folder: Path) -> Mapping[Path, str]:
        return ssh.to_machines(self.site, self.blueprint.stage, self._reached, folder)

    def _host(self, name: str) -> RemoteHost:
        return RemoteHost(name, self.ssh_config)


def asked(host: RemoteHost, stage: str, owner: str) -> Seen | None:
    """What a machine says it is; None if it is no host yet. It is silent if it says nothing, or another's."""
    retried: list[str] = []
    nothing = _nothing(stage, host.name)
    try:
        out = retry_once(
            lambda: _answer(host),
            lambda error: isinstance(error, HostRefused),
            lambda error: retried.append(f"{error.what} ({error.why})"),
        )
    except HostRefused as error:
        return replace(nothing, silent=f"{error.what}: {error.why}", retried="".join(retried))
    said = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
    if said.get("owner", "") not in ("", owner):
        return replace(nothing, silent=f"it says that it belongs to {said['owner']}, and this is {owner}")
    if "image" not in said:
        return None
    return Seen(
        stage,
        host.name,
        said["role"],
        running=True,
        image=said["image"],
        openstack=said["openstack"],
        address=said["address"],
        packages={
            key.removeprefix("package "): version
            for key, version in said.items()
            if key.startswith("package ")
        },
        base=said.get("base", ""),
        retried="".join(retried),
    )


def _nothing(stage: str, name: str, address: str = "") -> Seen:
    """A machine of which it is not known what it is."""
    return Seen(stage, name, "unknown", running=True, image="", openstack="", address=address)


def _answer(host: RemoteHost) -> str:
    """The machine's record. Raises HostRefused if ssh can't reach it, or its shell hangs."""
    code, out, err = host.shell(ASK, b"", WITHIN)
    if code == UNREACHABLE:
        why = err.strip() or "no answer"
        raise HostRefused(f"{host.name} can't be reached by ssh", where=host.name, why=why, next=LOOK)
    return out

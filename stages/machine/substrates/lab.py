"""The lab as a substrate: podman makes the hosts, and ssh reaches them through the stage's gateway.

Below the class is what belongs to no single stage: what a whole site has in the lab.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.design.blueprint import Blueprint, Colour
from stages.errors import ProgramFailed
from stages.machine.images.turn import turn
from stages.machine.retrying import retry_once
from stages.machine.running import run, succeeds
from stages.machine.site import Site
from stages.machine.substrates import given, image, left_over, podman, records, ssh
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.images import HostImages
from stages.machine.substrates.substrate import Argv, Creation, Levers, Preview, Seen, Standing


@dataclass(frozen=True, slots=True)
class Lab:
    """One stage in the lab. Its methods promise what `Substrate` does."""

    site: Site
    blueprint: Blueprint

    @property
    def takes_memory_here(self) -> bool:
        """Containers do."""
        return True

    @property
    def makes_hosts(self) -> bool:
        """As often as one likes."""
        return True

    @property
    def ssh_config(self) -> Path:
        """In the stage's folder."""
        return ssh.config_path(self.site, self.blueprint.stage)

    @property
    def images(self) -> HostImages:
        """In podman's store."""
        return HostImages(self.site)

    def standing(self) -> Standing:
        """Containers with the labels of the site and the stage."""
        found = {seen.host: seen for seen in podman.seen(self.site.id, self.blueprint.stage)}
        gateway = found.pop(podman.OPERATOR_NAME, None)
        named = {colour: found.pop(podman.preview_name(colour), None) for colour in Colour}
        previews = {colour: seen for colour, seen in named.items() if seen is not None}
        way_in = gateway.address if gateway is not None and gateway.running else None
        return Standing(
            found,
            gateway=way_in is not None,
            elsewhere="" if way_in in {None, self.blueprint.operator} else str(way_in),
            besides=(*([] if gateway is None else [gateway]), *previews.values()),
            previews={colour: seen.running for colour, seen in previews.items()},
        )

    def forgotten(self) -> tuple[str, ...]:
        """Machines on which the stage was before. Hosts that the config no longer has are seen, and leave."""
        return records.strays(self.site, self.blueprint.stage, {})

    def connect(self) -> None:
        """Through the gateway's network namespace."""
        records.keep(self.site, self.blueprint.stage, {})
        ssh.configure(self.site, self.blueprint)

    def is_connected(self) -> bool:
        """Looks up the gateway, too."""
        return ssh.is_configured(self.site, self.blueprint)

    def borrow(self, folder: Path) -> Path:
        """Hosts without a key are unreachable by it."""
        return ssh.borrow(self.site, self.blueprint, folder)

    def offer_applier(self) -> None:
        """In the folder that hosts have mounted."""
        given.appliers(self.site)

    def prepare(self, image: str, lease: Lease) -> None:
        """An internal network, and containers that hold namespaces in it open."""
        podman.prepare(self.blueprint, image, lease)
        self.connect()

    def fence(self, name: str, token: int) -> None:
        """By a file in the folder of keys, which the host has mounted."""
        given.raise_token(ssh.equip(self.site, self.blueprint.stage, name), token)

    def create(self, name: str, creation: Creation) -> None:
        """A container, with its keys and the appliers mounted, and a volume for each directory of data."""
        site, blueprint, lease = self.site, self.blueprint, creation.lease
        host = blueprint.host(name)
        keys = ssh.equip(site, blueprint.stage, name)
        mounts = [f"{keys}:{given.KEYS}:ro", f"{given.appliers(site)}:{given.APPLIERS}:ro"]
        mounts += [
            f"{podman.keep(site.id, blueprint.stage, name, directory, lease)}:{directory}"
            for directory in blueprint.roles[host.role].keeps
        ]
        self.connect()
        retry_once(
            lambda: podman.create(blueprint, host, creation.image, mounts, lease),
            # A podman left over from a run that was just killed may have taken the name in the meantime.
            lambda error: isinstance(error, ProgramFailed) and podman.exists(site.id, blueprint.stage, name),
            lambda error: creation.again(error.why),
        )

    def start(self, name: str, lease: Lease) -> None:
        """The container as it was, with its keys."""
        podman.start(self.site.id, self.blueprint.stage, name, lease)

    def remove(self, name: str, discards: Sequence[str], lease: Lease) -> None:
        """The container, and the volumes of what is discarded."""
        podman.remove(self.site.id, self.blueprint.stage, name, lease)
        for directory in discards:
            podman.discard(self.site.id, self.blueprint.stage, name, directory, lease)

    def admit(self, name: str) -> None:
        """Real-time priority."""
        podman.prefer(self.blueprint, self.blueprint.host(name))

    def inside(self) -> Argv:
        """The gateway's network namespace."""
        return self._within(podman.OPERATOR_NAME)

    def previews(self) -> Mapping[Colour, Preview]:
        """The network namespaces of their gateways."""
        addresses = self.blueprint.previews
        running = [colour for colour, runs in self.standing().previews.items() if runs] if addresses else []
        return {
            colour: Preview(self._within(podman.preview_name(colour)), addresses[colour])
            for colour in running
        }

    def _within(self, gateway: str) -> Argv:
        return ("nsenter", f"--net={podman.namespace(self.site.id, self.blueprint.stage, gateway)}")

    def levers(self, name: str, units: Sequence[str]) -> Levers:  # noqa: ARG002 - its power is cut instead
        """podman's, from this machine."""
        return podman.levers(self.blueprint.site, self.blueprint.stage, name)


def seen(site: Site, stage: str | None = None) -> tuple[Seen, ...]:
    """All containers of the site, or of one stage of it, gateways included."""
    return podman.seen(site.id, stage)


def demolish(site: Site, stage: str | None, check: Callable[[], None]) -> list[str]:
    """Remove every container, volume and network of the stage, or of the whole site. Return their names.

    `check` is called before each removal and raises if the removal is not allowed.
    """
    return podman.demolish(site.id, stage, check)


def drop_images(site: Site, say: Callable[[str], None]) -> list[str]:
    """Remove the site's image tags, and the layers that no tag uses any more; returns the tags."""
    with turn(say):
        left_over.clear()
        tags = image.tags(site)
        for tag in tags:
            run([*podman.PODMAN, "rmi", "--force", tag])
        ours = f"label={left_over.ROOT_LABEL}"
        succeeds([*podman.PODMAN, "image", "prune", "--force", "--filter", ours], within=120)
    return tags

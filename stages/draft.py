"""From a config to the desired stage: its blueprint, the manifest of each host, the inputs of its image."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from stages import roles
from stages.config import Config, read
from stages.design import steady, views
from stages.design.blueprint import Blueprint
from stages.design.colours import FIRST, OTHER, Colours
from stages.design.manifest import Manifest, canonical
from stages.design.planes import network, placed, planes
from stages.errors import UnknownStage
from stages.machine.images import inputs
from stages.machine.images.image_inputs import ImageInputs
from stages.machine.references import Reference


class Manifests(Mapping[str, Manifest]):
    """The manifest of each host by name, rendered on access: most requests are about one host."""

    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint
        self._made: dict[str, Manifest] = {}

    def __getitem__(self, name: str) -> Manifest:
        """Return the host's manifest. Raises KeyError when the stage has no such host."""
        if name not in self._made:
            self._made[name] = steady.manifest(self._blueprint, self._blueprint.host(name))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """The names of all hosts."""
        return (host.name for host in self._blueprint.hosts)

    def __len__(self) -> int:
        """The number of hosts."""
        return len(self._blueprint.hosts)


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that config and code define for one stage."""

    config: Config
    blueprint: Blueprint
    manifests: Mapping[str, Manifest]
    image: ImageInputs

    @property
    def references(self) -> Mapping[str, Reference]:
        """The references to the stage's secrets that the site does not generate, by name."""
        return self.config.stage(self.blueprint.stage).secrets

    def topology(self) -> str:
        """SHA-256 in hex of the hosts and their manifests, which are part of a gate's environment."""
        parts: dict[str, Any] = {name: manifest.digest() for name, manifest in self.manifests.items()}
        return hashlib.sha256(canonical(parts)).hexdigest()


def beside(drawn: Draft) -> Draft:
    """The same stage drawn for the colour beside the release's own, with the release that this one runs.

    Raises UnknownOpenStack if this code has no lock for it, and ValueError if one colour stands alone.
    """
    blueprint = views.other(drawn.blueprint)
    (openstack,) = (one.openstack for one in blueprint.planes if one.colour is blueprint.colour)
    return Draft(drawn.config, blueprint, Manifests(blueprint), inputs.read(openstack))


def draft(directory: Path, stage: str, site_id: str, colours: Colours = FIRST) -> Draft:
    """The stage as the config in `directory` and this code define it; cached until a file changes.

    `colours` are those that the stage has: whether the release's own is blue or green, and what is beside it.
    Raises ConfigProblems for an invalid config, UnknownStage, UnknownOpenStack.
    """
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    seen = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)
    return _drawn(directory, stage, site_id, colours, seen)


@lru_cache(maxsize=8)
def _drawn(
    directory: Path, stage: str, site_id: str, colours: Colours, _seen: tuple[tuple[str, int, int], ...]
) -> Draft:
    config = read(directory)
    names = [entry.name for entry in config.stages]
    if stage not in names:
        raise UnknownStage(
            f"there is no stage {stage!r}",
            where=f"{directory}/stagegate.yaml",
            why=f"the config names {', '.join(names)}",
            next="promote status",
        )
    entry = config.stage(stage)
    net = network(site_id, names.index(stage))
    loaded = {name: roles.load(name) for name in entry.roles}
    drawn = planes(entry.roles, loaded, net, {colours.own: config.openstack}, outside=config.openstack)
    blueprint = Blueprint(
        site=site_id,
        stage=stage,
        colour=colours.own,
        network=net,
        planes=placed(drawn, entry.inventory),
        roles=loaded,
        settings=entry.settings,
        inventory=entry.inventory,
        canary=entry.canary,
        beside=colours.beside.plane(roles.possible(net)) if colours.beside else None,
        served=dict.fromkeys(colours.served, OTHER[colours.own]),
        returns=colours.returns,
    )
    return Draft(config, blueprint, Manifests(blueprint), inputs.read(config.openstack))

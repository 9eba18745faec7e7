"""The actions of steps, as values; in a plan's JSON, the key `do` names the action. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from stages.design.parts import Formation
from stages.errors import BadRequest


@dataclass(frozen=True, slots=True)
class BuildImage:
    """Build the host image, or reuse the one that was built from the same inputs.

    The plan counts on `base` as the digest of the image without OpenStack, unless it is empty.
    """

    base: str = ""


@dataclass(frozen=True, slots=True)
class MakeGateway:
    """Create the stage's network and its gateways; remove preview gateways that it has no use for."""


@dataclass(frozen=True, slots=True)
class CreateHost:
    """Create a host, replacing any of its name, and apply the manifest with this digest."""

    manifest: str


@dataclass(frozen=True, slots=True)
class StartHost:
    """Start a stopped host, and apply the manifest with this digest."""

    manifest: str


@dataclass(frozen=True, slots=True)
class ApplyManifest:
    """Apply the manifest with this digest to a running host."""

    manifest: str


@dataclass(frozen=True, slots=True)
class RunCommands:
    """Run the commands of a formation on a host, each in the applier's form."""

    commands: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, formation: Formation) -> "RunCommands":
        """What a formation asks for."""
        return cls(tuple(command.to_json() for command in formation.commands))


@dataclass(frozen=True, slots=True)
class TryColour:
    """For a while, have the release's own colour answer a part of the requests, and compare the two.

    `balancers` are the hosts that distribute them, `services` those that the other colour answers now, and
    `canary` says how much, for how long, and what is worse (stages/design/canary.py).
    """

    balancers: tuple[str, ...]
    services: tuple[str, ...]
    canary: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RemoveHost:
    """Stop a host in an orderly way and remove it; its data stays, but for the directories it `discards`."""

    discards: tuple[str, ...] = ()


Action = (
    BuildImage | MakeGateway | CreateHost | StartHost | ApplyManifest | RunCommands | TryColour | RemoveHost
)
NAMES: Mapping[type[Action], str] = {
    BuildImage: "image",
    MakeGateway: "gateway",
    CreateHost: "create",
    StartHost: "start",
    ApplyManifest: "apply",
    RunCommands: "form",
    TryColour: "try",
    RemoveHost: "remove",
}


def to_json(action: Action) -> dict[str, Any]:
    """The seam's form."""
    return {"do": NAMES[type(action)], **asdict(action)}


def read(data: Mapping[str, Any], where: str) -> Action:
    """Read an action from what `to_json` wrote; `where` names its step.

    Raises BadRequest for an unknown one: the plan is from another revision of the code.
    """
    do = data["do"]
    kind = next((kind for kind, name in NAMES.items() if name == do), None)
    required = () if kind is None else (field.name for field in fields(kind))
    lacking = [name for name in required if name not in data]
    if kind is None or lacking:
        raise BadRequest(
            f"unknown action {do!r} in a step" if kind is None else f"the step has no {lacking[0]}",
            where=where,
            why="the plan was made by another revision of the code",
            next="promote abort, then promote again",
        )
    return kind(**{field.name: data[field.name] for field in fields(kind) if field.name in data})

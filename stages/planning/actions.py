"""What a step does, as values; in a plan each is an object whose `do` says which it is. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from stages.errors import BadRequest


@dataclass(frozen=True, slots=True)
class BuildImage:
    """Build the host image, or take the one that was built from the same inputs."""


@dataclass(frozen=True, slots=True)
class MakeGateway:
    """Make the stage's network, and the host through which it is reached."""


@dataclass(frozen=True, slots=True)
class CreateHost:
    """Make a host, in place of one of its name, and apply the manifest with this digest."""

    manifest: str


@dataclass(frozen=True, slots=True)
class StartHost:
    """Start a host that is stopped, and apply the manifest with this digest."""

    manifest: str


@dataclass(frozen=True, slots=True)
class ApplyManifest:
    """Apply the manifest with this digest to a host that runs."""

    manifest: str


@dataclass(frozen=True, slots=True)
class RunCommands:
    """Run the commands of a formation on a host, each in its form for the applier."""

    commands: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class RemoveHost:
    """Remove a host; its data stay."""


Action = BuildImage | MakeGateway | CreateHost | StartHost | ApplyManifest | RunCommands | RemoveHost
NAMES: Mapping[type[Action], str] = {
    BuildImage: "image",
    MakeGateway: "gateway",
    CreateHost: "create",
    StartHost: "start",
    ApplyManifest: "apply",
    RunCommands: "form",
    RemoveHost: "remove",
}


def to_json(action: Action) -> dict[str, Any]:
    """The seam's form."""
    return {"do": NAMES[type(action)], **asdict(action)}


def read(data: Mapping[str, Any], where: str) -> Action:
    """The action that `to_json` made this of; `where` names its step.

    Raises BadRequest for one that this code does not know: the plan is of other code.
    """
    do = data["do"]
    kind = next((kind for kind, name in NAMES.items() if name == do), None)
    lacking = [] if kind is None else [field.name for field in fields(kind) if field.name not in data]
    if kind is None or lacking:
        raise BadRequest(
            f"unknown action {do!r} in a step" if kind is None else f"the step has no {lacking[0]}",
            where=where,
            why="the plan was made by another revision of the code",
            next="promote abort, then promote again",
        )
    return kind(**{field.name: data[field.name] for field in fields(kind)})

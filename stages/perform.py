"""The verb `perform`: do one step of a plan. Doing it again, after a crash anywhere, ends the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stages import deployment, secrets
from stages.errors import BadRequest
from stages.images import build, left_over
from stages.images.turn import turn
from stages.remote import Host, manifest_request
from stages.substrates import podman, ssh

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stages.context import Context


@dataclass(frozen=True, slots=True)
class Done:
    """What a step did: its receipt, and digests of what it made for later stages."""

    receipt: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)


def perform(context: Context, step: Mapping[str, Any], say: Callable[[str, str | None], None]) -> Done:
    """Do the step. Raises StagesError when it can't be done."""
    context.lease.check()
    action, host = step["action"], step["host"]
    match action["do"]:
        case "image":
            done = _image(context, lambda message: say(message, None))
        case "door":
            done = _door(context)
        case "create":
            done = _create(context, host)
        case "start":
            podman.start(context.site.id, context.stage, host, context.lease)
            done = _greet(context, host)
        case "remove":
            ssh.forget(context.site, context.stage, host)
            podman.remove(context.site.id, context.stage, host, context.lease)
            done = Done()
        case "apply":
            done = _apply(context, host, action["manifest"])
        case "form":
            done = _form(context, host, action["commands"])
        case other:
            raise BadRequest(
                f"no step does {other!r}",
                where=str(step["id"]),
                why="the plan was made by other code than this",
                next="promote abort, then promote again",
            )
    deployment.settle(context)
    return done


def _image(context: Context, say: Callable[[str], None]) -> Done:
    with turn(say):
        left_over.clear()
        image = build.build(context.site, context.draft.image, say)
        in_use = {seen.image for seen in podman.seen(context.site.id)} | {image}
        build.prune(context.site, in_use, say)
    return Done({"image": image, "inputs": context.draft.image.digest}, {"image": image})


def _door(context: Context) -> Done:
    podman.prepare(context.draft.blueprint, _deployable(context), context.lease)
    ssh.configure(context.site, context.draft.blueprint)
    return Done({"network": context.draft.blueprint.network})


def _create(context: Context, name: str) -> Done:
    blueprint = context.draft.blueprint
    host = blueprint.host(name)
    image = _deployable(context)
    mounts = [podman.key_mount(ssh.equip(context.site, context.stage, name))]
    mounts += [
        f"{podman.keep(context.site.id, context.stage, name, directory, context.lease)}:{directory}"
        for directory in blueprint.roles[host.role].keeps
    ]
    ssh.configure(context.site, blueprint)
    ssh.forget(context.site, context.stage, name)
    podman.create(blueprint, host, image, mounts, context.lease)
    return _greet(context, name, image=image)


def _greet(context: Context, name: str, **receipt: Any) -> Done:  # noqa: ANN401 - JSON
    """Wait till the host answers, and tell it the run's token: from now on it refuses older ones."""
    host = _host(context, name)
    host.wait()
    host.change("run", context.lease, _secrets(context, name), commands=[])
    return Done(receipt)


def _apply(context: Context, name: str, digest: str) -> Done:
    manifest = context.draft.manifests[name]
    if manifest.digest() != digest:
        raise BadRequest(
            f"the plan wants another manifest for {name} than this release makes",
            where=name,
            why=f"planned {digest[:12]}, made {manifest.digest()[:12]}: code or config are not the plan's",
            next="promote abort, then promote again",
        )
    request = manifest_request(manifest)
    return Done(_host(context, name).change("apply", context.lease, _secrets(context, name), **request))


def _form(context: Context, name: str, commands: list[Mapping[str, Any]]) -> Done:
    return Done(_host(context, name).change("run", context.lease, _secrets(context, name), commands=commands))


def _deployable(context: Context) -> str:
    image = context.image or build.find(context.draft.image)
    if image is None:
        raise BadRequest(
            "no host image is known for this release",
            where=context.stage,
            why="no earlier stage recorded one, and none was built from these inputs on this machine",
            next="promote plan --stage " + context.stage,
        )
    build.require(image)
    return image


def _host(context: Context, name: str) -> Host:
    return Host(name, ssh.config_path(context.site, context.stage))


def _secrets(context: Context, name: str) -> dict[str, str]:
    wanted = [secret for role in context.draft.blueprint.roles.values() for secret in role.secrets]
    values = secrets.ensure(context.site, context.stage, wanted, context.draft.references)
    return secrets.of_host(values, context.draft.manifests[name])

"""The verb `perform`: perform one step of a plan. Idempotent, even after a crash at any point."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stages.design.manifest import Manifest
from stages.errors import BadRequest, HostRefused
from stages.machine.substrates.remote import manifest_request
from stages.machine.substrates.substrate import Creation
from stages.planning.actions import (
    ApplyManifest,
    BuildImage,
    CreateHost,
    MakeGateway,
    RemoveHost,
    RunCommands,
    StartHost,
    TryColour,
    read,
)
from stages.planning.cutover import KIND as CUTOVER
from stages.planning.data_packages import ADVICE, unreadable
from stages.planning.steps import Retry
from stages.requests import canary, changing, counting, deployment
from stages.requests.context import Context
from stages.roles.loadbalancer.counted import Counters


@dataclass(frozen=True, slots=True)
class Done:
    """What a step did: its receipt, and the digests of the artifacts it produced."""

    receipt: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)


def perform(
    context: Context,
    step: Mapping[str, Any],
    say: Callable[[str, str | None], None],
    retried: Callable[[Retry], None],
) -> Done:
    """Perform the step. Calls `retried` for each retry, also when the step fails in the end.

    Raises StagesError when the step fails.
    """
    context.lease.check()
    host = step["host"]
    match read(step["action"], where=str(step.get("id"))):
        case BuildImage(base=base):
            done = _image(context, base, lambda message: say(message, None))
        case MakeGateway():
            done = _gateway(context)
        case CreateHost() | StartHost() as action:
            done = _bring_up(context, host, action, retried)
        case RemoveHost(discards=discards):
            context.forget(host)
            context.substrate.remove(host, discards, context.lease)
            done = Done()
        case ApplyManifest(manifest=digest):
            apply = _change_over if step.get("kind") == CUTOVER else _apply
            done = apply(context, host, _planned(context, host, digest))
        case RunCommands(commands=commands):
            done = Done(changing.run(context, host, commands))
        case TryColour() as action:
            done = Done(canary.run(context, action, say))
    deployment.settle(context)
    return done


def _image(context: Context, base: str, say: Callable[[str], None]) -> Done:
    image = context.substrate.images.build(context.draft.image, say)
    if base and context.substrate.images.base_of(image) != base:
        raise BadRequest(
            f"the image {image[:19]} has another Debian than the plan counted on",
            where=context.stage,
            why="the root file system was removed from this machine since the plan, and fetched again",
            next="promote abort, then promote again",
        )
    _require_readable(context, image)
    return Done({"image": image, "inputs": context.draft.image.digest}, {"image": image})


def _require_readable(context: Context, image: str) -> None:
    """What the plan could not know of an image that was not built yet: whether hosts with data may get it.

    No host was changed before this, since all wait for the image.
    """
    standing = context.substrate.standing().hosts
    has = {name: seen.packages for name, seen in standing.items()}
    blueprint = context.draft.blueprint
    if unread := unreadable(blueprint, blueprint.roles, has, context.substrate.images.packages_of(image)):
        raise BadRequest(
            f"the image {image[:19]} is not for hosts of {context.stage}, none of which was changed",
            where=context.stage,
            why="; ".join(unread),
            next=ADVICE,
        )


def _gateway(context: Context) -> Done:
    context.substrate.prepare(_deployable(context), context.lease)
    return Done({"network": context.draft.blueprint.network})


def _bring_up(
    context: Context, name: str, action: CreateHost | StartHost, retried: Callable[[Retry], None]
) -> Done:
    """Create or start a host, and apply its manifest as soon as ssh answers."""
    manifest = _planned(context, name, action.manifest)
    context.forget(name)
    context.lease.check()
    context.substrate.fence(name, context.lease.token)
    match action:
        case CreateHost():
            made = _create(context, name, retried)
        case StartHost():
            context.substrate.start(name, context.lease)
            made = Done()
    context.host(name).wait()
    return replace(made, receipt={**made.receipt, **_apply(context, name, manifest).receipt})


def _create(context: Context, name: str, retried: Callable[[Retry], None]) -> Done:
    image = _deployable(context)
    creation = Creation(image, context.lease, lambda why: retried(Retry(f"create {name}", 1, why)))
    context.substrate.create(name, creation)
    return Done({"image": image})


def _planned(context: Context, name: str, digest: str) -> Manifest:
    """Return the host's manifest. Raises BadRequest when it is not the planned one."""
    manifest = context.draft.manifests[name]
    if manifest.digest() != digest:
        raise BadRequest(
            f"the planned manifest of {name} differs from the one that this release renders",
            where=name,
            why=(
                f"planned {digest[:12]}, rendered {manifest.digest()[:12]}: "
                "the code or the config has changed since the plan"
            ),
            next="promote abort, then promote again",
        )
    return manifest


def _apply(context: Context, name: str, manifest: Manifest) -> Done:
    context.substrate.admit(name)
    request = manifest_request(manifest)
    secrets = changing.secrets_of(context, name)
    return Done(context.host(name).change("apply", context.lease, secrets, **request))


def _change_over(context: Context, balancer: str, manifest: Manifest) -> Done:
    """Apply a manifest that shares requests in another way; with what was answered since the step before.

    An HAProxy that does not tell is no reason to keep clients where they are: the manifest may well mend it.
    """
    before, why = _counted(context, balancer)
    done = _apply(context, balancer, manifest)
    after, why_after = _counted_now(context, balancer)
    if after is not None:
        counting.keep(context, {balancer: after})
    if before is None or after is None:
        found: dict[str, Any] = {"told": [f"nothing was measured: {why or why_after}"]}
    else:
        found = {"measured": counting.since(context, before, after)}
    return replace(done, receipt={**done.receipt, **found})


def _counted(context: Context, balancer: str) -> tuple[Counters | None, str]:
    """What it had counted at the step before, or else now; or None, and why that is not known."""
    last = counting.last(context, balancer)
    return (last, "") if last is not None else _counted_now(context, balancer)


def _counted_now(context: Context, balancer: str) -> tuple[Counters | None, str]:
    try:
        return counting.look(context, balancer), ""
    except HostRefused as error:
        return None, f"{error.what}; {error.why}"


def _deployable(context: Context) -> str:
    image = context.image or context.substrate.images.built(context.draft.image)
    if image is None:
        raise BadRequest(
            "no host image is known for this release",
            where=context.stage,
            why="no earlier stage recorded one, and none was built from these inputs on this machine",
            next="promote plan --stage " + context.stage,
        )
    context.substrate.images.require(image)
    return image

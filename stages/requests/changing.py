"""Commands on one host of the stage, under the request's lease."""

from collections.abc import Iterable, Mapping
from typing import Any

from stages.machine import secrets
from stages.requests.context import Context


def run(context: Context, host: str, commands: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Run commands, each in the applier's form; return the receipt. Raises as `RemoteHost.change`."""
    return context.host(host).change("run", context.lease, secrets_of(context, host), commands=list(commands))


def secrets_of(context: Context, host: str) -> dict[str, str]:
    """The values of the secrets that the host's manifest refers to; made where they are missing."""
    draft = context.draft
    values = secrets.ensure(context.site, context.stage, draft.blueprint.secrets, draft.references)
    return secrets.of_host(values, draft.manifests[host])

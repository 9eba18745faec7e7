"""Commands on one host of the stage, under the request's lease."""

from collections.abc import Mapping, Sequence
from typing import Any

from stages.machine import secrets
from stages.requests.context import Context

MARGIN = 600.0  # seconds for a host to begin, besides what its commands may take


def run(context: Context, host: str, commands: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Run commands, each in the applier's form; return the receipt. Raises as `RemoteHost.change`."""
    # Each command ends by itself; this ends a connection that hangs.
    within = MARGIN + sum(float(command["within"]) for command in commands)
    known = secrets_of(context, host)
    return context.host(host).change("run", context.lease, known, within=within, commands=list(commands))


def secrets_of(context: Context, host: str) -> dict[str, str]:
    """The values of the secrets that the host's manifest refers to; made where they are missing."""
    draft = context.draft
    values = secrets.ensure(context.site, context.stage, draft.blueprint.secrets, draft.references)
    return secrets.of_host(values, draft.manifests[host])

"""Commands on one host of the stage, under the request's lease."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stages.machine import secrets
from stages.requests.context import Context

MARGIN = 600.0  # seconds for a host to begin, besides what its commands may take


def run(context: Context, host: str, commands: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Run commands, each in the applier's form; return the receipt. Raises as `RemoteHost.change`.

    In the receipt is what commands told: sentences, and numbers by name.
    """
    # Each command ends by itself; this ends a connection that hangs.
    within = MARGIN + sum(float(command["within"]) for command in commands)
    known = secrets_of(context, host)
    receipt = context.host(host).change("run", context.lease, known, within=within, commands=list(commands))
    told = _told(receipt.pop("told", ()))
    return {**receipt, **told}


def _told(lines: Iterable[str]) -> dict[str, Any]:
    sentences: list[str] = []
    measured: dict[str, Any] = {}
    for line in lines:
        if (found := _document(line)) is None:
            sentences.append(line)
        else:
            sentences += found.get("told", ())
            measured |= found.get("measured", {})
    told = {"told": sentences, "measured": measured}
    return {name: part for name, part in told.items() if part}


def _document(line: str) -> dict[str, Any] | None:
    """What a line has as JSON; None if it is a sentence."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def secrets_of(context: Context, host: str) -> dict[str, str]:
    """The values of the secrets that the host's manifest refers to; made where they are missing."""
    draft = context.draft
    values = secrets.ensure(context.site, context.stage, draft.blueprint.secrets, draft.references)
    return secrets.of_host(values, draft.manifests[host])

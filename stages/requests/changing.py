"""Commands on one host of the stage, under the request's lease."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stages.machine import secrets
from stages.requests.context import Context

TOLD = "told"
MARGIN = 600.0  # seconds for a host to begin, besides what its commands may take


def run(
    context: Context, host: str, commands: Sequence[Mapping[str, Any]], tells: Sequence[str] = ()
) -> dict[str, Any]:
    """Run commands, each in the applier's form; return the receipt. Raises as `RemoteHost.change`.

    In the receipt is what `tells` prints afterwards, a JSON object; if it prints none, the receipt says so.
    """
    # Each command ends by itself; this ends a connection that hangs.
    within = MARGIN + sum(float(command["within"]) for command in commands)
    known = secrets_of(context, host)
    asked = {"commands": list(commands)}
    if tells:
        asked["facts"] = [{"name": TOLD, "run": list(tells)}]
    receipt = context.host(host).change("run", context.lease, known, within=within, **asked)
    answers = receipt.pop("facts", {})
    return {**receipt, **(_told(answers[TOLD]) if tells else {})}


def _told(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What a command told; the step is done, so one that fails is a word in its receipt."""
    try:
        found = json.loads(answer["stdout"]) if answer["rc"] == 0 else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return {
            "told": [f"what it measured is not known: the command that tells it ended with {answer['rc']}"]
        }
    return found


def secrets_of(context: Context, host: str) -> dict[str, str]:
    """The values of the secrets that the host's manifest refers to; made where they are missing."""
    draft = context.draft
    values = secrets.ensure(context.site, context.stage, draft.blueprint.secrets, draft.references)
    return secrets.of_host(values, draft.manifests[host])

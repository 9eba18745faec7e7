"""The verb `begin`, and when the current deployment of a stage began and settled.

Suites judge the journals by these times.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stages.machine import secrets
from stages.machine.site import write
from stages.requests.context import Context


def begin(context: Context, *, new: bool) -> None:
    """Begin a deployment, before a run performs its plan: older logs belong to an earlier deployment.

    `new` is whether no host existed before. Existing hosts find this code's applier from now on. Secrets
    that are missing are generated: once a host stands, they are there. Raises LeaseLost when a newer token
    was granted, and SecretUnusable.
    """
    context.lease.check()
    secrets.ensure(context.site, context.stage, context.draft.blueprint.secrets, context.draft.references)
    context.substrate.connect()
    context.substrate.offer_applier()
    now = _now()
    write(_record(context), json.dumps({"began": now, "settled": now, "new": new}))


def settle(context: Context) -> None:
    """Record that a step has ended; after the last one, nothing in the stage is expected to be down."""
    known = {"began": _now(), **_read(context)}
    write(_record(context), json.dumps(known | {"settled": _now()}))


def resume(context: Context) -> None:
    """Record that an interrupted run continues: hosts may have restarted before, and nobody watched."""
    if known := _read(context):
        write(_record(context), json.dumps(known | {"resumed": _now()}))


def began_at(context: Context) -> str | None:
    """When the deployment began, as RFC 3339 in UTC; None if the stage was never deployed."""
    return _read(context).get("began")


def settled_at(context: Context) -> str | None:
    """When the deployment's last step ended, in the same form."""
    return _read(context).get("settled")


def resumed_at(context: Context) -> str | None:
    """When an interrupted run last continued, in the same form; None if none was."""
    return _read(context).get("resumed")


def is_new(context: Context) -> bool:
    """Whether no host of the stage existed before the deployment."""
    return bool(_read(context).get("new"))


def _read(context: Context) -> dict[str, Any]:
    record = _record(context)
    known: dict[str, Any] = json.loads(record.read_text()) if record.exists() else {}
    return known


def _record(context: Context) -> Path:
    return context.site.stage(context.stage) / "deployment.json"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

"""The lease under which a gate runs, and whether the stage still belongs to that run."""

import json
from dataclasses import dataclass
from pathlib import Path

from suites.errors import LeaseLost


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease of the run that started a gate: its token, and the file with the stage's newest token."""

    file: Path
    token: int


def require_ours(lease: Lease | None, stage: str) -> None:
    """Return if the stage still belongs to the run that started the gate, or if no run is known (None).

    The file is read each time. Raises LeaseLost if it has another token, or can't be read.
    """
    if lease is None:
        return
    try:
        newest = int(json.loads(lease.file.read_bytes())["token"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise LeaseLost(
            f"it is unknown whether this run still has the lease, token {lease.token}",
            where=stage,
            why=f"{lease.file} can't be read: {type(error).__name__}: {error}",
            next="promote status",
        ) from None
    if newest != lease.token:
        raise LeaseLost(
            "the lease was taken over by another run",
            where=stage,
            why=f"its token is {newest}, this run's was {lease.token}",
            next="promote status",
        )

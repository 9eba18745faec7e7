"""Rejections: releases that may enter no stage any more."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.core import events as ev
from pipeline.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a release may enter no stage any more, by whom, and since when (seconds since 1970)."""

    reason: str
    by: Actor
    at: float


# By release.
Rejections = Mapping[str, Rejection]


def rejected(
    rejections: Rejections, event: ev.ReleaseRejected | ev.RejectionWithdrawn, at: float
) -> Rejections:
    """The rejections after one more event."""
    others = {release: found for release, found in rejections.items() if release != event.release}
    if isinstance(event, ev.RejectionWithdrawn):
        return others
    return {**others, event.release: Rejection(event.reason, event.by, at)}

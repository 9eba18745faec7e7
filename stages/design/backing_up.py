"""What a role is told when its data are to be backed up before an upgrade changes them. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Baseline:
    """The state that a backup is to have: of an upgrade from the release `before` to `after`.

    `heads` has, by database, the revisions of its schema as long as nothing has changed it; sorted.
    """

    before: str
    after: str
    heads: Mapping[str, tuple[str, ...]]

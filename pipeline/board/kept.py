"""The documents of attempts, kept: to group what a gate found into causes takes long if it is much."""

from pathlib import Path

from pipeline.cli.render import attempt_data
from pipeline.core.attempt import Attempt
from pipeline.core.history import History

_MOST = 100  # those that were looked at last


class Kept:
    """The document of each attempt, made anew only after an event of it. For one thread at a time."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Attempt, dict[str, object]]] = {}

    def __call__(self, history: History, attempt: Attempt, site: Path) -> dict[str, object]:
        """What `attempt_data` says of it, to be read only."""
        made = self._made.pop(attempt.id, None)
        # Each event of an attempt makes another value of it, and its release never changes.
        if made is None or made[0] is not attempt:
            made = attempt, attempt_data(history, attempt, site)
        self._made[attempt.id] = made
        if len(self._made) > _MOST:
            del self._made[next(iter(self._made))]
        return made[1]

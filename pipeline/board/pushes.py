"""Pushes that wait to become a promotion: many in a short time become one. Pure."""

from dataclasses import dataclass, replace

QUIET_S = 10.0  # of pushes one after the other, the last one counts
MOST_S = 60.0  # but the first does not wait for longer
AGAIN_S = 60.0  # after a transient failure
TRIES = 3


@dataclass(frozen=True, slots=True)
class Pushes:
    """What was pushed and not handed over yet: of the code, of the config. Times are seconds since 1970.

    `first` and `last` are when the first and the last came; `tries` counts the promotions that were begun for
    them and ended with a transient failure.
    """

    code: bool = False
    config: bool = False
    first: float = 0.0
    last: float = 0.0
    tries: int = 0

    @property
    def waiting(self) -> bool:
        """Whether anything waits."""
        return self.code or self.config

    @property
    def candidate(self) -> str:
        """Which candidate is to be made. One of the code takes the newest config with it."""
        return "code" if self.code else "config"

    @property
    def due(self) -> float:
        """From when on it is to be handed over, if anything waits."""
        return min(self.last + QUIET_S, self.first + MOST_S)

    def pushed(self, candidate: str, at: float) -> "Pushes":
        """After one more push, of the code or the config."""
        return Pushes(
            self.code or candidate == "code",
            self.config or candidate == "config",
            self.first if self.waiting else at,
            at,
        )

    def failed_for_now(self, taken: "Pushes", at: float) -> "Pushes":
        """After what was `taken` has met a transient failure; this is what came meanwhile.

        It goes with what came meanwhile, or comes again after a while, unless it did so often enough.
        """
        if self.waiting:
            return replace(self, code=self.code or taken.code, config=self.config or taken.config)
        if taken.tries + 1 >= TRIES:
            return self
        wait = AGAIN_S - QUIET_S
        return replace(taken, first=at + wait, last=at + wait, tries=taken.tries + 1)

"""Keys: which of those that Redis acknowledged it had to keep, and which of them are gone. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from suites.probes.trace import Request, RequestOutcome

# Fewer keys on one side of the fault say nothing of what a failover loses there.
ENOUGH_KEYS = 10


@dataclass(frozen=True, slots=True)
class KeyFindings:
    """What became of the keys that were acknowledged.

    `judged_before` and `judged_after` are how many of them, set before the fault and after it, had to be
    kept; `lost` are those of them that are gone, `late` those gone that Redis had not promised to keep.
    """

    acknowledged: int
    judged_before: int
    judged_after: int
    lost: tuple[str, ...]
    late: tuple[str, ...]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the absence of a loss proves nothing."""
        sides = (("before the fault", self.judged_before), ("by the new master", self.judged_after))
        return tuple(
            f"{count} keys set {side} had to be kept; at least {ENOUGH_KEYS} are needed"
            for side, count in sides
            if count < ENOUGH_KEYS
        )

    @property
    def told(self) -> str:
        """The findings as half a sentence."""
        late = f", and {len(self.late)} that Redis did not promise" if self.late else ""
        return f"lost keys {len(self.lost)} of {self.judged_before + self.judged_after}{late}"


def check_keys(
    requests: Iterable[Request], there: Collection[str], fault: float, lag_s: float
) -> KeyFindings:
    """Return what became of the acknowledged keys, `there` being those that the master has in the end.

    Redis acknowledges before a replica has heard, and a master that is alone goes on for `lag_s`. So two
    kinds of key had to be kept: those set longer than that before the fault, and those that the new master
    took after it. A master that stayed the master is its own successor. What the old one took around the
    fault, cut off or woken up from it, may be gone by design.
    """
    taken = sorted(
        (one for one in requests if one.outcome is RequestOutcome.OK and one.key is not None),
        key=lambda one: one.end,
    )
    before = {one.key for one in taken if one.end < fault - lag_s}
    after = {one.key for one in _of_the_new_master(taken, fault)}
    gone = {one.key for one in taken if one.key not in frozenset(there)}
    return KeyFindings(
        acknowledged=len(taken),
        judged_before=len(before),
        judged_after=len(after),
        lost=_named(gone & (before | after)),
        late=_named(gone - before - after),
    )


def _of_the_new_master(taken: Sequence[Request], fault: float) -> list[Request]:
    """Return what was taken after the fault by who was not the master before, or is the last one to take any.

    The old master counts again from the moment on at which nobody else takes a key any more.
    """
    old = next((one.by for one in reversed(taken) if one.end <= fault), None)
    after = [one for one in taken if one.end > fault and one.by is not None]
    others_until = max((one.end for one in after if one.by != old), default=fault)
    return [one for one in after if one.by != old or one.end > others_until]


def _named(keys: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted(key for key in keys if key is not None))

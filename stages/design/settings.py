"""What settings of roles have in common: strict models, rules for durations, how many hosts there may be."""

from dataclasses import dataclass

from pydantic import AfterValidator, ConfigDict, ValidationInfo

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)
"""The rules for every mapping in a config: no unknown keys, no conversions, no later changes."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many hosts a role may have: 1 to `most`, and `why` no more. `hosts` is what messages call them.

    `even` is what happens to an even number of hosts when they are split in halves; None if that is allowed.
    """

    hosts: str
    most: int
    why: str
    even: str | None = None

    def problem(self, count: int) -> str | None:
        """The reason why there can't be this many hosts, or None."""
        if not 1 <= count <= self.most:
            fitting = "1" if self.most == 1 else f"1 to {self.most}"
            return f"there can be {fitting} {self.hosts}: {self.why}"
        if self.even is not None and count % 2 == 0:
            return f"{count} {self.hosts} have no majority when they are split in halves: {self.even}"
        return None


def longer_than(other: str, why: str) -> AfterValidator:
    """A rule: the duration is longer than that in the field `other`, which the model has before it."""

    def check(length: float, info: ValidationInfo) -> float:
        if length <= info.data.get(other, 0.0):
            raise ValueError(f"must be longer than {other}: {why}")
        return length

    return AfterValidator(check)


def at_most(other: str, why: str, *, times: int = 1) -> AfterValidator:
    """A rule: `times` the duration is at most that in the field `other`, which the model has before it."""

    def check(length: float, info: ValidationInfo) -> float:
        if length * times > info.data.get(other, length * times):
            raise ValueError(f"must be at most {other}{f' / {times}' if times > 1 else ''}: {why}")
        return length

    return AfterValidator(check)


def whole(why: str, *, least: int = 1) -> AfterValidator:
    """A rule: the duration is a whole number of seconds, `least` or more."""

    def check(length: float) -> float:
        if length != int(length) or length < least:
            raise ValueError(f"must be whole seconds, at least {least}: {why}")
        return length

    return AfterValidator(check)

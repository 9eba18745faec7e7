"""The differences between two sets of named values."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """One name whose value differs; None where the name is absent."""

    name: str
    before: str | None
    after: str | None


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Difference, ...]:
    """Every name that differs, sorted."""
    names = sorted(before.keys() | after.keys())
    return tuple(
        Difference(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )

"""What a check saw, and whether it is what must hold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observation:
    """`seen` is one line for people; `holds` says whether it is what must be."""

    holds: bool
    seen: str

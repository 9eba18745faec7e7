"""What can go wrong in stages, and what to do next.

StagesError                 anything this package raises on purpose
├── ManifestError           a manifest contradicts itself (a mistake in a role)
│   ├── DuplicateEntry      the same path, unit, user or command twice
│   └── TemplateError       a template is missing, broken, or asks for a value it was not given
└── ConfigProblems          the config can't be accepted (stages/config/problems.py)
"""

from __future__ import annotations


class StagesError(Exception):
    """An error for people: what, where, why, and the next command to type."""

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        why: str = "",
        next: str = "",  # noqa: A002 - the four words are the ones of the seam
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.next = next

    def __str__(self) -> str:
        """All four parts in one line, those that are known."""
        place = f"{self.where}: " if self.where else ""
        reason = f": {self.why}" if self.why else ""
        advice = f" (next: {self.next})" if self.next else ""
        return f"{place}{self.what}{reason}{advice}"


class ManifestError(StagesError):
    """A manifest contradicts itself."""


class DuplicateEntry(ManifestError):  # noqa: N818 - it says what is there
    """Two parts of a manifest claim the same path, unit, user or command."""


class TemplateError(ManifestError):
    """A template is missing, broken, or asks for a value that it was not given."""

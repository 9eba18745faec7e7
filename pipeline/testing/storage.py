"""A site's folders as a list."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.core.stored import Stored


@dataclass(slots=True)
class FakeStorage:
    """The Storage port on `folders`, which a test fills."""

    folders: list[Stored] = field(default_factory=list)

    def stored(self) -> Sequence[Stored]:
        return tuple(self.folders)

    def remove(self, one: Stored) -> None:
        self.folders.remove(one)

"""An ordered mapping that is never changed, and whose next version costs the same however long it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

V = TypeVar("V")
_PAGE = 100  # values; a version copies one page and the list of pages


@dataclass(frozen=True, slots=True, eq=False)
class Series(Mapping[str, V]):
    """Values by name, in the order in which they were added.

    `first` are the first ones, which may be loaded on demand; `changed` are those of them that are different
    by now. All others are in `pages`, full ones but for the last.
    """

    first: Mapping[str, V] = field(default_factory=dict)
    changed: Mapping[str, V] = field(default_factory=dict)
    pages: tuple[Mapping[str, V], ...] = ()

    def put(self, name: str, value: V) -> "Series[V]":
        """The series with this value under this name: in the place of the one before, or at the end."""
        if name in self.first:
            return Series(self.first, {**self.changed, name: value}, self.pages)
        place = self._page_of(name)
        if place is None and self.pages and len(self.pages[-1]) < _PAGE:
            place = len(self.pages) - 1
        if place is None:
            return Series(self.first, self.changed, (*self.pages, {name: value}))
        page = {**self.pages[place], name: value}
        return Series(self.first, self.changed, (*self.pages[:place], page, *self.pages[place + 1 :]))

    def fresh(self) -> Mapping[str, V]:
        """The values that are not in `first`, or not as they are there."""
        return {**self.changed, **{name: value for page in self.pages for name, value in page.items()}}

    def __getitem__(self, name: str) -> V:
        place = self._page_of(name)
        if place is not None:
            return self.pages[place][name]
        return self.changed[name] if name in self.changed else self.first[name]

    def __contains__(self, name: object) -> bool:
        return name in self.first or self._page_of(name) is not None

    def __iter__(self) -> Iterator[str]:
        yield from self.first
        for page in self.pages:
            yield from page

    def __len__(self) -> int:
        return len(self.first) + sum(map(len, self.pages))

    def _page_of(self, name: object) -> int | None:
        """The newest pages come first: what is asked for most is young."""
        for place in range(len(self.pages) - 1, -1, -1):
            if name in self.pages[place]:
                return place
        return None

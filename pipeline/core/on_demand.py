"""A mapping whose names are known, and whose values are loaded when they are asked for."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

V = TypeVar("V")


class OnDemand(Mapping[str, V]):
    """Values by name, in the order of the names; with `most`, only so many that were loaded are remembered.

    `load` returns the same value for a name, whenever it is called, so this is a value like any mapping.
    """

    __slots__ = ("_load", "_loaded", "_most", "_names")

    def __init__(self, names: Iterable[str], load: Callable[[str], V], most: int | None = None) -> None:
        self._names = dict.fromkeys(names)
        self._load = load
        self._most = most
        self._loaded: OrderedDict[str, V] = OrderedDict()

    def __getitem__(self, name: str) -> V:
        try:
            return self._loaded[name]
        except KeyError:
            if name not in self._names:
                raise
        value = self._loaded[name] = self._load(name)
        if self._most is not None and len(self._loaded) > self._most:
            self._loaded.popitem(last=False)
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

"""What running programs of a component report of their settings, and how it is compared. Pure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from suites.hosts.host import Host
from suites.seam.declared import Settings

Same = Callable[[str, str], bool]


def same_text(declared: str, effective: str) -> bool:
    """Say whether two values are written alike."""
    return declared == effective


@dataclass(frozen=True, slots=True)
class Reports:
    """How a host's programs of a component are asked what settings they have in memory.

    `parse` turns what the script prints into settings by kind and name; it raises ReadingFailed. `shows` has
    by kind a command by which a person sees one, in which `{name}` stands for its name. Of the kinds that are
    `whole`, nothing may be there that is not declared. `same` compares a declared value with a reported one.

    Hosts of a role must agree in all that is reported, but for the settings that are `of_each`, by name: what
    is a host's own, or changes by itself. In values, a host's own name and address count as equal.
    """

    script: Callable[[Host], str]
    parse: Callable[[str], Settings]
    shows: Mapping[str, str]
    whole: Collection[str] = ()
    same: Same = same_text
    of_each: Collection[str] = ()

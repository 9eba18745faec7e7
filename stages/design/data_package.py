"""The Debian package whose program has the data that a role keeps, and which of its versions can. Pure."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataPackage:
    """The package that owns a role's data.

    `numbers` is how many of the first numbers of its upstream version name a version series. Versions of one
    series are taken to read each other's data; why, for each package, is in decision 47.
    """

    name: str
    numbers: int

    def series(self, version: str) -> str:
        """The version series of a Debian version: of "1:10.11.14-0+deb12u2" with two numbers, "10.11".

        A version that begins with no number is a series of its own.
        """
        upstream = version.partition(":")[2] or version
        found = re.match(rf"\d+(?:\.\d+){{0,{self.numbers - 1}}}", upstream)
        return found[0] if found else upstream

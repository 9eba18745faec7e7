"""Whose a component's data is: data outlives hosts and belongs to a number, and so does the account."""

from dataclasses import dataclass

from suites.errors import ReadingFailed
from suites.harness.component import Kept
from suites.hosts.reading import Observation

NUMBERS = "/usr/share/stagegate/accounts"  # where an image has the numbers of all accounts


@dataclass(frozen=True, slots=True)
class Owners:
    """As `uid:gid`: the numbers that the account must have, those that it has, those of the directory."""

    wanted: str
    account: str
    directory: str


def script(kept: Kept) -> str:
    """Return the script that prints the three, one a line."""
    return (
        f"sed -n 's/^{kept.account}://p' {NUMBERS}; getent passwd {kept.account} | cut -d: -f3,4; "
        f"stat --format=%u:%g {kept.directory}"
    )


def parse(text: str) -> Owners:
    """Parse the output of the script. Raises ReadingFailed."""
    try:
        wanted, account, directory = text.split()
    except ValueError:
        raise ReadingFailed("the owners of the data can't be parsed", why=repr(text)) from None
    return Owners(wanted, account, directory)


def are_equal(kept: Kept, owners: Owners) -> Observation:
    """Say whether the account and the directory have the numbers that they must have."""
    wrong = []
    if owners.account != owners.wanted:
        wrong.append(f"{kept.account} has uid:gid {owners.account}")
    if owners.directory != owners.wanted:
        wrong.append(f"{kept.directory} belongs to {owners.directory}")
    if wrong:
        return Observation(holds=False, seen=f"{', '.join(wrong)}, and must be {owners.wanted}")
    return Observation(holds=True, seen=f"{kept.account} and {kept.directory} are {owners.wanted}")

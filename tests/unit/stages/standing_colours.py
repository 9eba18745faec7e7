"""Colours as they may stand, for tests of which one a release is about."""

from stages.design.blueprint import Colour
from stages.design.colours import Standing

OLD, NEW, THIRD = "2025.2", "2026.1", "2026.2"
BLUE, GREEN = Colour.BLUE, Colour.GREEN
SERVICES = ("image", "identity")
BY_BLUE, BY_GREEN = dict.fromkeys(SERVICES, BLUE), dict.fromkeys(SERVICES, GREEN)
HALFWAY = BY_BLUE | {"image": GREEN}


def runs(colour: Colour, *releases: str) -> dict[Colour, Standing]:
    """A colour with a host for each of these releases."""
    hosts = {f"identity-{colour.value}-{number}": release for number, release in enumerate(releases, 1)}
    return {colour: Standing(hosts)}

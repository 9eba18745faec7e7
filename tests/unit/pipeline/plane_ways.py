"""Ways to a stage on which planes stand."""

from desk import Desk, Way, green

from pipeline.core.planes import PlaneSeen, PlanesSeen, ServiceSeen
from pipeline.testing.deployer import Recipe

STATUS = ["status", "--stage", "dev"]
SHARED, BLUE = PlaneSeen("shared", "", 7, 7), PlaneSeen("blue", "OpenStack 2025.2", 6, 6)
GREEN = PlaneSeen("green", "OpenStack 2026.1", 6, 5, ("image-green-1 (silent)",))
OVER = ("cutover/identity/lb-1", "cutover/identity/lb-2")
TWO = PlanesSeen(
    (SHARED, BLUE, GREEN),
    (
        ServiceSeen(
            "identity", {"blue": 0, "green": 100}, ("cutover/identity/lb-1", "cutover/identity/lb-2")
        ),
        ServiceSeen("image", {"blue": 97, "green": 3}, ("cutover/image/lb-1",)),
    ),
)
ONE = PlanesSeen((SHARED, BLUE), (ServiceSeen("identity", {"blue": 100}, OVER),))


def standing_on(planes: PlanesSeen) -> Way:
    """These planes stand in dev, to which nobody has changed over yet."""

    def way(desk: Desk) -> list[str]:
        desk(*green(desk))
        desk.bench.world.planes["dev"] = planes
        return STATUS

    return way


def changed_over(desk: Desk) -> list[str]:
    """Clients of identity changed over by a promotion."""
    release = desk.bench.commit("over")
    desk.bench.world.recipes[release] = Recipe(dict.fromkeys(OVER, "green"))
    desk("--stage", "dev")
    desk.bench.world.planes["dev"] = TWO
    return STATUS


def nobody_answers(desk: Desk) -> list[str]:
    """The release of dev can't be asked."""
    desk(*green(desk))
    desk.bench.world.broken.add("planes")
    return STATUS

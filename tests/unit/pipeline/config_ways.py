"""Ways to ask about configs, and to begin one."""

from desk import Desk, green, saying

from pipeline.core.errors import ConfigProblem
from pipeline.core.stages import StageGraph
from pipeline.ports import CheckResult

BEGIN = ("init", "config", "new", "--code", "cloud/stagegate")
begins_config = saying(*BEGIN)


def read_otherwise(desk: Desk) -> list[str]:
    """The code in dev refuses the config that the checkout's accepts."""
    desk(*green(desk))
    problem = ConfigProblem("config/a.yaml", 1, 5, "unknown key 'new'", None)
    desk.bench.world.refusing[desk.bench.revisions.pin.id] = CheckResult((problem,), StageGraph(()))
    return ["check", "--each-stage"]


def renews_schemas(desk: Desk) -> list[str]:
    desk(*BEGIN)
    return [*BEGIN[:3], "--schemas"]

"""Whether a stage has got over what a test did to it, by the word of its components."""

from pathlib import Path

from suites.failover.stage import Recovering, carried
from suites.hosts.host import reach
from suites.hosts.reading import until
from suites.seam.target import read_target

HEALTHY_WITHIN_S = 90.0


def await_health(path: Path) -> None:
    """Return once every component is healthy and settled. Raises NotWithin with those that are not."""
    target = read_target(path)
    until(Recovering(carried(target, reach(target))).look, within=HEALTHY_WITHIN_S, every=1.0)

"""Whether a promotion into one stage is proof enough to enter the next."""

from pipeline.core.attempt import Attempt
from pipeline.core.line import LineStage


def proves(attempt: Attempt, rules: LineStage) -> bool:
    """Whether a pass of the attempt's gates is all that these rules ask; an override stands for a pass.

    An attempt from before the site had a line was not asked for single checks, and is believed.
    """
    if not rules.least.keys() <= set(attempt.gates):
        return False
    least = attempt.least
    return least is None or all(set(rules.least[gate]) <= set(least.get(gate, ())) for gate in rules.least)

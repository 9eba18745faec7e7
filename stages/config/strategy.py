"""`strategy` in a stage's file: how changes reach coloured hosts (stages/design/strategy.py)."""

from stages.config.document import Document
from stages.config.judging import at
from stages.config.problems import Problem, closest
from stages.design.strategy import Strategy

KEY = "strategy"
_NAMES = tuple(one.value for one in Strategy)


def judge_strategy(document: Document) -> tuple[Strategy, list[Problem]]:
    """Validate it; return the strategy, rolling without one, and all problems."""
    said = at(document.data, (KEY,))
    if said is None:
        return Strategy.ROLLING, []
    place = document.place((KEY,))
    if said not in _NAMES:
        return Strategy.ROLLING, [Problem.at(place, f"unknown strategy {said!r}", closest(str(said), _NAMES))]
    strategy = Strategy(said)
    if strategy is Strategy.BLUE_GREEN and at(document.data, ("substrate",)) == "inventory":
        told = "machines of an inventory have one colour, so no second control plane can take over"
        return strategy, [Problem.at(place, told, f"write {Strategy.ROLLING.value}, or leave it out")]
    return strategy, []

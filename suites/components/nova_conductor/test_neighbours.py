from suites.components.nova_conductor import neighbours
from suites.neighbours.crossing import concluded
from suites.neighbours.fixtures import Judging, Making
from suites.neighbours.pair import Pair
from suites.seam.target import Target


def test_conductors_work_for_both(pair: Pair, target: Target, making: Making, judging: Judging) -> None:
    made = making()
    own = target.names("nova-conductor")
    judging(concluded(made, lambda: neighbours.work(pair, made, own)))

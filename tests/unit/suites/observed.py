"""Whether an observation holds, as a test expects it; and what was seen."""

from suites.hosts.reading import Observation


def met(observation: Observation) -> str:
    """Return what was seen of a condition that must hold."""
    assert observation.holds, observation.seen
    return observation.seen


def unmet(observation: Observation) -> str:
    """Return what was seen of a condition that must not hold."""
    assert not observation.holds, observation.seen
    return observation.seen

"""No sequence of calls brings a release into a stage without what the site's line asks."""

from examples import MORE
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from talk import Talk

# What fits into about fifteen seconds of one core.
EXAMPLES, STEPS = 150, 20


def test_no_sequence_of_calls_brings_a_release_further_than_the_rules_allow() -> None:
    run_state_machine_as_test(
        Talk,
        settings=settings(
            max_examples=EXAMPLES * MORE,
            stateful_step_count=STEPS,
            derandomize=MORE == 1,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

"""A child for one call is believed by its last line and by how it ended."""

from contextlib import closing

import pytest
from release_programs import CONTEXT, Release

from pipeline.adapters.serving import Servings
from pipeline.core.errors import ChildCrashed

RESULT = "print(json.dumps({'event': 'result', 'protocol': 1, 'plan': {'steps': []}}))\n"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("pass", "without a result"),
        ('print(\'{"event": "res\')', "without a result"),
        ("print('[1]')", "without a result"),
        (RESULT + "sys.exit(1)", "status 1"),
    ],
)
def test_no_result_or_a_bad_end_is_a_crash(release: Release, program: str, said: str) -> None:
    with pytest.raises(ChildCrashed, match=said):
        release.stages(program).plan(CONTEXT)


def test_a_call_that_reaches_its_limit_is_said_to_have_taken_too_long(release: Release) -> None:
    stages = release.stages("import time; time.sleep(600)")
    with closing(Servings(release.children, limit_s=1)) as short:
        stages._servings = short  # noqa: SLF001 - an hour is long for a test
        with pytest.raises(ChildCrashed, match="took longer than 1 s and was terminated"):
            stages.plan(CONTEXT)

"""A child for one call is believed by its last line and by how it ended."""

import pytest
from release_programs import CONTEXT, Release

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

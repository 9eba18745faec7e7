"""A sweep by the release's own suites, and by the fake that stands for them."""

from pathlib import Path

import pytest
from release_programs import CONTEXT, Release

from pipeline.core.errors import ChildCrashed
from pipeline.core.swept import Leftover, Swept
from pipeline.ports import Gates, Target
from pipeline.testing import FakeGates
from pipeline.testing.gates import ASKED, AWAY

LEFT = Leftover("nova-api", "server", "smoke-1", ASKED)
# The answer of the program, which is told by its arguments whether to remove anything.
PROGRAM = """
clear = "--clear" in sys.argv
why = None if clear else {asked!r}
found = [] if GONE.exists() else [dict(component="nova-api", kind="server", name="smoke-1", why=why)]
if clear:
    GONE.touch()
print(json.dumps(dict(protocol=1, found=found, unread=[{unread!r}])))
"""
START = """
import json, pathlib, sys
assert sys.argv[1:3] == ["sweep", "--target"], sys.argv
GONE = pathlib.Path(sys.argv[3]).with_name("gone")
"""


def real(tmp_path: Path, program: str) -> Gates:
    release = Release(tmp_path)
    gates = release.suites("")
    release.program("suites", START + program)
    return gates


@pytest.fixture(params=["fake", "real"])
def gates(request: pytest.FixtureRequest, tmp_path: Path) -> Gates:
    if request.param == "fake":
        fake = FakeGates()
        fake.left = [LEFT, Leftover(AWAY, "image", "smoke-2", ASKED)]
        return fake
    return real(tmp_path, PROGRAM.format(asked=ASKED, unread=f"{AWAY}: no answer"))


def test_what_is_left_is_found_and_then_removed(gates: Gates, tmp_path: Path) -> None:
    target, unread = Target(tmp_path / "target.json"), (f"{AWAY}: no answer",)
    for _ in range(2):
        assert gates.sweep(CONTEXT, target, clear=False) == Swept((LEFT,), unread)
    removed = gates.sweep(CONTEXT, target, clear=True)
    assert [(one.name, one.why) for one in removed.found] == [("smoke-1", None)]
    assert not removed.left


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("sys.exit('no clouds.yaml')", "no clouds.yaml"),
        (
            "sys.exit(\"argument verb: invalid choice: 'sweep' (choose from 'gate')\")",
            "older than this command",
        ),
        ("print('{}')", "protocol None, not 1"),
        ("print(json.dumps(dict(protocol=1, found=[{}], unread=[])))", "malformed answer"),
    ],
)
def test_a_sweep_that_breaks_is_no_clean_stage(tmp_path: Path, program: str, said: str) -> None:
    gates = real(tmp_path, program)
    with pytest.raises(ChildCrashed) as caught:
        gates.sweep(CONTEXT, Target(tmp_path / "target.json"), clear=False)
    assert said in "\n".join(caught.value.lines())

"""A broken green never gets the clients, or loses them within the bound of the config; blue is not touched.

The stage is the small one, with half of the requests lent to green for a minute before it gets all of them.
What each defect does, and the leg that stops it, is in broken_greens.py.
"""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from broken_greens import EVERY, Broken
from checkout import Checkout
from upgrading import AFTER, BEFORE, OF_IDENTITY, answering, as_it_is, asks_for, failed_in, writes
from watching import Watch, watched

pytestmark = [pytest.mark.prove, pytest.mark.timeout(2 * 3600)]

STAGE = "staging"
FOR_S, LENT_S, LOOK_S = 60, 20, 10  # a canary's time, how long HAProxy lends without being told, two looks
CANARY = f"\ncanary:\n  share: 50%\n  for: {FOR_S}s\n"
CLIENTS = 12
WITHIN_S = 3000


@pytest.fixture(scope="module")
def blue(holder_of_the_image: None) -> Iterator[Checkout]:  # noqa: ARG001 - of the image it takes over
    """A clone whose only stage runs the older release, and whose upgrades begin with a canary."""
    clone = Checkout("broken-green").fresh().with_staging_alone().small().with_smoke_alone()
    with closing(clone) as checkout:
        file = checkout.path / "config/stages/staging.yaml"
        file.write_text(file.read_text() + CANARY)
        checkout.edit("config/stages/staging.yaml", "rehearse: true", "rehearse: false")
        checkout.commit("A canary, and no rehearsal")
        asks_for(checkout, BEFORE)
        checkout.promote("--stage", STAGE, expect=0, within=WITHIN_S)
        asks_for(checkout, AFTER)
        yield checkout


@contextmanager
def crowd(checkout: Checkout) -> Iterator[None]:
    """Clients, each of whom asks for versions again and again, five times a second."""
    url = f"http://{checkout.target(STAGE)['vip']}:5000/v3"
    with TemporaryDirectory() as folder:
        stop = Path(folder, "stop")
        one = f"until [ -e {stop} ]; do curl -s -m 5 -o /dev/null {url}; sleep 0.2; done"
        script = f"for _ in $(seq {CLIENTS}); do ({one}) & done; wait"
        process = checkout.start("lab", "exec", "--stage", STAGE, "--", "sh", "-c", script)
        try:
            yield
        finally:
            stop.touch()
            process.communicate(timeout=60)
    assert process.returncode == 0, "the crowd ended before it was told to"


def stopped_in(attempt: dict[str, Any]) -> set[str]:
    """The legs of an attempt in which a step failed or a gate was no pass."""
    steps = {leg["name"] for leg in attempt["legs"] if set(leg["steps"]) & set(attempt["failures"])}
    return steps | {gate["leg"] for gate in attempt["gates"] if gate["verdict"] != "pass"}


def said_of(checkout: Checkout, attempt: str) -> str:
    """What the history says of an attempt, and the logs of what did not pass."""
    shown = (checkout.promote("show", attempt, *more, expect=0).out for more in ((), ("--logs",)))
    # Lines are broken for people; a sentence is looked for as if it had none.
    return " ".join("\n".join(shown).split())


def judge_clients(watch: Watch, broken: Broken) -> None:
    """Whoever may meet the defect meets it for a while; nobody else meets anything."""
    if not broken.is_met:
        assert failed_in(watch) == {}
        return
    moments = [one.due_s for failed in watch.failed.values() for one in failed]
    assert moments, f"nobody met it: {broken.name} proves nothing"
    assert max(moments) - min(moments) <= FOR_S + LENT_S + LOOK_S
    said = {str(one.error).split()[1] for failed in watch.failed.values() for one in failed}
    assert said <= {"500", "503"}, failed_in(watch)


@pytest.mark.parametrize("broken", EVERY, ids=lambda broken: broken.name.replace(" ", "-"))
def test_a_broken_green_is_stopped(blue: Checkout, broken: Broken, tmp_path: Path) -> None:
    before = as_it_is(blue, STAGE, "blue")
    broken.put_in(blue)
    try:
        with (
            crowd(blue) if broken.crowd else nullcontext(),
            watched(blue.target_path(STAGE), tmp_path, OF_IDENTITY) as watch,
        ):
            done = blue.promote("--stage", STAGE, within=WITHIN_S)
    finally:
        blue.revert()
    assert done.code == broken.code, f"{done.out}\n{done.err}"
    failed, rollback = blue.history()[-2:]
    assert (rollback["rolls_back"], rollback["outcome"]) == (failed["id"], "rolled_back")
    assert stopped_in(failed) == {broken.leg}, failed["failures"]
    assert re.search(broken.said, said_of(blue, failed["id"])), said_of(blue, failed["id"])
    assert answering(blue, STAGE) == {"blue"}
    assert as_it_is(blue, STAGE, "blue") == before
    judge_clients(watch, broken)
    assert writes(blue, STAGE, tmp_path, OF_IDENTITY)[1] == []


def test_the_same_release_without_a_defect_gets_the_clients(blue: Checkout, tmp_path: Path) -> None:
    """So it was the defects that were stopped; and what they left behind is in nobody's way."""
    with watched(blue.target_path(STAGE), tmp_path, OF_IDENTITY) as watch:
        blue.promote("--stage", STAGE, expect=0, within=WITHIN_S)
    assert failed_in(watch) == {}
    assert answering(blue, STAGE) == {"green"}
    assert writes(blue, STAGE, tmp_path, OF_IDENTITY)[1] == []

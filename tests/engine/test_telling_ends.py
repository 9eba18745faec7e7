"""The end of a run waits for the forge, but not for long, and not against the will of who waits."""

import threading
import time
from signal import SIGINT

import pytest

from pipeline.core.errors import RunInterrupted
from pipeline.core.kinds import Outcome
from pipeline.engine.promote import Wish, promote
from pipeline.engine.telling import telling
from pipeline.testing import Bench, FakeForge

TELLS_S = 30.0  # much more than a test may take


@pytest.mark.parametrize("signal", [None, SIGINT])
def test_a_signal_ends_the_wait_for_a_forge_that_does_not_answer(
    bench: Bench, signal: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.commit("first", a="1")
    bench.forge = FakeForge()
    asked, answer = threading.Event(), threading.Event()

    def silent(_forge: FakeForge, _message: object) -> str:
        asked.set()
        assert answer.wait(2 * TELLS_S)
        return "1"

    monkeypatch.setattr(FakeForge, "set_status", silent)
    within_s = 0.5 if signal is None else TELLS_S
    begun = time.monotonic()
    with telling(bench.shop(), within_s) as shop:
        assert promote(shop, Wish("dev")).outcome is Outcome.VERIFIED
        assert asked.wait(10)
        # As soon as the run is over, and its end is told.
        later = threading.Timer(0.3, lambda: setattr(bench.quiet, "signal", signal))
        later.start()
    took = time.monotonic() - begun
    later.join()
    answer.set()

    assert took < TELLS_S / 2
    assert ("interrupted while the forge was told" in bench.quiet.messages) == (signal is not None)


def test_who_ended_the_run_by_a_signal_has_its_end_told(bench: Bench) -> None:
    bench.commit("first", a="1")
    bench.forge = FakeForge()
    bench.quiet.after = 8
    with pytest.raises(RunInterrupted), telling(bench.shop(), TELLS_S) as shop:
        promote(shop, Wish("dev"))
    assert bench.forge.there
    assert "interrupted while the forge was told" not in bench.quiet.messages

"""What a gate's time went to: the tests' own beside all the rest. Pure."""

from dataclasses import dataclass

from suites.api.stream import Status, Stream


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of the wall: from enabling the test accounts to disabling them, and of it the workers'.

    What a class sets up before its tests, a server for instance, is not counted as the tests' own.
    """

    whole: float
    running: float
    workers: int

    def line(self, stream: Stream) -> str:
        """Say how long the tests took, each by itself, and how long it took to have them said."""
        tests = [ended for ended in stream.ended if not ended.step and ended.status is not Status.BEGUN]
        own = sum(ended.seconds for ended in tests)
        return (
            f"tempest: {len(tests)} tests in {own:.1f} s of their own, on {self.workers} workers; "
            f"the gate {self.whole:.1f} s, of which the workers {self.running:.1f} s"
        )

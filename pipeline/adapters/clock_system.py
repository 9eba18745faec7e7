"""The machine's clock."""

import time


class SystemClock:
    """The Clock port on the machine's clock."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

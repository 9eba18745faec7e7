"""Another try of a reading that failed in a way that passes: few, with pauses, and each is told."""

import sys
from collections.abc import Callable
from typing import Any

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_result,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
)

from stages.machine.secret_stores.store import Unread

TRIES = 3
# A server that accepts and is silent costs its whole patience each time; after this, no further try begins.
_NO_MORE_AFTER_S = 15.0


def asked_again(ask: Callable[[], Any], again: Callable[[str], None], sleep: Callable[[float], None]) -> Any:  # noqa: ANN401 - what the store answers
    """What `ask` returns, asked up to three times while that is transient, after 1 s and 2 s more.

    `again` gets a line for each try that is followed by another one.
    """

    def tell(state: RetryCallState) -> None:
        found = state.outcome.result() if state.outcome is not None else None
        if isinstance(found, Unread):
            again(f"try {state.attempt_number} of {TRIES}: {found.why}")

    trying = Retrying(
        retry=retry_if_result(lambda found: isinstance(found, Unread) and found.transient),
        stop=stop_after_attempt(TRIES) | stop_after_delay(_NO_MORE_AFTER_S),
        wait=wait_exponential(multiplier=1.0),
        before_sleep=tell,
        sleep=sleep,
        retry_error_callback=lambda state: state.outcome.result() if state.outcome is not None else None,
    )
    return trying(ask)


def told_on_stderr(line: str) -> None:
    """Tell people, where a process of this code has its messages."""
    sys.stderr.write(f"a secret is read again: {line}\n")

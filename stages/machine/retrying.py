"""One retry, after a pause and always reported: no retry may hide a defect."""

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from stages.errors import StagesError

_T = TypeVar("_T")


def retry_once(
    do: Callable[[], _T], retryable: Callable[[StagesError], bool], on_retry: Callable[[StagesError], None]
) -> _T:
    """Call `do`, and once more if its error is `retryable`; return its result.

    `on_retry` gets the error before the retry. Raises the last error of `do`.
    """

    def before_pause(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, StagesError):
            on_retry(error)

    attempts = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, StagesError) and retryable(error)),
        stop=stop_after_attempt(2),
        wait=wait_exponential(multiplier=0.5),
        before_sleep=before_pause,
        reraise=True,
    )
    return attempts(do)

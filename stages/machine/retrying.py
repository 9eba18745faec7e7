"""What failed is done once more, after a pause; why is told, as no retry may hide a defect."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from stages.errors import StagesError

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


def once_more(
    do: Callable[[], _T], passes: Callable[[StagesError], bool], told: Callable[[StagesError], None]
) -> _T:
    """What `do` gives the first or the second time.

    It has a second time only when its error is one that `passes`, and after `told` has heard of that. Raises
    what `do` raises for good.
    """

    def before_pause(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, StagesError):
            told(error)

    attempts = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, StagesError) and passes(error)),
        stop=stop_after_attempt(2),
        wait=wait_exponential(multiplier=0.5),
        before_sleep=before_pause,
        reraise=True,
    )
    return attempts(do)

"""How python-gitlab sends its requests: each ends in time, and what may be repeated is not decided here."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import gitlab
import requests

from pipeline.core.credentials import without_credentials
from pipeline.core.errors import ForgeRefused, ForgeUnreachable

_REDIRECTION, _SERVER_ERROR = 300, 500
_FORBIDDEN = (401, 403)
_TOO_MANY = 429
_NEXT = "promote deliver"


class BoundedSession:
    """Stands for the session of python-gitlab: sends each request on a connection of its own.

    An answer that is not there as a whole after `limit_s` seconds is not waited for, however it trickles;
    requests itself only limits the silence between two bytes. A connection that is not kept cannot bring a
    late answer to an earlier request.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s

    def request(self, **options: Any) -> requests.Response:  # noqa: ANN401 - as requests has them
        """The whole answer. Raises ForgeUnreachable if it comes late, or asks to wait."""
        found: queue.SimpleQueue[requests.Response | Exception] = queue.SimpleQueue()

        # A redirect would take the token along, to whatever server it names.
        options.update(timeout=self._limit_s, allow_redirects=False)

        def exchange() -> None:
            try:
                found.put(requests.request(**options))  # noqa: S113 - the options have the timeout
            except Exception as problem:  # noqa: BLE001 - it is raised in the thread that waits for it
                found.put(problem)

        threading.Thread(target=exchange, name="gitlab", daemon=True).start()
        try:
            answer = found.get(timeout=self._limit_s)
        except queue.Empty:
            raise _unreachable(f"no whole answer within {self._limit_s:g} s") from None
        if isinstance(answer, Exception):
            raise answer
        after = answer.headers.get("Retry-After")
        if answer.status_code == _TOO_MANY or (answer.status_code >= _SERVER_ERROR and after):
            raise _unreachable(f"it answered {answer.status_code}", retry_after_s=_seconds(after))
        return answer

    def close(self) -> None:
        """Nothing is kept open."""


@contextmanager
def understood(doing: str) -> Iterator[None]:
    """Raise what python-gitlab and requests raise as ForgeUnreachable or ForgeRefused.

    A malformed answer is none: whether the request was heard is not known.
    """
    try:
        yield
    except gitlab.exceptions.GitlabParsingError as problem:
        raise _unreachable(f"its answer is malformed: {problem}", doing) from problem
    except gitlab.exceptions.GitlabError as problem:
        code, why = problem.response_code, f"{problem.response_code}: {problem.error_message}"
        if code is None or code < _REDIRECTION or code >= _SERVER_ERROR:
            raise _unreachable(why, doing) from problem
        raise ForgeRefused(
            "GitLab refuses",
            where=doing,
            why=without_credentials(why),
            next=_NEXT,
            forbidden=code in _FORBIDDEN,
        ) from problem
    except requests.RequestException as problem:
        raise _unreachable(f"{type(problem).__name__}: {problem}", doing) from problem
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise _unreachable(f"its answer is malformed: {problem!r}", doing) from problem


def _unreachable(why: str, where: str = "", retry_after_s: float | None = None) -> ForgeUnreachable:
    return ForgeUnreachable(
        "GitLab did not answer",
        where=where,
        why=without_credentials(why),
        next=_NEXT,
        retry_after_s=retry_after_s,
    )


def _seconds(after: str | None) -> float | None:
    """How long to wait by a Retry-After header, which has seconds or a date; None if it has neither."""
    if after is None:
        return None
    if after.strip().isdecimal():
        return float(after)
    try:
        return max(0.0, parsedate_to_datetime(after).timestamp() - time.time())
    except ValueError:
        return None

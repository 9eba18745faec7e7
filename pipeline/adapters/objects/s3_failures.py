"""What a failure of S3 means: that it passes, that something is not there, or who may not do what."""

import contextlib
import re
from collections.abc import Callable, Collection, Iterator
from urllib.parse import quote

from boto3.exceptions import RetriesExceededError as DownloadGivenUp
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
)
from botocore.exceptions import (
    ConnectionError as NoConnection,
)
from s3transfer.exceptions import RetriesExceededError

from pipeline.adapters.objects.address import NEXT
from pipeline.core.errors import StagegateError, TryAgain, UsageProblem

# As answers to conditional writes and to questions about an object: that it is there, or is not.
THERE = frozenset({"PreconditionFailed", "412"})
MISSING = frozenset({"NoSuchKey", "404"})
_NO_BUCKET = frozenset({"NoSuchBucket", "PermanentRedirect", "301", "AuthorizationHeaderMalformed"})
_DENIED = frozenset(
    {
        "AccessDenied",
        "403",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "InvalidToken",
        "RequestTimeTooSkewed",
    }
)
# Others that pass have a status of 5xx, but 501: that one stays.
_PASSING = frozenset({"SlowDown", "RequestTimeout", "Throttling", "ConditionalRequestConflict"})
_SERVER_FAILED = 500
_NOT_IMPLEMENTED = 501
_BYTES = re.compile(r"""\bb(?P<quote>['"]).*(?P=quote)""", re.DOTALL)
_HIDDEN = "***"


@contextlib.contextmanager
def explained(where: str, secrets: Callable[[], Collection[str]] = tuple) -> Iterator[None]:
    """Raise what S3 or its library raises inside as an error of ours, which tells none of the secrets."""
    try:
        yield
    except ClientError as problem:
        raise _of_answer(problem, where, _without(secrets(), _said(problem))) from problem
    except (BotoCoreError, RetriesExceededError, DownloadGivenUp) as problem:
        cause = getattr(problem, "last_exception", None) or problem
        raise _of_silence(problem, cause, where, _without(secrets(), str(cause))) from problem


def code_of(problem: ClientError) -> str:
    """The code of an answer; of one without a body its status, as text."""
    return str(problem.response.get("Error", {}).get("Code", ""))


def _of_answer(problem: ClientError, where: str, why: str) -> StagegateError:
    code = code_of(problem)
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "NotImplemented" or status == _NOT_IMPLEMENTED:
        why = f"{why}; it needs conditional writes (If-None-Match on put), which not every server has"
        return UsageProblem("the store cannot do what is needed", where=where, why=why, next=NEXT)
    if code in _PASSING or status >= _SERVER_FAILED:
        return TryAgain("the store does not work now", where=where, why=why, next="try again")
    if code in _NO_BUCKET:
        return UsageProblem("the store is not there", where=where, why=why, next=NEXT)
    if code in _DENIED:
        return UsageProblem("the store does not allow this", where=where, why=why, next=NEXT)
    return UsageProblem("the store refuses this", where=where, why=why, next=NEXT)


def _of_silence(problem: Exception, cause: Exception, where: str, why: str) -> StagegateError:
    if isinstance(cause, NoCredentialsError | PartialCredentialsError):
        return UsageProblem("the store lets nobody in", where=where, why=why, next=NEXT)
    if isinstance(cause, SSLError):
        return UsageProblem("the store's certificate cannot be trusted", where=where, why=why, next=NEXT)
    if isinstance(cause, HTTPClientError | NoConnection) or cause is not problem:
        return TryAgain("the store cannot be reached", where=where, why=why, next="try again")
    return UsageProblem("the store cannot be used", where=where, why=why, next=NEXT)


def _without(secrets: Collection[str], text: str) -> str:
    """The text without these, and without bytes: the library shows a header that it cannot send as those."""
    shown = _BYTES.sub(_HIDDEN, text)
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote(secret))}
    for form in sorted(forms, key=len, reverse=True):
        shown = shown.replace(form, _HIDDEN)
    return shown


def _said(problem: ClientError) -> str:
    error = problem.response.get("Error", {})
    retries = problem.response.get("ResponseMetadata", {}).get("RetryAttempts", 0)
    times = f"; asked {retries + 1} times" if retries else ""
    return f"{error.get('Code', '')}: {error.get('Message', '')}{times}"

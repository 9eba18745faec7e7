"""A subunit stream, as a worker writes it, as ended tests."""

import io
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

CLASS_WIDE = ("setUpClass", "tearDownClass")
# The parser's own words for bytes that are no stream.
BROKEN = "subunit.parser"


class Status(Enum):
    """How a test ended; BEGUN did not end."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    BEGUN = "begun"


# Said of every test before the first begins.
LISTED = "exists"
STATUSES = {
    "success": Status.PASSED,
    "fail": Status.FAILED,
    "uxsuccess": Status.FAILED,
    "xfail": Status.SKIPPED,
    "skip": Status.SKIPPED,
    "inprogress": Status.BEGUN,
}


@dataclass(frozen=True, slots=True)
class Ended:
    """A test, or a class's set-up or tear-down: how it ended, in one line why, and how long it took.

    `test` is dotted, without tags; `step` is "" for a test, else which of CLASS_WIDE it is, and then `test`
    is the class.
    """

    test: str
    step: str
    status: Status
    why: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Stream:
    """What a stream said. `broken` says why it can't be believed to be whole; None where nothing says so."""

    ended: tuple[Ended, ...]
    broken: str | None = None


@dataclass(slots=True)
class _Heard:
    status: Status = Status.BEGUN
    first: datetime | None = None
    last: datetime | None = None
    files: dict[str, bytes] = field(default_factory=dict)


def read_stream(content: bytes) -> Stream:
    """Read a stream, however it ended."""
    # Heavy, and only the api gate needs it.
    from subunit import ByteStreamToStreamResult  # type: ignore[import-untyped]  # noqa: PLC0415 - see above

    heard: dict[str, _Heard] = {}
    broken = None
    try:
        # What else a program prints, tempest's first line of log for one, stands between packets.
        ByteStreamToStreamResult(io.BytesIO(content), non_subunit_name="printed").run(_Listener(heard))
    except Exception as error:  # noqa: BLE001 - what is no stream may break the parser in any way
        broken = f"the stream of results can't be read: {type(error).__name__}: {error}"
    if heard.pop(BROKEN, None) is not None:
        broken = "the stream of results is broken off in the middle"
    elif not heard and broken is None:
        broken = "the stream of results is empty"
    return Stream(tuple(_ended(name, what) for name, what in heard.items()), broken)


@dataclass(frozen=True, slots=True)
class _Listener:
    heard: dict[str, _Heard]

    def status(self, test_id: str | None = None, test_status: str | None = None, **rest: Any) -> None:  # noqa: ANN401 - subunit's own interface
        if test_id is None or test_status == LISTED:
            return
        what = self.heard.setdefault(test_id, _Heard())
        what.status = STATUSES.get(test_status or "", what.status)
        if (moment := rest.get("timestamp")) is not None:
            what.first, what.last = what.first or moment, moment
        if (name := rest.get("file_name")) is not None:
            what.files[name] = what.files.get(name, b"") + bytes(rest.get("file_bytes") or b"")


def _ended(identifier: str, what: _Heard) -> Ended:
    name, step = _named(identifier)
    seconds = (what.last - what.first).total_seconds() if what.first and what.last else 0.0
    return Ended(name, step, what.status, _why(what), seconds)


def _named(identifier: str) -> tuple[str, str]:
    # "tempest.api.x.Class.test[id-…,smoke]", or "setUpClass (tempest.api.x.Class)".
    step, _, rest = identifier.partition(" (")
    if step in CLASS_WIDE:
        return rest.removesuffix(")"), step
    return identifier.partition("[")[0], ""


def _why(what: _Heard) -> str:
    if what.status is Status.PASSED:
        return ""
    if what.status is Status.BEGUN:
        return "it began and did not end: its worker died"
    for name in ("reason", "traceback"):
        lines = what.files.get(name, b"").decode(errors="replace").strip().splitlines()
        if lines:
            return _raised(lines)
    return "it gave no reason"


def _raised(lines: list[str]) -> str:
    """What a traceback ends with: the error, without the frames that led to it."""
    frames = [index for index, line in enumerate(lines) if line.startswith("  ")]
    return " ".join(line.strip() for line in lines[frames[-1] + 1 if frames else 0 :][:3])

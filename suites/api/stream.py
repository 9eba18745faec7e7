"""Reads a worker's subunit stream as a list of ended tests."""

import io
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

CLASS_WIDE = ("setUpClass", "tearDownClass")
# The parser's own name for bytes that are not a stream.
BROKEN = "subunit.parser"


class Status(Enum):
    """How a test ended; BEGUN means that it did not end."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    BEGUN = "begun"


# Reported for every test before the first begins.
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
    """A test, or a class's set-up or tear-down: how it ended, a one-line reason, and its duration.

    `test` is the dotted name without tags. `step` is "" for a test; otherwise it is one of CLASS_WIDE, and
    `test` is the class.
    """

    test: str
    step: str
    status: Status
    why: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Stream:
    """The results in a stream. `broken` says why it may be incomplete; None if nothing suggests that."""

    ended: tuple[Ended, ...]
    broken: str | None = None

    @property
    def tests(self) -> tuple[Ended, ...]:
        """The tests that have ended, without the steps of their classes."""
        return tuple(one for one in self.ended if not one.step and one.status is not Status.BEGUN)


@dataclass(slots=True)
class _Heard:
    status: Status = Status.BEGUN
    first: datetime | None = None
    last: datetime | None = None
    files: dict[str, bytes] = field(default_factory=dict)


def read_stream(content: bytes) -> Stream:
    """Read a stream, even one that is broken or incomplete."""
    # Slow to import, and only the API gate needs it.
    from subunit import ByteStreamToStreamResult  # type: ignore[import-untyped]  # noqa: PLC0415 - see above

    heard: dict[str, _Heard] = {}
    broken = None
    try:
        # Other output, such as tempest's first log line, may come between packets.
        ByteStreamToStreamResult(io.BytesIO(content), non_subunit_name="printed").run(_Listener(heard))
    except Exception as error:  # noqa: BLE001 - invalid input may make the parser raise anything
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
    """Return the error at the end of a traceback, without the frames."""
    frames = [index for index, line in enumerate(lines) if line.startswith("  ")]
    return " ".join(line.strip() for line in lines[frames[-1] + 1 if frames else 0 :][:3])

"""The Traffic port: points from a release's own `python -m stages`, and files of them beside a run."""

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.adapters import stages_answers as answers
from pipeline.adapters.stages_process import StagesProcess
from pipeline.core.errors import ChildCrashed
from pipeline.core.traffic import Kept, Point, TrafficAsked, TrafficSeen, point_line, read_point, read_points
from pipeline.ports import Context

FILE = "traffic.jsonl"
LIMIT = 32_000_000  # bytes: some hours of a stage with two load balancers


class TrafficProcess:
    """Asks the same children that perform steps, and keeps what they tell in `runs/ATTEMPT/traffic.jsonl`."""

    def __init__(self, site: Path, stages: StagesProcess, limit: int = LIMIT) -> None:
        self._site = site
        self._stages = stages
        self._limit = limit
        self._lock = threading.Lock()

    def follow(self, asked: TrafficAsked, take: Callable[[Point], None]) -> TrafficSeen:
        """Points that are none count as a crash of the release's code.

        A call that is left ends the child, with the steps that it performs: so the first problem, of whatever
        kind, is kept until this call is over, and no point is taken after it.
        """
        problems: list[Exception] = []

        def heard(line: Mapping[str, Any]) -> None:
            if line.get("event") != "point" or problems:
                return
            try:
                take(_point(line))
            except Exception as problem:  # noqa: BLE001 - it is raised below
                problems.append(problem)

        context = Context(asked.stage, asked.release, promotion=asked.attempt)
        request = {"seconds": asked.seconds, "since": dict(asked.since)}
        seen = answers.traffic(self._stages.ask_in("traffic", context, request, heard))
        if problems:
            raise problems[0]
        return seen

    def keep(self, attempt: str, point: Point) -> bool:
        """The file is only ever added to. What a killed program left of a line stays a line of its own."""
        path, line = self._path(attempt), point_line(point).encode()
        with self._lock:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with path.open("a+b") as file:
                if not _is_whole(file):
                    line = b"\n" + line
                if file.tell() + len(line) > self._limit:
                    return False
                file.write(line)
        return True

    def kept(self, attempt: str) -> Kept:
        """None of an attempt of which nothing was kept."""
        path = self._path(attempt)
        if not path.exists():
            return Kept()
        return read_points(path.read_text(encoding="utf-8", errors="replace"))

    def _path(self, attempt: str) -> Path:
        return self._site / "runs" / attempt / FILE


def _is_whole(file: BinaryIO) -> bool:
    """Whether the last line of a file has its end; the file is left at its own."""
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _point(line: Mapping[str, Any]) -> Point:
    try:
        return read_point(line)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise ChildCrashed(
            "`python -m stages traffic` of the release told no point", why=repr(problem)
        ) from None

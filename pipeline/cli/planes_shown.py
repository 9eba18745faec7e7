"""What stands of a stage, as text and as JSON data: its planes, and which of them answers each service."""

from collections.abc import Iterator, Mapping

from pipeline.cli.render import counted, moment, table
from pipeline.core.codec import plain
from pipeline.core.errors import StagegateError
from pipeline.core.planes import ALL, PlaneSeen, ServiceSeen
from pipeline.engine.planes import Planes

_CELLS = 10


def planes_lines(stage: str, found: Planes | StagegateError) -> Iterator[str]:
    """One line if one plane answers everything; else a row for each plane, and one for each service."""
    if isinstance(found, StagegateError):
        why = f" ({found.why})" if found.why else ""
        yield f"{stage} can't be asked what stands there: {found.what}{why}"
        if found.next:
            yield f"  next: {found.next}"
        return
    seen = found.seen
    if not seen.planes:
        yield f"{stage}: no host stands"
        return
    away = [name for plane in seen.planes for name in plane.away]
    if len(seen.answering) == 1 and not seen.unknown:
        (one,) = (plane for plane in seen.planes if plane.name == seen.answering[0])
        runs = f" ({one.runs})" if one.runs else ""
        gone = f", not running: {', '.join(away)}" if away else ""
        hosts = sum(plane.hosts for plane in seen.planes)
        yield f"{stage}: {one.name}{runs} answers every service; {counted(hosts, 'host')}{gone}"
        return
    yield f"{stage}, as its hosts tell:"
    yield from table(("PLANE", "RUNS", "HOSTS", "ANSWERS"), [_plane(plane, found) for plane in seen.planes])
    if seen.unknown:
        yield f"who answers clients is not known: {seen.unknown}"
    if seen.services:
        header = ("SERVICE", *(name.upper() for name in seen.answering), "SINCE")
        yield from table(header, [_service(one, found) for one in seen.services])


def planes_data(found: Planes | StagegateError) -> Mapping[str, object]:
    """The same as JSON data."""
    if isinstance(found, StagegateError):
        told = {"what": found.what, "why": found.why, "next": found.next}
        return {"release": None, "planes": [], "services": [], "unknown": None, "error": told}
    return {
        "release": found.release,
        "planes": [plain(plane) for plane in found.seen.planes],
        "services": [_service_data(one, found) for one in found.seen.services],
        "unknown": found.seen.unknown or None,
        "error": None,
    }


def _service_data(one: ServiceSeen, found: Planes) -> Mapping[str, object]:
    since = found.since.get(one.service)
    return {
        "service": one.service,
        "parts": dict(one.parts),
        "since": None if since is None else {"attempt": since.attempt, "at": moment(since.at)},
    }


def _plane(plane: PlaneSeen, found: Planes) -> tuple[str, ...]:
    running = f"{plane.running} of {plane.hosts} run"
    hosts = f"{running}: {', '.join(plane.away)}" if plane.away else running
    services = found.seen.services
    answers = f"{found.seen.answers(plane.name)} of {counted(len(services), 'service')}"
    return (plane.name, plane.runs or "-", hosts, answers if plane.name in found.seen.answering else "-")


def _service(one: ServiceSeen, found: Planes) -> tuple[str, ...]:
    since = found.since.get(one.service)
    told = f"{moment(since.at)} ({since.attempt})" if since else "-"
    return (one.service, *(_bar(one.parts.get(name, 0)) for name in found.seen.answering), told)


def _bar(part: int) -> str:
    """A part of a hundred as a bar: neither a few requests nor all but a few look like none or all."""
    filled = part * _CELLS // ALL
    filled = min(max(filled, int(part > 0)), _CELLS - int(part < ALL))
    return f"{'█' * filled}{'░' * (_CELLS - filled)} {part:3} %"

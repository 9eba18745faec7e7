"""The page: a gate run, rendered with the template."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from suites.failover.analysis.measures import Verdict
from suites.failover.picture.signpost import moments
from suites.failover.picture.subject import FaultPicture, GatePicture
from suites.failover.picture.tables import failures, spreads
from suites.failover.picture.timeline import hosts, timeline

HERE = "suites.failover.picture"
DASH = "\N{EN DASH}"


def render(picture: GatePicture) -> str:
    """Return the page as one HTML document. It loads nothing, and every text from the run is escaped."""
    environment = Environment(
        loader=DictLoader({name: _asset(name) for name in ("page.html.j2", "timeline.svg.j2")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"seconds": seconds, "moment": moment, "milliseconds": milliseconds}
    # A host has one colour on the whole page.
    names = sorted({name for fault in picture.faults for name in hosts(fault)})
    return environment.get_template("page.html.j2").render(
        picture=picture,
        counts=[(verdict.value, _count(picture, verdict)) for verdict in Verdict],
        spreads=spreads(picture.faults),
        faults=[_fault(fault, names) for fault in picture.faults],
        style=Markup(_asset("style.css")),  # noqa: S704 - our own; no text from a run gets into it
        script=Markup(_asset("script.js")),  # noqa: S704 - our own; no text from a run gets into it
    )


def seconds(value: float | None) -> str:
    """Format a duration."""
    return DASH if value is None else f"{value:.2f} s"


def milliseconds(value: float | None) -> str:
    """Format a latency, given in seconds."""
    if value is None:
        return DASH
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def moment(value: float | None) -> str:
    """Format a moment relative to the fault."""
    return DASH if value is None else f"{value:+.2f} s"


def _asset(name: str) -> str:
    return files(HERE).joinpath(name).read_text(encoding="utf-8")


def _count(picture: GatePicture, verdict: Verdict) -> int:
    return sum(fault.verdict is verdict for fault in picture.faults)


def _fault(fault: FaultPicture, names: Sequence[str]) -> dict[str, object]:
    wall = _wall_of_fault(fault)
    return {
        "subject": fault,
        "timeline": timeline(fault, names),
        "failures": failures(fault),
        "wall": wall,
        "moments": [
            (happened, happened.at - fault.window.fault, _clock(wall, happened.at - fault.window.fault))
            for happened in moments(fault)
        ],
        "lost": _lost(fault),
    }


def _lost(fault: FaultPicture) -> str:
    if fault.writes is None:
        return DASH
    return f"{len(fault.writes.lost_keys)} of {fault.writes.acknowledged}"


def _wall_of_fault(fault: FaultPicture) -> datetime | None:
    """Return the wall-clock time of the fault, from the first probe that has one."""
    for probe in fault.probes:
        if probe.trace.wall_started is not None:
            begun = datetime.fromisoformat(probe.trace.wall_started)
            return begun + timedelta(seconds=fault.window.fault - probe.trace.started)
    return None


def _clock(wall: datetime | None, after: float) -> str:
    return "" if wall is None else (wall + timedelta(seconds=after)).strftime("%H:%M:%S.%f")[:-3]

"""The page: a run, rendered with the template."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from pipeline.core.traffic import Answered, Point, answered, planes_of
from pipeline.picture.chart import Chart, chart
from pipeline.picture.gaps import Gap, client_gaps, counted_gaps, longest
from pipeline.picture.judged import matrix
from pipeline.picture.scale import clock
from pipeline.picture.subject import RunPicture, Span

HERE = "pipeline.picture"
TEMPLATES = ("page.html.j2", "chart.svg.j2", "gates.html.j2")
LISTED = 40  # failed requests in the table
MOVED = 0.2  # the part of the requests by which a plane's share has changed in a leg that is shown open
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Section:
    """One leg: its chart, and what is said of it. `moved` is whether it is shown open."""

    leg: Span
    chart: Chart
    parts: tuple[tuple[str, Answered], ...]
    gap: Gap | None
    failed: int
    moved: bool


def render(picture: RunPicture) -> str:
    """Return the page as one HTML document. It loads nothing, and every text of the run is escaped."""
    environment = Environment(
        loader=DictLoader({name: _asset(name) for name in TEMPLATES}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"span": span, "clock": clock, "whole": whole, "milliseconds": milliseconds}
    planes = planes_of(picture.points)
    counted = counted_gaps(picture.points, picture.gates)
    without = (*counted, *(gap for one in picture.clients for gap in client_gaps(one)))
    gaps = tuple(gap for gap in without if not gap.quiet)
    failures = sorted((one.at, client.name, one.how) for client in picture.clients for one in client.failures)
    return environment.get_template("page.html.j2").render(
        picture=picture,
        planes=planes,
        whole_chart=chart(picture, without, planes, picture.begin, picture.end),
        sections=[_section(picture, leg, without, planes) for leg in picture.legs],
        quiet=any(gap.quiet for gap in without),
        gaps=sorted(gaps, key=lambda gap: gap.begin),
        failures=failures,
        red=[(gate, matrix(gate.asked)) for gate in picture.judged if not gate.passed],
        green=[(gate, matrix(gate.asked)) for gate in picture.judged if gate.passed],
        listed=LISTED,
        style=Markup(_asset("style.css")),  # noqa: S704 - our own; no text of a run gets into it
    )


def span(seconds: float) -> str:
    """Format a duration."""
    minutes, rest = divmod(seconds, _MINUTE)
    return f"{minutes:.0f} min {rest:.0f} s" if minutes else f"{seconds:.1f} s"


def whole(count: float) -> str:
    """Format a count; points at the edges of a time count in part."""
    return f"{count:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def milliseconds(value: float | None) -> str:
    """Format a time until an answer."""
    return "\N{EN DASH}" if value is None else f"{value:.0f} ms"


def _asset(name: str) -> str:
    return files(HERE).joinpath(name).read_text(encoding="utf-8")


def _section(picture: RunPicture, leg: Span, gaps: Sequence[Gap], planes: Sequence[str]) -> Section:
    begin, end = leg.began, max(leg.ended, leg.began + 1.0)
    of_planes = answered(picture.points, begin, end)
    failed = sum(begin <= one.at <= end for client in picture.clients for one in client.failures)
    return Section(
        leg,
        chart(picture, gaps, planes, begin, end),
        tuple((plane, of_planes.get(plane, Answered())) for plane in planes),
        longest(gaps, begin, end),
        failed,
        has_moved(picture.points, begin, end),
    )


def has_moved(points: Sequence[Point], begin: float, end: float) -> bool:
    """Whether another part of the requests was answered by a plane at the end of a time than at its begin."""
    fifth = (end - begin) / 5
    before, after = (
        {plane: one.requests / total for plane, one in found.items()}
        for found in (answered(points, begin, begin + fifth), answered(points, end - fifth, end))
        for total in [sum(one.requests for one in found.values()) or 1.0]
    )
    return bool(before and after) and any(
        abs(before.get(plane, 0.0) - after.get(plane, 0.0)) > MOVED for plane in {*before, *after}
    )

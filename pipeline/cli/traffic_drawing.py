"""Draws what planes answer as a terminal shows it, below the run. Imported only for a terminal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pipeline.cli.drawing import draw
from pipeline.cli.traffic_shown import (
    Figures,
    Seen,
    beside_texts,
    missing_lines,
    part_text,
    traffic_data,
    wait_text,
)

_STYLES = ("blue", "green", "yellow", "magenta")  # of planes, in the order of their names
_BAR = 20
_BESIDE = 14  # lines that the planes and services take


@contextmanager
def drawn() -> Iterator[Callable[[Seen], None]]:
    """Yield what draws a moment over the one before."""
    console = Console()
    with Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        yield lambda seen: live.update(picture(seen, console.height), refresh=True)


def picture(seen: Seen, height: int) -> RenderableType:
    """The run, each plane, and each service; `height` is in lines."""
    data = traffic_data(seen.now, seen.at)
    planes = _list(data, "planes")
    styles = {plane["plane"]: _STYLES[place % len(_STYLES)] for place, plane in enumerate(planes)}
    parts: list[RenderableType] = []
    if seen.view.attempt is None:
        parts.append(Text(f"{seen.stage}: nothing is under way", "dim"))
    else:
        parts.append(draw(seen.view, seen.at, max(1, height - _BESIDE)))
    parts += [Text(""), _planes(planes, styles), Text(""), _services(_list(data, "services"), styles)]
    parts += [Text(line, "yellow") for line in missing_lines(seen.now, seen.at)]
    return Group(*parts)


def _planes(planes: Sequence[Figures], styles: Mapping[object, str]) -> RenderableType:
    table = _table("PLANE", "REQUESTS/S", "OF ALL", "", "ERRORS/S", "ANSWER IN", "BESIDE")
    for one in planes:
        filled = round(_share(one) * _BAR)
        table.add_row(
            Text(str(one["plane"]), styles[one["plane"]]),
            f"{one['requests_per_s']:.1f}",
            part_text(one).strip(" ()") or "-",
            Text("█" * filled + "░" * (_BAR - filled), styles[one["plane"]]),
            _errors(one),
            wait_text(one),
            Text(", ".join(beside_texts(one)), "yellow"),
        )
    return table


def _services(services: Sequence[Figures], styles: Mapping[object, str]) -> RenderableType:
    table = _table("SERVICE", "PLANE", "REQUESTS/S", "OF ALL", "ERRORS/S", "ANSWER IN", "SERVERS")
    for one in services:
        table.add_row(
            str(one["service"]),
            Text(str(one["plane"]), styles[one["plane"]]),
            f"{one['requests_per_s']:.1f}",
            part_text(one).strip(" ()") or "-",
            _errors(one),
            wait_text(one),
            Text(str(one["up"]), "" if one["up"] else "red"),
        )
    return table


def _table(*header: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in header:
        is_number = name.endswith("/S") or name in {"OF ALL", "ANSWER IN", "SERVERS"}
        table.add_column(name, justify="right" if is_number else "left", no_wrap=True)
    return table


def _errors(one: Figures) -> Text:
    return Text(f"{one['errors_per_s']:.1f}", "bold red" if one["errors_per_s"] else "")


def _share(one: Figures) -> float:
    part = one["part"]
    return part / 100 if isinstance(part, float) else 0.0


def _list(data: Mapping[str, object], key: str) -> Sequence[Figures]:
    found = data[key]
    return found if isinstance(found, list) else []

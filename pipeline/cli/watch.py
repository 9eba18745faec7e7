"""`promote status --watch`: the stages and what is under way in them, until Ctrl-C."""

import signal
import sys
from collections.abc import Callable, Mapping, Sequence

from pipeline.cli.followed import Followed, caught_up, with_checks
from pipeline.cli.progress import is_capable
from pipeline.cli.render import moment, print_lines
from pipeline.cli.stage_rows import Row, holds_shown, stage_lines, stage_rows, way_text
from pipeline.core.errors import RunInterrupted
from pipeline.workshop import Office

_EVERY_S = 1.0

Show = Callable[[Followed, Sequence[Row]], None]


def watch(office: Office, seen: Followed, only: str | None) -> int:
    """Show the stages, or one, from this state on until Ctrl-C, which is the way to end this: returns 0.

    On a terminal all of it is drawn again each second; elsewhere a line is printed for each change. The
    ledger is read only when its head has moved. Raises RunInterrupted for another signal.
    """
    try:
        if is_capable(sys.stdout):
            _redrawn(office, seen, only)
        else:
            _follow(office, seen, only, _printing(office))
    except RunInterrupted as end:
        if end.signal != signal.SIGINT:
            raise
    return 0


def _follow(office: Office, seen: Followed, only: str | None, show: Show) -> None:
    while True:
        seen = with_checks(seen, office.site)
        show(seen, stage_rows(office, seen, only))
        office.clock.sleep(_EVERY_S)
        if office.ledger.head().seq != seen.history.head:
            seen = caught_up(office, seen)


def _printing(office: Office) -> Show:
    """Prints the stages at first, and then a line for each that has changed."""
    told: dict[str, str] = {}

    def show(_seen: Followed, rows: Sequence[Row]) -> None:
        now = moment(office.clock.now())
        new = {str(row["stage"]): _sentence(row) for row in rows}
        changed = [f"{now} {stage}: {text}" for stage, text in new.items() if told.get(stage) != text]
        print_lines(changed)
        sys.stdout.flush()
        told.update(new)

    return show


def _sentence(row: Row) -> str:
    mark = row["mark"] or "verified"
    facts = [f"{row['standing']} stands, {mark}" if row["standing"] else "nothing stands"]
    way = row["under_way"]
    if isinstance(way, Mapping):
        facts.append(way_text(way))
    facts += [f"{word} ({row[word]})" for word in ("held", "frozen") if row[word]]
    return "; ".join(facts)


def _redrawn(office: Office, seen: Followed, only: str | None) -> None:
    from rich.console import Console, Group  # noqa: PLC0415 - slow, and useless without a terminal
    from rich.live import Live  # noqa: PLC0415 - likewise
    from rich.text import Text  # noqa: PLC0415 - likewise

    from pipeline.cli.drawing import draw  # noqa: PLC0415 - imports rich

    console = Console()
    with Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:

        def show(now_seen: Followed, rows: Sequence[Row]) -> None:
            now = office.clock.now()
            names = [str(row["stage"]) for row in rows]
            views = [view for stage, view in now_seen.views.items() if stage in names]
            lines = [*stage_lines(rows, holds_shown(now_seen.history, only, now)), ""]
            text = [Text(line, no_wrap=True, overflow="ellipsis") for line in lines]
            height = max(1, (console.height - len(lines)) // max(1, len(views)))
            live.update(Group(*text, *(draw(view, now, height) for view in views)), refresh=True)

        _follow(office, seen, only, show)

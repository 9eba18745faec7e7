"""One call of `promote`: the options that every verb takes, and the verb's access to the engine."""

from __future__ import annotations

import functools
import os
import re
import shlex
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.core.credentials import without_credentials
from pipeline.core.errors import StagegateError, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.bootstrap.office import Place
    from pipeline.ports import Notifier
    from pipeline.workshop import Office, Workshop

Wiring = Callable[["Place", "Notifier"], AbstractContextManager["Workshop"]]
_ASK_FOR_CONFIG = ("promote check", "promote plan", "promote --stage", "promote to", "promote pin")
_NEED_A_DIRECTORY = ("doctor", "inventory")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Call:
    """The common options, and the wiring. `wait_s` is how long to wait for a locked stage, in seconds."""

    wiring: Wiring | None = None
    site: str | None = None
    config: str | None = None
    wait_s: float = 0.0
    output: str | None = None

    @property
    def json(self) -> bool:
        """Whether the result is one JSON document."""
        return self.output == "json"

    @property
    def can_ask(self) -> bool:
        """Whether a person can answer a question."""
        return not self.json and sys.stdin is not None and sys.stdin.isatty()

    def addressed(self, command: str) -> str:
        """Add the site and config of this call to a command to type next, if that is a `promote` command.

        The config's credentials are left out: git asks its credential helper for them.
        """
        if not command.startswith("promote "):
            return command
        site = f" --site {shlex.quote(self.site)}" if self.site and "--site" not in command else ""
        asks = command.startswith(_ASK_FOR_CONFIG) and "--release" not in command
        shown = without_credentials(self.config or "")
        config = f" --config {shlex.quote(shown)}" if shown and asks else ""
        return command + site + config

    @contextmanager
    def office(self) -> Iterator[Office]:
        """Open the ports that need no stage. They are ready sooner than a workshop, and start no program."""
        from pipeline.bootstrap.office import open_office  # noqa: PLC0415 - keeps --help fast
        from pipeline.cli.progress import ConsoleNotifier  # noqa: PLC0415 - likewise
        from pipeline.cli.unfailing import unfailing  # noqa: PLC0415 - likewise

        with (
            unfailing(ConsoleNotifier()) as notifier,
            (self.wiring or open_office)(self._place(), notifier) as office,
        ):
            yield office

    @contextmanager
    def workshop(self) -> Iterator[Workshop]:
        """Open all ports of the engine for this call. Errors while showing progress do not fail it.

        The forge is told of the attempts of this call, if there is one, and the store gets what they leave.
        Where there are legs, traffic is measured while they go on, and the run is drawn at the end of the
        command.
        """
        from pipeline.bootstrap.workshop import open_workshop  # noqa: PLC0415 - keeps questions fast
        from pipeline.cli.progress import ConsoleNotifier, is_capable  # noqa: PLC0415 - likewise
        from pipeline.cli.run_report import write_report  # noqa: PLC0415 - likewise
        from pipeline.cli.sections import closing_sections, in_sections  # noqa: PLC0415 - likewise
        from pipeline.cli.unfailing import unfailing  # noqa: PLC0415 - likewise
        from pipeline.engine.archiving import archiving  # noqa: PLC0415 - likewise
        from pipeline.engine.measuring import measuring  # noqa: PLC0415 - likewise
        from pipeline.engine.telling import telling  # noqa: PLC0415 - likewise

        display = None
        if is_capable(sys.stderr):
            from pipeline.cli.live import LiveNotifier  # noqa: PLC0415 - likewise

            display = LiveNotifier()
        console = in_sections(ConsoleNotifier(), os.environ)
        with unfailing(display or console) as notifier, closing_sections(console):
            try:
                with (self.wiring or open_workshop)(self._place(), notifier) as shop:
                    if display is not None:
                        display.follow(shop.until)
                    with (
                        archiving(shop) as kept,
                        telling(kept) as told,
                        measuring(told, partial(write_report, told)) as measured,
                    ):
                        yield measured
            finally:
                if display is not None:
                    display.close()

    def _place(self) -> Place:
        from pipeline.bootstrap.office import Place  # noqa: PLC0415 - keeps --help fast

        site = self.site or os.environ.get("STAGEGATE_SITE")
        ledger, store = (os.environ.get(name) or None for name in ("STAGEGATE_LEDGER", "STAGEGATE_STORE"))
        return Place(Path(site) if site else None, self.config, ledger, store)


def ask(question: str, following: str, done: str = "changed") -> None:
    """Ask a person. Raises UsageProblem on a no: nothing was done, and this command is the next."""
    if not click.confirm(question, err=True):
        raise UsageProblem(f"not confirmed; nothing was {done}", next=following)


def duration(value: str) -> float:
    """A duration such as `90`, `90s`, `15m`, `1h` or `7d` in seconds. Raises click.BadParameter."""
    match = re.fullmatch(r"(\d+)([smhd]?)", value)
    if match is None:
        raise click.BadParameter(f"{value!r} is not a duration; write 90s, 15m, 1h or 7d")
    return float(int(match[1]) * _SECONDS[match[2]])


def with_config(command: Callable[..., int]) -> Callable[..., int]:
    """Decorate a verb that reads a config, above `common`, with the option that names it."""
    return click.option(
        "--config",
        metavar="PATH-or-URL[@REV]",
        help="The config, if not the checkout's config/. [env: STAGEGATE_CONFIG]",
    )(command)


def with_lock_timeout(command: Callable[..., int]) -> Callable[..., int]:
    """Decorate a verb that takes a stage's lease, above `common`, with the option for how long to wait."""
    return click.option(
        "--lock-timeout",
        "--wait",
        "lock_timeout",
        type=duration,
        metavar="TIME",
        help="How long to wait for a locked stage. [0]",
    )(command)


def with_evidence_into(command: Callable[..., int]) -> Callable[..., int]:
    """Decorate a verb that promotes, above `common`, with the option for where its evidence is copied."""
    return click.option(
        "--evidence-into",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Copy the run's evidence and the release's id there, however it ends, for a CI server to take.",
    )(command)


def common(command: Callable[..., int]) -> Callable[..., int]:
    """Decorate a verb with the options that every verb takes; it gets the Call as its first argument."""

    @click.option(
        "-o", "--output", type=click.Choice(["text", "json"]), help="The format of the result on stdout."
    )
    @click.option(
        "--site",
        metavar="DIR",
        help="The folder of ledger, keys, evidence and lab. [env: STAGEGATE_SITE] [.stagegate]",
    )
    @click.pass_context
    @functools.wraps(command)
    def wrapped(
        ctx: click.Context,
        /,
        output: str | None,
        site: str | None,
        config: str | None = None,
        lock_timeout: float | None = None,
        **rest: Any,  # noqa: ANN401 - the verb's own options
    ) -> int:
        call = ctx.find_object(Call) or Call()
        _require_taken(ctx, call)
        ctx.obj = replace(
            call,
            output=output or call.output,
            site=site or call.site,
            config=config or call.config or _surrounding_config(ctx),
            wait_s=call.wait_s if lock_timeout is None else lock_timeout,
        )
        try:
            return command(ctx.obj, **rest)
        except StagegateError as error:
            error.next = ctx.obj.addressed(error.next)
            raise

    return wrapped


def _surrounding_config(ctx: click.Context) -> str | None:
    """The config that the environment names, for a verb that takes one; for a group, its verb finds out.

    Some need a directory, so they take no notice of a repository elsewhere.
    """
    named = os.environ.get("STAGEGATE_CONFIG")
    takes = any(parameter.name == "config" for parameter in ctx.command.params)
    if not named or not takes or ctx.invoked_subcommand is not None:
        return None
    return named if ctx.info_name not in _NEED_A_DIRECTORY or Path(named).is_dir() else None


def _require_taken(ctx: click.Context, call: Call) -> None:
    """Raise UsageError for an option that was given before the verb and that the verb does not take."""
    takes = {parameter.name for parameter in ctx.command.params}
    given = {"config": call.config, "lock_timeout": call.wait_s}
    for name, value in given.items():
        if value and name not in takes:
            raise click.UsageError(f"{ctx.command_path} takes no --{name.replace('_', '-')}", ctx)

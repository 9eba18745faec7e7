"""Output whose reader may be gone. That changes neither what a command does nor its exit code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click


@contextmanager
def losable(what: str) -> Iterator[None]:
    """Guard printing: if a write fails, skip the rest of the block and report on stderr that `what` was lost.

    A closed pipe (`| head`) is not reported.
    """
    try:
        yield
        if sys.stdout is not None:  # None if the parent process closed it
            sys.stdout.flush()
    except BrokenPipeError:
        return
    except OSError as problem:
        with suppress(OSError):
            click.echo(f"{what} could not be written: {problem.strerror or problem}", err=True)


def warn(text: str) -> None:
    """Print a warning on stderr, if possible."""
    with losable("a warning"):
        click.echo(text, err=True)


def let_go() -> None:
    """Flush stdout and stderr for the last time.

    Redirects what can't be written to /dev/null: otherwise Python tries again at exit, and exits with 120.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is None:  # the parent process closed it
            continue
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

"""Output that nobody may be there to read. What a command did, and its exit code, do not depend on it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click


@contextmanager
def losable(what: str) -> Iterator[None]:
    """Print inside: where that fails, the rest of the block is skipped, and stderr says that `what` was lost.

    A reader that went away (`| head`) has seen enough, so that is not said.
    """
    try:
        yield
        if sys.stdout is not None:  # closed by whoever started us
            sys.stdout.flush()
    except BrokenPipeError:
        return
    except OSError as problem:
        with suppress(OSError):
            click.echo(f"{what} could not be written: {problem.strerror or problem}", err=True)


def let_go() -> None:
    """Flush stdout and stderr for the last time.

    What can't be written goes to /dev/null, as Python would try again at exit, and exit with 120.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is None:  # closed by whoever started us
            continue
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

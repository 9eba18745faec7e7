"""`promote serve`: a board of the site in a browser, its figures, and webhooks."""

import os
import signal
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import uvicorn
from starlette.applications import Starlette

from pipeline.board.app import Board, application
from pipeline.board.handing import Handing
from pipeline.board.hooks import Hooks
from pipeline.board.reading import Reader
from pipeline.board.serve_login import acting_of, login_asked, login_options
from pipeline.bootstrap.handing import PromoteRuns, require_clone
from pipeline.bootstrap.server_secrets import secret_of, without
from pipeline.cli.call import Call, common, with_config
from pipeline.core.errors import NotEligible, RunInterrupted, UsageProblem
from pipeline.workshop import Office

_EPILOG = """\b
Examples:
  promote serve                                    http://127.0.0.1:8200/, for this machine alone
  promote serve --listen 0.0.0.0:8200 --host board.example
  promote serve --hook-secret file:/etc/stagegate/hook --clone /srv/code --code-project cloud/stagegate
  promote serve --url https://board.example --oauth-id ID --oauth-secret env:OAUTH --oauth-group cloud
"""
_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_LAST_PORT = 65535
_STREAMS_S = 3  # within which the streams of browsers end when the server stops


@click.command("serve", epilog=_EPILOG)
@click.option(
    "--listen", metavar="HOST:PORT", default="127.0.0.1:8200", show_default=True, help="Where to listen."
)
@click.option(
    "--host",
    "hosts",
    metavar="NAME",
    multiple=True,
    help="A name by which browsers ask for it; no other then.",
)
@click.option(
    "--hook-secret",
    "reference",
    metavar="REFERENCE",
    help="The secret token of webhooks: env:NAME, file:/path or vault:MOUNT/PATH#KEY.",
)
@click.option(
    "--clone", type=click.Path(path_type=Path), metavar="DIR", help="The clone of the code to promote."
)
@click.option("--code-project", metavar="PATH", help="The project on GitLab whose pushes are of the code.")
@click.option(
    "--config-project", metavar="PATH", help="The project on GitLab whose pushes are of the config."
)
@click.option("--stage", metavar="NAME", help="Where pushes are promoted to. [the first stage of the line]")
@login_options
@with_config
@common
def verb(  # noqa: PLR0913, PLR0917 - each is an option
    call: Call,
    listen: str,
    hosts: tuple[str, ...],
    reference: str | None,
    clone: Path | None,
    code_project: str | None,
    config_project: str | None,
    stage: str | None,
    **login: Any,  # noqa: ANN401 - as login_options has them
) -> int:
    """Show the site in browsers, live, until Ctrl-C or SIGTERM.

    Whoever reaches the address sees all of it, evidence included: let a proxy ask who they are. /metrics has
    figures for Prometheus. It changes nothing, but with --hook-secret GitLab's webhooks at /hooks/gitlab
    begin promotions: each push to the default branch becomes a candidate, several in ten seconds one. With
    --oauth-secret, who logs in by GitLab may approve and reject.
    """
    if call.json:
        raise click.UsageError("it never ends, so it prints no document")
    host, port = _address(listen)
    projects = {path: kind for path, kind in ((code_project, "code"), (config_project, "config")) if path}
    hooked, asked = _hooked(reference, clone, projects), login_asked(**login)
    references = [one.reference for one in (hooked, asked) if one is not None]
    with call.office() as office, ExitStack() as last:
        reader, server = Reader(office), _Server()
        handing = None
        if hooked is not None:
            handing = _handing(office, call, hooked, without(os.environ, references), stage, last)
        hooks = Hooks(hooked.secret, projects, handing.pushed) if hooked and handing else None
        acting = acting_of(asked, reader, references, last) if asked is not None else None
        listener = last.enter_context(_listening(host, port))
        names = _names(host, (*hosts, asked.host) if asked is not None else hosts)
        board = Board(reader, names, server.stops, hooks, handing, acting)
        click.echo(f"the board of {office.site}: http://{_told(listen, listener)}/", err=True)
        try:
            server.run(application(board), listener)
        except RunInterrupted as end:
            if end.signal not in {signal.SIGINT, signal.SIGTERM}:
                raise
    return 0


@dataclass(frozen=True, slots=True)
class _Hooked:
    """How webhooks are taken: the reference to their secret, the secret, and the clone to promote from."""

    reference: str
    secret: str
    clone: Path


class _Server:
    """The server, which is made when there is what it serves."""

    def __init__(self) -> None:
        self._server: uvicorn.Server | None = None

    def stops(self) -> bool:
        """Whether it was asked to stop."""
        return self._server is not None and self._server.should_exit

    def run(self, app: Starlette, listener: socket.socket) -> None:
        """Serve until a signal comes, and raise that again."""
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_STREAMS_S,
        )
        self._server = uvicorn.Server(config)
        self._server.run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises UsageProblem."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as problem:
        why = problem.strerror or str(problem)
        raise UsageProblem(
            f"nothing can listen on {host}:{port}", why=why, next="promote serve --listen HOST:PORT"
        ) from None


def _told(listen: str, listener: socket.socket) -> str:
    """Where it listens, with the port that the system chose for port 0."""
    return f"{listen.rpartition(':')[0]}:{listener.getsockname()[1]}"


def _address(listen: str) -> tuple[str, int]:
    """The host and port. Raises click.BadParameter."""
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > _LAST_PORT:
        raise click.BadParameter(
            f"{listen!r} is not HOST:PORT, such as 127.0.0.1:8200", param_hint="--listen"
        )
    return host.strip("[]"), int(port)


def _names(host: str, hosts: tuple[str, ...]) -> tuple[str, ...]:
    """The names by which browsers may ask.

    What listens on this machine alone takes no other: a page of somebody else could give its own name this
    machine's address, and read the board in the browser of who is here.
    """
    if hosts:
        return (*hosts, *_LOCAL)
    return _LOCAL if host in {"localhost", "127.0.0.1", "::1"} else ("*",)


def _hooked(reference: str | None, clone: Path | None, projects: Mapping[str, str]) -> _Hooked | None:
    """What was asked for of webhooks; None if nothing. Raises UsageProblem for a half of it."""
    if not (reference or clone or projects):
        return None
    if reference is None or clone is None or not projects:
        raise UsageProblem(
            "webhooks need a secret, a clone and a project",
            why="--hook-secret, --clone, and --code-project or --config-project go together",
            next="promote serve --help",
        )
    return _Hooked(
        reference, secret_of(reference, os.environ, "webhooks", "--hook-secret"), require_clone(clone)
    )


def _handing(  # noqa: PLR0913, PLR0917 - each is a part of how
    office: Office,
    call: Call,
    hooked: _Hooked,
    environment: Mapping[str, str],
    stage: str | None,
    last: ExitStack,
) -> Handing:
    """Hands pushes over, from now until the end of `last`."""
    runs = PromoteRuns(
        office.site, call.config, hooked.clone, lambda: stage or _first_stage(office), environment
    )
    handing = Handing(runs, office.clock.now, lambda text: click.echo(text, err=True))
    handing.start()
    last.callback(handing.stop)
    last.callback(runs.stop)
    return handing


def _first_stage(office: Office) -> str:
    """The stage that any pinned release may enter. Raises NotEligible in a site without a line."""
    line = office.history().line
    first = next((one.name for one in line.stages if one.first), None) if line else None
    if first is None:
        raise NotEligible(
            "this site has no line yet, so there is no first stage", next="promote serve --stage STAGE"
        )
    return first

"""What `promote serve` is told of logging in: its options, and what is made of them."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import click

from pipeline.board.acting import Acting
from pipeline.board.login import DONE, Application, Login
from pipeline.board.plans import Plans
from pipeline.board.reading import Reader
from pipeline.bootstrap.login import gitlab_logins
from pipeline.bootstrap.planning import PlanRuns
from pipeline.bootstrap.server_secrets import secret_of, without
from pipeline.core.errors import NotEligible, UsageProblem

_OPTIONS = (
    click.option("--url", metavar="URL", help="The address by which browsers reach it, to log in at GitLab."),
    click.option("--oauth-id", metavar="ID", help="The id of the application in GitLab."),
    click.option(
        "--oauth-secret",
        metavar="REFERENCE",
        help="Its secret: env:NAME, file:/path or vault:MOUNT/PATH#KEY.",
    ),
    click.option(
        "--oauth-group",
        "oauth_groups",
        metavar="PATH",
        multiple=True,
        help="A group of GitLab: who is at least a Developer there may approve and reject.",
    ),
)


@dataclass(frozen=True, slots=True)
class LoginAsked:
    """How people log in: the board's own address, the application's id, what its secret is, and the groups.

    `reference` is where the secret comes from.
    """

    url: str
    application: str
    reference: str
    secret: str = field(repr=False)
    groups: tuple[str, ...]

    @property
    def host(self) -> str:
        """The name by which browsers ask for the board."""
        return urlsplit(self.url).hostname or ""


def login_options(verb: Callable[..., int]) -> Callable[..., int]:
    """Adds the options of logging in to a verb."""
    for option in reversed(_OPTIONS):
        verb = option(verb)
    return verb


def login_asked(**options: Any) -> LoginAsked | None:  # noqa: ANN401 - as click has them
    """What was asked for by these options; None if nothing. Raises UsageProblem for a part of it."""
    url, application, reference = options["url"], options["oauth_id"], options["oauth_secret"]
    groups = options["oauth_groups"]
    if not any((url, application, reference, groups)):
        return None
    if not (url and application and reference and groups):
        raise UsageProblem(
            "to log in needs an address, an application, its secret and a group",
            why="--url, --oauth-id, --oauth-secret and --oauth-group go together",
            next="promote serve --help",
        )
    secret = secret_of(reference, os.environ, "the application in GitLab", "--oauth-secret")
    return LoginAsked(_own_address(url), application, reference, secret, tuple(groups))


def acting_of(asked: LoginAsked, reader: Reader, references: Sequence[str], last: ExitStack) -> Acting:
    """Lets people log in and act, until the end of `last`. No child gets what these `references` name.

    Raises NotEligible in a site whose line believes no GitLab.
    """
    if reader.identity() is None:
        raise NotEligible(
            "nobody could log in",
            why="this site's line names no identity, so it believes no GitLab",
            next="promote line show --yaml, and promote line set with an identity in it",
        )
    runs = PlanRuns(reader.site, without(os.environ, references))
    last.callback(runs.stop)
    logins = gitlab_logins(asked.application, asked.secret, f"{asked.url}{DONE}")
    login = Login(Application(asked.url, asked.groups, logins), reader.identity, time.monotonic)
    return Acting(reader, login, Plans(runs, reader.now))


def _own_address(url: str) -> str:
    """Its scheme and its host alone, as they were understood: whether cookies are kept to TLS rests on that.

    Raises UsageProblem for what cookies could not be safe with.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    local = host in {"localhost", "127.0.0.1", "::1"}
    # An asterisk would let browsers ask by many names, or by any.
    named = host and not {"@", "*"} & set(parts.netloc)
    if not named or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise UsageProblem(
            "this is not the address of a board", where="--url", next="--url https://board.example"
        )
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise UsageProblem(
            "who logs in needs TLS",
            where="--url",
            why="without it anybody on the way could act as they",
            next=f"--url https://{host}, with a proxy that has a certificate",
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"

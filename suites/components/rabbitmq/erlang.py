"""Asking a broker in its own language: milliseconds, where rabbitmqctl starts an Erlang of its own."""

import shlex

from suites.errors import ReadingFailed
from suites.hosts.host import Host

DONE = "{ok, ok}"


def say(host: Host, erlang: str, *, within: int = 20) -> str:
    """Return what expressions print in a host's broker; their value must be `ok`. Raises ReadingFailed."""
    return said(host.read(script(host, erlang, within=within), within=within + 5))


def script(host: Host, erlang: str, *, within: int = 20) -> str:
    """Return the script that has a host's broker evaluate expressions."""
    call = f"HOME=/var/lib/rabbitmq erl_call -sname rabbit@{host.name} -timeout {within} -fetch_stdout -e"
    return f"printf '%s\\n' {shlex.quote(erlang)} | {call}"


def said(text: str) -> str:
    """Return what the expressions printed. Raises ReadingFailed when their value was not `ok`."""
    if not text.endswith(DONE):
        raise ReadingFailed("the broker did not do what it was asked", why=text.strip()[-300:])
    return text.removesuffix(DONE)

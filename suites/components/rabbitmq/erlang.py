"""Asking a broker in its own language: milliseconds, where rabbitmqctl starts an Erlang of its own."""

import shlex

from suites.errors import ReadingFailed
from suites.harness.hosts import Host

DONE = "{ok, ok}"


def say(host: Host, erlang: str, *, within: int = 20) -> str:
    """Return what expressions print in a host's broker; their value must be `ok`. Raises ReadingFailed."""
    call = f"HOME=/var/lib/rabbitmq erl_call -sname rabbit@{host.name} -timeout {within} -fetch_stdout -e"
    said = host.read(f"printf '%s\\n' {shlex.quote(erlang)} | {call}", within=within + 5)
    if not said.endswith(DONE):
        raise ReadingFailed(
            "the broker did not do what it was asked", where=host.name, why=said.strip()[-300:]
        )
    return said.removesuffix(DONE)

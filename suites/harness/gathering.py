"""What a host can say about itself, asked in one go: many scripts over one connection.

A check says with `asks` what it will ask. That only saves time: it asks its host as ever, and judges alone.
"""

import base64
import json
import shlex
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from pydantic import TypeAdapter, ValidationError

from suites.errors import ReadingFailed
from suites.harness.component import Component
from suites.hosts.host import Host, Output, stdout_of

# Longer than a script may take that is asked alone: this machine and the host have all of them to do.
EACH_WITHIN = 45
WHOLE_WITHIN = 150
# A stage's hosts may share one machine, and readings must not take the CPU from what they are about: so few
# hosts at once, so few scripts on each, and those behind everything else that the host does.
HOSTS_AT_ONCE, SCRIPTS_AT_ONCE, NICE = 6, 2, 10
RUN = f"""
import base64, json, subprocess, sys, zlib
from concurrent.futures import ThreadPoolExecutor
def run(script):
    argv = ("timeout", "{EACH_WITHIN}", "nice", "-n", "{NICE}", "sh", "-c", script)
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
with ThreadPoolExecutor({SCRIPTS_AT_ONCE}) as pool:
    json.dump(list(pool.map(run, json.loads(zlib.decompress(base64.b64decode(sys.argv[1]))))), sys.stdout)
"""

ASKS, ASKS_LAST = "asks", "asks_last"
# A script, or what a component's hosts are asked.
Ask = str | Callable[[Component, Host], Iterable[str]]
Answers = Mapping[str, Output]


def asks(*what: Ask) -> pytest.MarkDecorator:
    """Mark a check with what it asks of each of its hosts first, so that it is asked with all the rest."""
    # Not by a call: a mark that is called with one function alone marks that function.
    return pytest.mark.asks.with_args(*what)


def asks_last(*what: Ask) -> pytest.MarkDecorator:
    """Mark a check with what it asks of each of its hosts once the checks before it are through.

    It is asked with all else that is asked then: what those checks did to the hosts is in the answers.
    """
    return pytest.mark.asks_last.with_args(*what)


def scripts_of(what: Iterable[Ask], component: Component, host: Host) -> tuple[str, ...]:
    """Return the scripts that a host is asked, each once."""
    found = ((one,) if isinstance(one, str) else one(component, host) for one in what)
    return tuple(dict.fromkeys(script for scripts in found for script in scripts))


def gather(host: Host, scripts: Sequence[str]) -> Answers:
    """Ask a host several things over one connection; return its answers by script.

    One script's failure or hanging is its own. Raises ReadingFailed when the host can't be reached, or can't
    run what is to run them.
    """
    if len(scripts) <= 1:  # nothing to put together
        return {script: host.ask(script, within=EACH_WITHIN) for script in scripts}
    request = base64.b64encode(zlib.compress(json.dumps(scripts).encode())).decode()
    text = stdout_of(
        host.ask(shlex.join(["python3", "-I", "-c", RUN, request]), within=WHOLE_WITHIN), where=host.name
    )
    try:
        answers = TypeAdapter(list[tuple[int, str, str]]).validate_json(text)
        return {script: Output(*answer) for script, answer in zip(scripts, answers, strict=True)}
    except (ValidationError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise ReadingFailed("what was gathered can't be parsed", where=host.name, why=why) from None


@dataclass(frozen=True, slots=True)
class Gathered:
    """A host whose first answers to some scripts are gathered, or being so.

    Whatever else it is asked, or asked again, it is asked anew: who waits for a change sees it.
    """

    host: Host
    answers: Future[Answers]
    left: set[str]

    @property
    def name(self) -> str:
        """Its name in the target."""
        return self.host.name

    @property
    def address(self) -> str:
        """Its address inside the stage."""
        return self.host.address

    def ask(self, script: str, *, within: int = 20) -> Output:
        """Return the answer that was gathered, or ask now. Raises ReadingFailed."""
        if script in self.left:
            self.left.remove(script)
            answer = self.answers.result().get(script)
            if answer is not None:
                return answer
        return self.host.ask(script, within=within)

    def read(self, script: str, *, within: int = 20) -> str:
        """Return the stdout of a script that must succeed. Raises ReadingFailed."""
        return stdout_of(self.ask(script, within=within), where=self.name)


@dataclass(slots=True)
class Gathering:
    """What is asked of all hosts. Each host's answers come when all of its own are there."""

    fleet: Mapping[str, Host]
    being: dict[str, Future[Answers]] = field(default_factory=dict)
    pool: ThreadPoolExecutor | None = None

    def begin(self, wanted: Mapping[str, Iterable[str]]) -> None:
        """Ask each host, by name, its scripts; return at once."""
        self.pool = ThreadPoolExecutor(HOSTS_AT_ONCE)
        for name, scripts in wanted.items():
            each = tuple(dict.fromkeys(scripts))
            self.being[name] = self.pool.submit(_what_came, self.fleet[name], each)

    def of(self, name: str, scripts: Iterable[str]) -> Host:
        """Return a host that answers these scripts, once, with what was gathered."""
        if name not in self.being:
            return self.fleet[name]
        return Gathered(self.fleet[name], self.being[name], set(scripts))

    def end(self) -> None:
        """Wait for what is still being asked."""
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)


def _what_came(host: Host, scripts: Sequence[str]) -> Answers:
    """A host that can't be asked all at once is asked by each check, which then fails alone, or does not."""
    try:
        return gather(host, scripts)
    except ReadingFailed:
        return {}


def gathered(host: Host, scripts: Iterable[str]) -> Host:
    """Ask a host some scripts in one go, now; return it as one that answers each of them once.

    A host that can't be asked says so with each answer.
    """
    answers: Future[Answers] = Future()
    asked = tuple(dict.fromkeys(scripts))
    try:
        answers.set_result(gather(host, asked))
    except ReadingFailed as error:
        answers.set_exception(error)
    return Gathered(host, answers, set(asked))

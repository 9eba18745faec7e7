"""Gathering: many scripts of a host, run over one connection.

A check declares its scripts with `asks`. That only saves time: it asks its host as usual, and judges alone.
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
from suites.seam.target import Target

# Longer than for a script that runs alone: this machine and the host run all of them.
EACH_WITHIN = 45
WHOLE_WITHIN = 150
# A stage's hosts may share one machine, and readings must not take CPU from what they read: so few hosts in
# parallel, few scripts on each, and those at a lower priority than anything else on the host.
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


@dataclass(frozen=True, slots=True)
class OfTarget:
    """What is asked depends on what the target has of the host, too."""

    scripts: Callable[[Component, Host, Target], Iterable[str]]


# A script, or what returns the scripts for a component's host.
Ask = str | Callable[[Component, Host], Iterable[str]] | OfTarget
Answers = Mapping[str, Output]


def asks(*what: Ask) -> pytest.MarkDecorator:
    """Mark a check with the scripts that it runs first on each of its hosts; they run with all others."""
    # with_args, not a call: a mark that is called with a single function marks that function.
    return pytest.mark.asks.with_args(*what)


def asks_last(*what: Ask) -> pytest.MarkDecorator:
    """Mark a check with scripts that run on each of its hosts only after the checks before it.

    The answers show what those checks did to the hosts. All scripts marked this way run together.
    """
    return pytest.mark.asks_last.with_args(*what)


def scripts_of(what: Iterable[Ask], component: Component, host: Host, target: Target) -> tuple[str, ...]:
    """Return the scripts to run on a host, without duplicates."""
    found = (_scripts(one, component, host, target) for one in what)
    return tuple(dict.fromkeys(script for scripts in found for script in scripts))


def _scripts(one: Ask, component: Component, host: Host, target: Target) -> Iterable[str]:
    if isinstance(one, str):
        return (one,)
    return one.scripts(component, host, target) if isinstance(one, OfTarget) else one(component, host)


def gather(host: Host, scripts: Sequence[str]) -> Answers:
    """Run several scripts on a host over one connection; return the outputs by script.

    A script that fails or hangs does not affect the others. Raises ReadingFailed if the host can't be reached
    or can't run the program that runs them.
    """
    if len(scripts) <= 1:  # nothing to combine
        return {script: host.ask(script, within=EACH_WITHIN) for script in scripts}
    request = base64.b64encode(zlib.compress(json.dumps(scripts).encode())).decode()
    text = host.read(shlex.join(["python3", "-I", "-c", RUN, request]), within=WHOLE_WITHIN)
    try:
        answers = TypeAdapter(list[tuple[int, str, str]]).validate_json(text)
        return {script: Output(*answer) for script, answer in zip(scripts, answers, strict=True)}
    except (ValidationError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise ReadingFailed("what was gathered can't be parsed", where=host.name, why=why) from None


@dataclass(frozen=True, slots=True)
class Gathered:
    """A host whose first outputs of some scripts are gathered, or are being gathered.

    Any other script, and any repetition, runs on the host: a check that waits for a change sees it.
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
        """Return the gathered output, or run the script now. Raises ReadingFailed."""
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
    """The scripts of all hosts. A host's outputs are available once all of its scripts have ended."""

    fleet: Mapping[str, Host]
    being: dict[str, Future[Answers]] = field(default_factory=dict)
    pool: ThreadPoolExecutor | None = None

    def begin(self, wanted: Mapping[str, Iterable[str]]) -> None:
        """Start to run each host's scripts, by name, without waiting for them."""
        self.pool = ThreadPoolExecutor(HOSTS_AT_ONCE)
        for name, scripts in wanted.items():
            each = tuple(dict.fromkeys(scripts))
            self.being[name] = self.pool.submit(_what_came, self.fleet[name], each)

    def of(self, name: str, scripts: Iterable[str]) -> Host:
        """Return a host that answers each of these scripts once with the gathered output."""
        if name not in self.being:
            return self.fleet[name]
        return Gathered(self.fleet[name], self.being[name], set(scripts))

    def end(self) -> None:
        """Wait for the hosts in progress, and cancel the rest."""
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)


def _what_came(host: Host, scripts: Sequence[str]) -> Answers:
    """Gather from a host; if that fails, return nothing, so that each check runs its own scripts."""
    try:
        return gather(host, scripts)
    except ReadingFailed:
        return {}


def gathered(host: Host, scripts: Iterable[str]) -> Host:
    """Run scripts on a host now, together; return a host that answers each of them once.

    If that fails, each answer raises ReadingFailed.
    """
    answers: Future[Answers] = Future()
    asked = tuple(dict.fromkeys(scripts))
    try:
        answers.set_result(gather(host, asked))
    except ReadingFailed as error:
        answers.set_exception(error)
    return Gathered(host, answers, set(asked))

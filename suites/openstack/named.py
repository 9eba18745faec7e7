"""Everything that a service's own configuration names: databases, brokers, caches, and its accounts there.

The dependency check of a host has a file of its own. This reads the service's, so that a wrong password in it
shows on the host that has it, whether or not anything has used it yet.
"""

import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from suites.errors import ReadingFailed
from suites.hosts.host import last_line
from suites.hosts.places import BUS, in_python
from suites.hosts.reading import Observation
from suites.seam.target import Target

OK = "ok"
BROKER = "broker "
PROGRAM = Path(__file__).with_name("named_program.py").read_text(encoding="utf-8")

Said = Mapping[str, str]  # what is named → "ok", or what went wrong


@dataclass(frozen=True, slots=True)
class Configured:
    """The account that a component's programs run as, and the files that configure them."""

    account: str
    files: tuple[str, ...]

    @property
    def script(self) -> str:
        """The script that asks all that the files name, on a host."""
        return f"{shlex.join(['runuser', '-u', self.account, '--'])} {in_python(PROGRAM, *self.files)}"


def parse(text: str) -> Said:
    """Parse what the program printed. Raises ReadingFailed."""
    try:
        return TypeAdapter(dict[str, str]).validate_json(text)
    except ValidationError:
        said = last_line(text, otherwise="it ended without a word")
        raise ReadingFailed("the answer about what is named can't be parsed", why=repr(said[:80])) from None


def to_name(target: Target, host: str) -> tuple[str, ...]:
    """Return the addresses of the brokers that a host's configuration must name: all of the stage's.

    None if its manifest may be that of the release before, which may have had fewer.
    """
    if target.host(host).declared is None:
        return ()
    return tuple(one.address for one in target.carrying("rabbitmq"))


def all_answer(said: Said, brokers: Collection[str]) -> Observation:
    """Say whether all that the configuration names answers and takes the service's account, every broker too.

    `brokers` are the addresses of those that it must name. A configuration that names any must name them
    all, or the service has nowhere to go when those few are lost.
    """
    wrong = [f"{name}: {why}" for name, why in said.items() if why != OK]
    known = [name for name in said if name.startswith(BROKER)]
    missing = [at for at in brokers if not any(name.startswith(f"{BROKER}{at}:{BUS}:") for name in known)]
    wrong += [f"{BROKER}{at} is not named" for at in missing if known]
    return Observation(bool(said) and not wrong, "; ".join(wrong) or _well(said))


def _well(said: Said) -> str:
    return f"{', '.join(name.partition(': [')[0] for name in said)} answer" if said else "nothing is named"

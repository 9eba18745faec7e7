"""Calls to the queue that a host's server has for itself: work that no other host can take over."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from suites.errors import ReadingFailed
from suites.hosts.host import last_line
from suites.hosts.places import in_python
from suites.hosts.reading import Observation

# For a reply; oslo.messaging looks for one every half second, and the program has the lowest priority of all.
WITHIN = 20
# For the whole program: without brokers it would look for one without end.
ENDS_AFTER = 40
PROGRAM = Path(__file__).with_name("own_queue_program.py").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that reads, by an interface that outlives releases, and the `reply` that it must get."""

    topic: str
    method: str
    arguments: Mapping[str, object]
    reply: object
    version: str
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class OwnQueue:
    """What a host's server is called by: the service's configuration and account, its exchange, the call."""

    configuration: str
    account: str
    exchange: str
    call: Call

    def script(self, server: str) -> str:
        """Return the script that calls the server of this name; it runs on the server's host."""
        call = asdict(self.call)
        del call["reply"]
        asked = {
            "configuration": self.configuration,
            "exchange": self.exchange,
            "server": server,
            "call": call,
            "within": WITHIN,
        }
        program = in_python(PROGRAM, json.dumps(asked))
        return f"{shlex.join(['runuser', '-u', self.account, '--', 'timeout', str(ENDS_AFTER)])} {program}"


class Answer(BaseModel):
    """What the program prints: the reply, or why there is none."""

    reply: object = None
    error: str = ""


def parse(text: str) -> Answer:
    """Parse what the program printed. Raises ReadingFailed."""
    try:
        return Answer.model_validate_json(text)
    except ValidationError:
        said = last_line(text, otherwise="it ended without a word")
        raise ReadingFailed("the answer about a call can't be parsed", why=repr(said[:80])) from None


def took(queue: OwnQueue, server: str, answer: Answer) -> Observation:
    """Say whether the host's own server took a call from its own queue, and replied as it must."""
    name = f"{queue.call.topic}.{server}"
    if answer.error:
        why = answer.error
        if why.startswith("MessagingTimeout"):
            why = f"nobody replied within {WITHIN} s (MessagingTimeout)"
        return Observation(holds=False, seen=f"{queue.call.method} by the queue {name}: {why}")
    if answer.reply != queue.call.reply:
        said = json.dumps(answer.reply)[:80]
        return Observation(holds=False, seen=f"{queue.call.method} by the queue {name}: it replied {said}")
    return Observation(holds=True, seen=f"{queue.call.method} by the queue {name} is replied to")


def ping(topic: str) -> Call:
    """Return Nova's call that each of its servers replies to."""
    return Call(topic, "ping", {"arg": "smoke"}, {"service": topic, "arg": "smoke"}, "1.0", "baseapi")


def of_nova(topic: str) -> OwnQueue:
    """Return how a server of Nova is called by its own queue."""
    return OwnQueue("/etc/nova/nova.conf", "nova", "nova", ping(topic))

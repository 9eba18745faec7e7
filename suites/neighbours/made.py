"""What a check makes in a stage, and its removal, whatever happens."""

from collections.abc import Callable
from dataclasses import dataclass, field

from suites.errors import NotWithin, SuitesError
from suites.hosts.reading import Observation, until
from suites.neighbours.pair import NOT_FOUND, REFUSED, Neighbour, Pair, Service, message, resource

PREFIX = "stagegate-neighbours"
EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource at a path of an API; once deleted, it must be gone within some seconds.

    `what` is its kind and its name.
    """

    what: str
    endpoint: str
    path: str
    gone_within: float = 0.0


@dataclass(slots=True)
class Made:
    """The resources that a check has made, all of one name. `tell` reports what happens meanwhile.

    What can't be removed is told there, too, because a check that is broken off reports nothing any more.
    """

    pair: Pair
    name: str
    tell: Callable[[str], None]
    things: list[Thing] = field(default_factory=list)

    def note(self, kind: str, endpoint: str, path: str, gone_within: float = 0.0) -> None:
        """Have a resource removed at the end; it need not be there any more by then."""
        self.things.append(Thing(f"{kind} {self.name}", endpoint, path, gone_within))

    def remove(self) -> tuple[str, ...]:
        """Delete everything, the last first; return what could not be removed, and why."""
        left = []
        while self.things:
            thing = self.things.pop()
            if why := self._stays(thing):
                left.append(f"{thing.what} could not be removed: {why}")
                self.tell(left[-1])
        return tuple(left)

    def _stays(self, thing: Thing) -> str:
        """Delete through one colour, and else through the other; return why it stays, "" if it is gone."""
        why = []
        for neighbour in self.pair.both:
            try:
                refusal = _deleted(neighbour, thing)
            except SuitesError as error:
                refusal = str(error)
            if not refusal:
                return ""
            why.append(refusal)
        return "; ".join(why)


def _deleted(neighbour: Neighbour, thing: Thing) -> str:
    """Delete a thing and wait until it is gone; return why it is not. Raises ClientFailed."""
    service = neighbour.service(thing.endpoint)
    answer = service.ask("DELETE", thing.path)
    if answer.status == NOT_FOUND:
        return ""
    if answer.status >= REFUSED:
        said = message(answer.document)
        return f"{neighbour.colour} answers {answer.status}" + (f" ({said})" if said else "")

    try:
        await_gone(service, thing.path, thing.gone_within)
    except NotWithin as error:
        return error.why
    return ""


def await_gone(service: Service, path: str, within: float) -> None:
    """Wait until a colour no longer shows what is at a path. Raises NotWithin, ClientFailed."""

    def gone() -> Observation:
        status = service.ask("GET", path).status
        return Observation(status == NOT_FOUND, f"{service.colour} still shows {resource(path)} ({status})")

    until(gone, within=within, every=EVERY_S)

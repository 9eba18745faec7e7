"""The queues of the message bus, as one broker lists them for the whole cluster."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from suites.components.rabbitmq import broker
from suites.errors import ReadingFailed
from suites.hosts.host import Host
from suites.hosts.reading import Observation

# Only the broker that leads a queue knows its consumers.
ASK = """
Leader = fun (Q) -> case amqqueue:get_pid(Q) of {_, N} -> N; P when is_pid(P) -> node(P); _ -> node() end end,
Info = fun (Q) ->
  try maps:from_list(erpc:call(Leader(Q), rabbit_amqqueue, info, [Q, [consumers, messages]], 5000)) of
    #{consumers := C, messages := M} -> {C, M}
  catch _:_ -> {-1, -1} end end,
Types = #{rabbit_quorum_queue => quorum, rabbit_classic_queue => classic, rabbit_stream_queue => stream},
Members = fun (Q) -> case amqqueue:get_type_state(Q) of #{nodes := N} -> N; _ -> [] end end,
io:format("~s", [rabbit_json:encode([begin
  {resource, Vhost, queue, Name} = amqqueue:get_name(Q),
  {Consumers, Messages} = Info(Q),
  #{vhost => Vhost, name => Name, type => maps:get(amqqueue:get_type(Q), Types, other),
    exclusive => amqqueue:get_exclusive_owner(Q) =/= none,
    consumers => Consumers, messages => Messages, members => Members(Q)}
end || Q <- rabbit_amqqueue:list()])]).
"""
# Queues of one client, which disappear with it: replies to one process, and its copy of broadcasts.
OF_ONE_CLIENT = re.compile(r"(^reply_|_fanout_)")
# Queues without a consumer by design. Services have notifications off; `stagegate-` queues are of a check.
NOT_RPC = re.compile(r"^(stagegate-|amq\.|(versioned_)?notifications\.)")

# As many brokers as RabbitMQ places a new queue on, if there are more.
ENOUGH = 3

# Topics of programs of which one host is enough. A dead host's own queue, TOPIC.HOST, has no consumer and
# gets no message: it is only reported, and the program's own checks say whether enough hosts are alive.
INTERCHANGEABLE = ("conductor", "scheduler")
# How names end of hosts of a colour, and so of queues of theirs.
OF_COLOUR = "-{colour}-[0-9]+"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue. `members` are the brokers with a replica; a count of -1 could not be read."""

    vhost: str
    name: str
    type: str
    exclusive: bool
    consumers: int
    messages: int
    members: tuple[str, ...]

    @property
    def for_one_client(self) -> bool:
        """Whether it belongs to one client, for replies or fan-out."""
        return self.exclusive or OF_ONE_CLIENT.search(self.name) is not None


def read(host: Host) -> tuple[Queue, ...]:
    """Read all queues from one broker. Raises ReadingFailed."""
    return parse(broker.evaluate(host, ASK))


def parse(text: str) -> tuple[Queue, ...]:
    """Parse the queues from the JSON that ASK prints. Raises ReadingFailed."""
    try:
        return TypeAdapter(tuple[Queue, ...]).validate_python(json.loads(text))
    except (ValueError, ValidationError) as error:
        raise ReadingFailed("the list of queues can't be parsed", why=str(error).splitlines()[0]) from None


def of_the_right_type(queues: Iterable[Queue], brokers: Collection[str]) -> Observation:
    """Say whether every queue is a quorum queue with all the replicas that it should have, and no stranger's.

    There must be a queue. It should have a replica on each of `brokers`, or on ENOUGH of many: with two of
    three, the loss of one stops it. A replica on a broker that the stage does not have counts for the
    majority, and never answers. A queue of one client may have a majority of these only: RabbitMQ adds no
    replica on a broker that was away when the queue was declared, and the queue goes with its client.

    A queue of another type is on one broker only and is lost with it. Two kinds are exempt: a stream for
    fan-out, and an exclusive queue, which exists only as long as its connection.
    """
    asked = [queue for queue in queues if not queue.exclusive]
    wrong = []
    for queue in asked:
        if queue.type != "quorum" and not (queue.type == "stream" and queue.name.endswith("_fanout")):
            wrong.append(f"{queue.name} is a {queue.type} queue")
        elif queue.type == "quorum":
            wrong += _misplaced(queue, brokers)
    if not asked:
        return Observation(holds=False, seen="no queue to judge")
    return Observation(not wrong, "; ".join(wrong) or f"{len(asked)} queues, each of the right type")


def _misplaced(queue: Queue, brokers: Collection[str]) -> Iterator[str]:
    kept_by = {member.partition("@")[2] for member in queue.members}
    if strangers := sorted(kept_by - set(brokers)):
        yield f"{queue.name} has a replica on {', '.join(strangers)}, which the stage does not have"
    placed = min(len(brokers), ENOUGH)
    wanted = placed // 2 + 1 if queue.for_one_client else placed
    if len(kept_by & set(brokers)) < wanted:
        yield f"{queue.name} is kept by {len(kept_by & set(brokers))} of {len(brokers)} brokers"


def consumed(queues: Iterable[Queue], callers: Collection[str], beside: Collection[str] = ()) -> Observation:
    """Say whether every RPC queue has a consumer.

    `callers` are the components that call over the bus: if there are any, there must be queues. `beside` are
    the colours beside the one under test. Such a one may be half built, or abandoned: queues of its hosts,
    and of topics that no other hosts have, are told and no defect.
    """
    rpc = [queue for queue in queues if not queue.for_one_client and not NOT_RPC.match(queue.name)]
    read = {queue.name for queue in rpc if queue.consumers > 0}
    silent = [queue.name for queue in rpc if queue.name not in read]
    stood_in_for = [name for name in silent if _topic(name) in read.intersection(INTERCHANGEABLE)]
    names = [queue.name for queue in rpc]
    of_others = [name for name in silent if name not in stood_in_for and _is_of(beside, name, names)]
    wrong = [name for name in silent if name not in (*stood_in_for, *of_others)]
    if wrong:
        return Observation(holds=False, seen=f"no consumer reads {', '.join(wrong)}")
    if not rpc and callers:
        return Observation(holds=False, seen=f"no queue, though there are {', '.join(sorted(callers))}")
    but = f"; NOT read, though others of the topic are: {', '.join(stood_in_for)}" if stood_in_for else ""
    but += f"; NOT read, and of the colour beside: {', '.join(of_others)}" if of_others else ""
    return Observation(holds=True, seen=f"{len(read)} RPC queues, each with a consumer{but}")


def _is_of(colours: Collection[str], queue: str, names: Iterable[str]) -> bool:
    """Whether a queue is of a host of these colours, or of a topic of which they alone have hosts."""
    own = [name for name in names if name.startswith(f"{queue}.")] or [queue]
    ends = "|".join(OF_COLOUR.format(colour=colour) for colour in colours)
    return bool(ends) and all(re.search(rf"\..*(?:{ends})$", name) for name in own)


def _topic(queue: str) -> str:
    return queue.partition(".")[0]

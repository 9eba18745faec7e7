"""A message that survives a change of its queue's leader: published to one broker, read from another."""

from suites.components.rabbitmq import broker
from suites.errors import ReadingFailed
from suites.hosts.host import Host
from suites.hosts.places import BUS, in_python
from suites.hosts.reading import Observation

CONNECT = (
    "import json,sys,amqp\n"
    "name,text=sys.argv[1],sys.argv[2] if len(sys.argv)>2 else ''\n"
    "account=json.load(open('/etc/rabbitmq/definitions.json'))['users'][0]\n"
    f"c=amqp.Connection(sys.argv[-1]+':{BUS}',account['name'],account['password'],"
    "confirm_publish=True,connect_timeout=5,read_timeout=10,write_timeout=10)\n"
    "c.connect(); ch=c.channel()\n"
)
PUBLISH = CONNECT + (
    "ch.queue_declare(name,durable=True,auto_delete=False,"
    "arguments={'x-queue-type':'quorum','x-expires':120000})\n"
    "ch.basic_publish(amqp.Message(text,delivery_mode=2),routing_key=name,timeout=10)\n"
    "c.close()\n"
)
READ = CONNECT + (
    "m=ch.basic_get(name)\n"
    "print(m.body if m is not None else '')\n"
    "m is None or ch.basic_ack(m.delivery_tag)\n"
    "c.close()\n"
)
# The whole life of a message by one broker, whoever leads the queue. Its name is that of a check's queue.
ROUND_TRIP = CONNECT + (
    "import uuid\n"
    "name='stagegate-'+str(uuid.uuid4())\n"
    "ch.queue_declare(name,durable=True,auto_delete=False,"
    "arguments={'x-queue-type':'quorum','x-expires':120000})\n"
    "try:\n"
    " ch.basic_publish(amqp.Message(name,delivery_mode=2),routing_key=name,timeout=10)\n"
    " m=ch.basic_get(name)\n"
    " said=m.body if m is not None else ''\n"
    " m is None or ch.basic_ack(m.delivery_tag)\n"
    "finally: ch.queue_delete(name)\n"
    "c.close()\n"
    "print(name, said)\n"
)
QUEUE = '{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"%s">>)), '
LEADER = QUEUE + '{_, Node} = amqqueue:get_pid(Q), io:format("~s", [Node]).'
MOVE = QUEUE + "rabbit_quorum_queue:transfer_leadership(Q, 'rabbit@%s'), ok."
DELETE = (
    'case rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"%s">>)) of '
    '{ok, Q} -> {ok, _} = rabbit_amqqueue:delete(Q, false, false, <<"stagegate">>), ok; _ -> ok end.'
)


def publish(by: Host, queue: str, text: str) -> None:
    """Declare a quorum queue for two minutes, publish, and await the confirm. Raises ReadingFailed."""
    by.read(in_python(PUBLISH, queue, text, by.address))


def read(by: Host, queue: str) -> str:
    """Consume one message through a broker; empty if there is none. Raises ReadingFailed."""
    return by.read(in_python(READ, queue, by.address)).strip()


def round_trip(by: Host) -> str:
    """Return the script by which a host's own broker takes a message, gives it back and deletes its queue."""
    return in_python(ROUND_TRIP, "", by.address)


def consumed(printed: str) -> Observation:
    """Say whether a message that was confirmed could be consumed through the same broker."""
    published, _, read = printed.strip().partition(" ")
    if not published or read != published:
        what = f"{read!r}" if read else "nothing"
        return Observation(holds=False, seen=f"a message was confirmed, and {what} could be consumed")
    return Observation(holds=True, seen="a confirmed message was consumed")


def leader(by: Host, queue: str) -> str:
    """Return the host that leads the queue, as a broker sees it. Raises ReadingFailed."""
    return broker.evaluate(by, LEADER % _plain(queue)).strip().removeprefix("rabbit@")


def move(by: Host, queue: str, to: Host) -> None:
    """Transfer the leadership of a queue to another host's broker. Raises ReadingFailed."""
    broker.evaluate(by, MOVE % (_plain(queue), to.name))


def remove(by: Host, queue: str) -> None:
    """Delete the queue if it exists. Raises ReadingFailed."""
    broker.evaluate(by, DELETE % _plain(queue))


def _plain(queue: str) -> str:
    if not queue.replace("-", "").isalnum():
        raise ReadingFailed(f"{queue!r} is not a name for a queue of a check")
    return queue

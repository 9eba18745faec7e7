"""What a broker reports of itself and of its cluster, read with Erlang expressions."""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from suites.errors import ReadingFailed
from suites.hosts.durations import seconds
from suites.hosts.host import Host, read_all, stdout_of
from suites.hosts.reading import Observation, Reading

DONE = "{ok, ok}"
# For a broker that paused, only that matters.
ASK = """
rabbit:is_running() orelse exit(rabbit_does_not_run),
Text = fun (X) when is_atom(X) -> atom_to_binary(X); (X) -> iolist_to_binary(io_lib:format("~0p", [X])) end,
Registered = [{N, erpc:call(N, erlang, registered, [], 5000)} || N <- rabbit_nodes:all_running()],
Name = fun (Q) -> {resource, _, queue, N} = amqqueue:get_name(Q), N end,
Alive = fun (Q) ->
  {Member, _} = amqqueue:get_pid(Q), #{nodes := Nodes} = amqqueue:get_type_state(Q),
  {length([N || {N, Names} <- Registered, lists:member(N, Nodes), lists:member(Member, Names)]),
    length(Nodes)} end,
Led = fun (Q) ->
  {Member, _} = amqqueue:get_pid(Q), {Living, All} = Alive(Q),
  2 * Living > All andalso ra_leaderboard:lookup_leader(Member) =/= undefined end,
Whole = fun (Q) -> {Living, All} = Alive(Q), Living =:= All end,
Quorum = [Q || Q <- rabbit_amqqueue:list(), amqqueue:get_type(Q) =:= rabbit_quorum_queue],
io:format("~s", [rabbit_json:encode(#{
  members => [Text(N) || N <- rabbit_nodes:all()],
  running => [Text(N) || N <- rabbit_nodes:all_running()],
  partitions => [Text(N) || N <- rabbit_node_monitor:partitions()],
  alarms => [Text(A) || A <- rabbit_alarm:get_alarms()],
  tick => case net_kernel:get_net_ticktime() of {_, T} -> T; T -> T end,
  handling => Text(application:get_env(rabbit, cluster_partition_handling, unset)),
  disk_free => rabbit_disk_monitor:get_disk_free(),
  disk_limit => rabbit_disk_monitor:get_disk_free_limit(),
  leaderless => [Name(Q) || Q <- Quorum, not Led(Q)],
  crippled => [Name(Q) || Q <- Quorum, not Whole(Q)],
  users => [proplists:get_value(user, U) || U <- rabbit_auth_backend_internal:list_users()]
})]).
"""


def evaluate(host: Host, erlang: str, *, within: int = 20) -> str:
    """Return what expressions print in a host's broker; their value must be `ok`. Raises ReadingFailed."""
    return printed(host.read(erl_call(host, erlang, within=within), within=within + 5))


def erl_call(host: Host, erlang: str, *, within: int = 20) -> str:
    """Return the script that evaluates expressions in a host's broker."""
    # Its name must be its own: the broker refuses a caller of which it has another of the same name and host.
    call = (
        f"HOME=/var/lib/rabbitmq erl_call -h s$$ -sname rabbit@{host.name} -timeout {within} -fetch_stdout -e"
    )
    return f"printf '%s\\n' {shlex.quote(erlang)} | {call}"


def printed(text: str) -> str:
    """Return what the expressions printed. Raises ReadingFailed if their value was not `ok`."""
    if not text.endswith(DONE):
        raise ReadingFailed("the broker did not do what it was asked", why=text.strip()[-300:])
    return text.removesuffix(DONE)


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker as it sees itself. Sizes are in bytes, times in seconds.

    `leaderless` are the queues of which it knows no leader, or too few members that could have one: whoever
    publishes to one is refused. `crippled` are those of which a member is not alive: the next loss may be one
    too many.
    """

    members: tuple[str, ...]
    running: tuple[str, ...]
    partitions: tuple[str, ...]
    alarms: tuple[str, ...]
    tick: int
    handling: str
    disk_free: int
    disk_limit: int
    leaderless: tuple[str, ...]
    crippled: tuple[str, ...]
    users: tuple[str, ...]


def read(host: Host) -> Broker:
    """Read a broker in one command. Raises ReadingFailed."""
    return parse(printed(host.read(script(host))))


def script(host: Host) -> str:
    """Return the script that reads a host's broker."""
    return erl_call(host, ASK)


def read_each(hosts: Iterable[Host]) -> Mapping[str, Broker | str]:
    """Read brokers; for one that can't be read, return why: the others still report how they see it."""
    return read_all(hosts, _read_or_why)


def _read_or_why(host: Host) -> Broker | str:
    try:
        return read(host)
    except ReadingFailed as error:
        return str(error.why)


def parse(text: str) -> Broker:
    """Parse a broker from the JSON that ASK prints. Raises ReadingFailed."""
    try:
        return TypeAdapter(Broker).validate_python(json.loads(text))
    except (ValueError, ValidationError) as error:
        raise ReadingFailed(
            "the status of the broker can't be parsed", why=str(error).splitlines()[0]
        ) from None


def one_cluster(brokers: Mapping[str, Broker | str]) -> Observation:
    """Say whether every broker sees exactly these brokers running, with no partition and no alarm."""
    names = {f"rabbit@{host}" for host in brokers}
    wrong = []
    for host, broker in brokers.items():
        if isinstance(broker, str):
            wrong.append(f"{host} can't be asked: {broker}")
            continue
        if set(broker.members) != names:
            wrong.append(f"{host} has {_listed(broker.members)} in its cluster")
        if set(broker.running) != names:
            wrong.append(f"{host} sees {_listed(broker.running)} running")
        if broker.partitions:
            wrong.append(f"{host} was partitioned from {_listed(broker.partitions)}")
        if broker.alarms:
            wrong.append(f"{host} has an alarm: {_listed(broker.alarms)}")
    whole = f"{_listed(sorted(names))} running, as each of them sees it; no partition, no alarm"
    return Observation(holds=bool(names) and not wrong, seen="; ".join(wrong) or whole)


def leaders_are_known(brokers: Mapping[str, Broker | str]) -> Observation:
    """Say whether every broker knows a leader of each queue."""
    wrong = []
    for host, broker in brokers.items():
        if isinstance(broker, str):
            wrong.append(f"{host} can't be asked: {broker}")
        else:
            wrong += [f"as {host} sees it, {queue} has no leader" for queue in broker.leaderless]
    holds = bool(brokers) and not wrong
    return Observation(holds, "; ".join(wrong) or f"each of {len(brokers)} brokers knows all leaders")


def has_all_members(broker: Broker) -> Observation:
    """Say whether every member of every queue is alive, as the broker sees it."""
    lost = ", ".join(broker.crippled)
    return Observation(not lost, f"not all members are alive of {lost}" if lost else "all members are alive")


def as_set(broker: Broker, settings: Mapping[str, object]) -> Observation:
    """Say whether partitions are detected after the configured net_ticktime, and a minority then pauses."""
    wanted = seconds(settings["net_ticktime"])
    holds = broker.tick == wanted and broker.handling == "pause_minority"
    seen = f"net_ticktime {broker.tick} s, on a partition {broker.handling}"
    return Observation(holds, seen if holds else f"{seen}; set to {wanted:g} s and pause_minority")


def no_guest(broker: Broker) -> Observation:
    """Say whether the services' account is the only one."""
    return Observation(broker.users == ("openstack",), f"accounts: {_listed(broker.users)}")


def disk_is_free(broker: Broker) -> Observation:
    """Say whether free disk space is at least twice the limit at which the broker blocks publishers."""
    seen = f"{broker.disk_free // 10**6} MB free, publishers are stopped at {broker.disk_limit // 10**6} MB"
    return Observation(broker.disk_free >= 2 * broker.disk_limit, seen)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(sorted(name.removeprefix("rabbit@") for name in names)) or "nobody"


def settled(host: Host) -> tuple[Reading, ...]:
    """Return the reading of whether the host's broker sees all members running, and all queues led again."""
    return (Reading(script(host), lambda output: has_settled(parse(printed(stdout_of(output))))),)


def has_settled(seen: Broker) -> Observation:
    """Judge it by what the broker reports of itself."""
    missing = sorted(set(seen.members) - set(seen.running))
    away = f"not running, or out of reach: {', '.join(missing)}" if missing else ""
    parted = f"parted from {', '.join(seen.partitions)}" if seen.partitions else ""
    led = f"no leader of {', '.join(seen.leaderless)}" if seen.leaderless else ""
    wrong = "; ".join(part for part in (away, parted, led) if part)
    return Observation(not wrong, wrong or f"{len(seen.running)} members are running")

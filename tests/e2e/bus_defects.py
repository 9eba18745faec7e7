"""Defects of RabbitMQ: what each does to a standing stage, and by which checks it is seen."""

from functools import partial

from seeding import LIB, Defect


def erlang(expressions: str) -> str:
    """A command that prints what expressions print in the host's broker."""
    return f"echo '{expressions}, ok.' | {LIB}/rabbitmq-erl"


# How a broker handles partitions, how many it sees running, and how many it was partitioned from.
BROKER = erlang(
    'io:format("~s ~b ~b", [application:get_env(rabbit, cluster_partition_handling, unset),'
    " length(rabbit_nodes:all_running()), length(rabbit_node_monitor:partitions())])"
)
HANDLING = partial("application:set_env(rabbit, cluster_partition_handling, {})".format)
WHOLE_BUS = f"{BROKER} | grep -qx 'pause_minority 3 0'"
# One queue that outlives its broker and one that doesn't, as a service makes them whose settings were lost.
CLASSICS = """
    Names = [{<<"notifications.lasting">>, true}, {<<"notifications.fleeting">>, false}],
    Seeded = [{rabbit_misc:r(<<"/">>, queue, Name), Durable} || {Name, Durable} <- Names],"""

# The record of a queue, as it is where a broker was removed that nobody took out of the queues.
NODES = """
    Change = fun (Q) -> State = #{{nodes := Nodes}} = amqqueue:get_type_state(Q),
      amqqueue:set_type_state(Q, State#{{nodes := {}}}) end,
    Name = rabbit_misc:r(<<"/">>, queue, <<"conductor">>),
    rabbit_misc:execute_mnesia_transaction(fun () -> rabbit_amqqueue:update(Name, Change) end)"""
GONE = "rabbit@messaging-9"

# What services say that were connected to the broker, or try to be; and each host asks each broker.
BUS_LOST = (
    "(nova-[a-z]+|neutron|cinder)/(journal|dependencies_answer|all_it_names_answers|own_queue_is_answered"
    "|record_is_read_back)"
    "|rabbitmq/(client_is_served|members_are_alive)|neutron/workers_are_connected"
)

PARTITIONED = Defect(
    name="a-rabbitmq-node-partitioned-away",
    hosts="messaging-3",
    cut=("messaging-3", "messaging-[12]"),
    is_in=f"! {LIB}/rabbitmq-whole >/dev/null",
    # By itself it may hang for ever, waiting for Erlang's global names: rabbitmq-server's issue 6034.
    take_out="systemctl restart rabbitmq-server",
    healed=WHOLE_BUS,
    seen_by={
        "rabbitmq/brokers_are_one_cluster": "messaging-1 sees messaging-1, messaging-2 running",
        "rabbitmq/healthy": "messaging-3: .*takes no connections",
    },
    cause="rabbitmq/healthy",
    may_also="rabbitmq/(partition_is_handled|disk_is_free|queues_have_leaders|message_outlives_its_leader|journal"
    f"|runs_as_declared|hosts_agree)|{BUS_LOST}",
)
IGNORED = Defect(
    name="partitions-ignored-and-a-partition",
    hosts="messaging-[123]",
    cut=("messaging-3", "messaging-[12]"),
    put_in=erlang(HANDLING("ignore")),
    is_in=f"{BROKER} | grep -q '^ignore [12] '",
    # Both sides went on, so one of them has to forget what it did meanwhile.
    take_out=f"case $(hostname) in messaging-3) systemctl restart rabbitmq-server ;;"
    f" *) {erlang(HANDLING('pause_minority'))} ;; esac",
    healed=WHOLE_BUS,
    seen_by={
        "rabbitmq/partition_is_handled": "on a partition ignore; set to .* and pause_minority",
        "rabbitmq/brokers_are_one_cluster": "messaging-3 sees messaging-3 running",
        "rabbitmq/runs_as_declared": "cluster_partition_handling is ignore, declared pause_minority",
    },
    cause="rabbitmq/partition_is_handled",
    # The lone broker goes on without a majority: a service connected to it, which is chance, waits until a
    # request times out. Both have been seen red.
    may_also="rabbitmq/(queues_have_leaders|message_outlives_its_leader|journal|hosts_agree)|neutron/port_binds"
    f"|cinder/scheduler_is_up|{BUS_LOST}",
)
CLASSIC_QUEUE = Defect(
    name="a-classic-queue-where-a-quorum-queue-belongs",
    hosts="messaging-1",
    put_in=erlang(
        f"{CLASSICS} [{{new, _}} = rabbit_amqqueue:declare(Name, Durable, false, [], none,"
        ' <<"seeded">>) || {Name, Durable} <- Seeded]'
    ),
    is_in=erlang(f'{CLASSICS} io:format("~w", [[rabbit_amqqueue:exists(Name) || {{Name, _}} <- Seeded]])')
    + " | grep -qF '[true,true]'",
    take_out=erlang(
        f'{CLASSICS} [rabbit_amqqueue:delete(Q, false, false, <<"seeded">>) || {{Name, _}} <- Seeded,'
        " {ok, Q} <- [rabbit_amqqueue:lookup(Name)]]"
    ),
    seen_by={
        "rabbitmq/queues_are_quorum": "(?=.*notifications.lasting is a classic queue)"
        "(?=.*notifications.fleeting is a classic queue)"
    },
)
STRANGER = Defect(
    name="a-scaled-in-broker-still-member-of-a-quorum-queue",
    hosts="messaging-1",
    put_in=erlang(NODES.format(f'[list_to_atom("{GONE}") | Nodes]')),
    is_in=erlang(
        'io:format("~w", [[amqqueue:get_type_state(Q) || Q <- rabbit_amqqueue:list(),'
        " amqqueue:get_type(Q) == rabbit_quorum_queue]])"
    )
    + f" | grep -qF {GONE}",
    take_out=erlang(NODES.format(f'lists:delete(list_to_atom("{GONE}"), Nodes)')),
    seen_by={
        "rabbitmq/queues_are_quorum": "conductor has a replica on messaging-9, which the stage does not have",
        "rabbitmq/members_are_alive": "messaging-1: .*not all members are alive of conductor",
    },
    cause="rabbitmq/queues_are_quorum",
)

# A queue that was declared while a broker was away: RabbitMQ adds no replica there by itself.
SHORT = 'rabbit_misc:r(<<"/">>, queue, <<"notifications.short">>)'
SHORT_QUEUE = Defect(
    name="a-queue-that-two-of-three-brokers-keep",
    hosts="messaging-1",
    put_in=erlang(
        f"{{new, _}} = rabbit_amqqueue:declare({SHORT}, true, false,"
        ' [{<<"x-queue-type">>, longstr, <<"quorum">>}], none, <<"seeded">>), timer:sleep(1000),'
        ' ok = rabbit_quorum_queue:delete_member(<<"/">>, <<"notifications.short">>,'
        " hd(rabbit_nodes:all_running() -- [node()]))"
    ),
    is_in=erlang(
        f"{{ok, Q}} = rabbit_amqqueue:lookup({SHORT}), #{{nodes := Nodes}} = amqqueue:get_type_state(Q),"
        ' io:format("~b", [length(Nodes)])'
    )
    + " | grep -qx 2",
    take_out=erlang(
        f"{{ok, Q}} = rabbit_amqqueue:lookup({SHORT}),"
        ' {ok, _} = rabbit_amqqueue:delete(Q, false, false, <<"seeded">>)'
    ),
    seen_by={"rabbitmq/queues_are_quorum": "notifications.short is kept by 2 of 3 brokers"},
)

# A queue of which most brokers have only the record. If it expires, a broker's own program removes it.
LEFT = """
    Name = rabbit_misc:r(<<"/">>, queue, <<"{name}">>),
    Arguments = [{{<<"x-queue-type">>, longstr, <<"quorum">>}}{expires}],
    {{new, Q}} = rabbit_amqqueue:declare(Name, true, false, Arguments, none, <<"seeded">>),
    {{Member, _}} = amqqueue:get_pid(Q),
    Others = tl(lists:sort(rabbit_nodes:all_running())),
    [ok = ra:force_delete_server(quorum_queues, {{Member, N}}) || N <- Others]"""
KNOWN = 'io:format("~w", [rabbit_amqqueue:exists(rabbit_misc:r(<<"/">>, queue, <<"{name}">>))])'


def without_members(name: str, *, expires: bool) -> str:
    """The command by which a broker declares a quorum queue, and most brokers lose their member of it."""
    argument = ', {<<"x-expires">>, signedint, 3600000}' if expires else ""
    return erlang(LEFT.format(name=name, expires=argument))


def is_known(name: str) -> str:
    """The command that prints whether the broker has a record of the queue: true or false."""
    return erlang(KNOWN.format(name=name))


LEADERLESS = Defect(
    name="a-queue-that-most-brokers-have-lost",
    hosts="messaging-1",
    put_in=without_members("seeded.lost", expires=False),
    is_in=f"{is_known('seeded.lost')} | grep -qF true",
    take_out=erlang(
        'rabbit_amqqueue:internal_delete(rabbit_misc:r(<<"/">>, queue, <<"seeded.lost">>), <<"seeded">>),'
        ' ra:force_delete_server(quorum_queues, {list_to_atom("%2F_seeded.lost"), node()})'
    ),
    seen_by={"rabbitmq/queues_have_leaders": "seeded.lost has no leader"},
    or_first="rabbitmq/queues_are_quorum",
    may_also="rabbitmq/(queues_are_quorum|members_are_alive|consumers_on_every_rpc_queue)",
)

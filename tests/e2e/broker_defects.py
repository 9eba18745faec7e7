"""Defects of brokers that no client notices: what each does to a standing stage, and who sees it."""

from bus_defects import erlang
from seeding import LIB, Defect

CONTROL = "rabbitmqctl --quiet"
LIMIT = erlang('io:format("~b", [rabbit_disk_monitor:get_disk_free_limit()])')

MORE_RIGHTS = Defect(
    name="an-account-of-services-that-may-administer-the-broker",
    hosts="messaging-1",
    put_in=f"{CONTROL} set_user_tags openstack administrator",
    is_in=f"{CONTROL} list_users | grep -q administrator",
    take_out=f"{CONTROL} set_user_tags openstack",
    seen_by={"rabbitmq/runs_as_declared": "user openstack is tags: administrator, declared tags: none"},
)
STRANGER = Defect(
    name="an-account-of-the-broker-that-nobody-declares",
    hosts="messaging-2",
    put_in=f"{CONTROL} add_user seeded-9 seeded-9",
    is_in=f"{CONTROL} list_users | grep -q seeded-9",
    take_out=f"{CONTROL} delete_user seeded-9 || true",
    seen_by={
        "rabbitmq/partition_is_handled": "accounts: openstack, seeded-9",
        "rabbitmq/runs_as_declared": "user seeded-9 is there .*, and nothing declares it",
    },
    cause="rabbitmq/partition_is_handled",
)
NAME = 'Name = rabbit_misc:r(<<"/">>, queue, <<"stagegate-seeded-few">>)'
FEWER = Defect(
    name="a-queue-with-a-replica-less",
    hosts="messaging-1",
    put_in=erlang(
        f"{NAME}, {{new, _}} = rabbit_amqqueue:declare(Name, true, false,"
        ' [{<<"x-queue-type">>, longstr, <<"quorum">>}], none, <<"seeded">>),'
        ' ok = rabbit_quorum_queue:delete_member(<<"/">>, <<"stagegate-seeded-few">>,'
        " lists:last(lists:sort(rabbit_nodes:all_running())))"
    ),
    is_in=erlang(f'{NAME}, io:format("~w", [rabbit_amqqueue:exists(Name)])') + " | grep -qF true",
    take_out=erlang(
        f'{NAME}, [rabbit_amqqueue:delete(Q, false, false, <<"seeded">>)'
        " || {ok, Q} <- [rabbit_amqqueue:lookup(Name)]]"
    ),
    seen_by={"rabbitmq/queues_are_quorum": "stagegate-seeded-few is kept by 2 of 3 brokers"},
)
OTHER_LIMIT = Defect(
    name="a-limit-of-the-brokers-disk-set-while-it-runs",
    hosts="messaging-2",
    put_in=f"{LIMIT} > /run/seeded-limit && {erlang('rabbit_disk_monitor:set_disk_free_limit(300000000)')}",
    is_in=f"{LIMIT} | grep -qx 300000000",
    take_out=f'echo "rabbit_disk_monitor:set_disk_free_limit($(cat /run/seeded-limit)), ok."'
    f" | {LIB}/rabbitmq-erl",
    seen_by={
        "rabbitmq/runs_as_declared": r"messaging-2: .*disk_free_limit\.absolute is 300000000, declared 200MB",
        "rabbitmq/hosts_agree": r"disk_free_limit\.absolute differs: .*300000000 on messaging-2",
    },
    cause="rabbitmq/runs_as_declared",
)
OTHER_GROUP = Defect(
    name="another-group-of-the-brokers-data",
    hosts="messaging-3",
    put_in="chgrp root /var/lib/rabbitmq",
    is_in="test $(stat --format=%G /var/lib/rabbitmq) = root",
    take_out="chgrp rabbitmq /var/lib/rabbitmq",
    seen_by={"rabbitmq/data_is_its_own": r"messaging-3: /var/lib/rabbitmq belongs to \d+:0, and must be"},
)
DEFECTS = (MORE_RIGHTS, STRANGER, FEWER, OTHER_LIMIT, OTHER_GROUP)
UNTRIED = {defect.name for defect in DEFECTS}  # not put into a stage so far: they prove nothing yet

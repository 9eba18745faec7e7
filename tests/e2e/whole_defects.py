"""Defects of a whole control plane: what each does to a standing stage, and by which checks it is seen.

Most are on one host of several, so that the others still serve: what is red is what looks, not what is lost.
"""

import base64
import gzip
from dataclasses import replace
from pathlib import Path

import broker_defects
import compute_defects
import coordination_defects
import identity_defects
import journal_defects
import network_defects
import store_defects
from bus_defects import CLASSIC_QUEUE, IGNORED, LEADERLESS, PARTITIONED, SHORT_QUEUE, STRANGER
from defects import other_distribution, other_package
from memory_defects import OF_WHOLE_STAGE
from seeding import LIB, Defect, dropped_in

LIBFAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
CELL0 = "00000000-0000-0000-0000-000000000000"

ONE_CONDUCTOR = Defect(
    name="nova-conductor-dead-on-one",
    hosts="compute-api-blue-2",
    put_in="systemctl stop nova-conductor",
    is_in="! systemctl is-active --quiet nova-conductor",
    take_out="systemctl start nova-conductor",
    seen_by={
        "nova-conductor/healthy": "compute-api-blue-2: .*nova-conductor.service is ",
        "nova-conductor/own_queue_is_answered": "the queue conductor.compute-api-blue-2: nobody replied",
    },
    cause="nova-conductor/healthy",
    # It counts as up for a while after its last report.
    may_also="nova-api/services_are_up_and_stay|nova-.*/journal",
)
NO_CONDUCTOR = replace(
    ONE_CONDUCTOR,
    name="nova-conductor-dead-on-all",
    hosts="compute-api-blue-[12]",
    cause="nova-conductor/some_serve",
    seen_by={"nova-conductor/some_serve": "no host serves: compute-api-blue-1: .*compute-api-blue-2: "},
    or_first="nova-conductor/healthy",
    may_also="nova-conductor/(healthy|own_queue_is_answered)|nova-.*/journal"
    "|nova-api/(server_is_created|services_are_up_and_stay)|rabbitmq/consumers_on_every_rpc_queue",
)
# Its process lives, and systemd calls it active.
FROZEN_SCHEDULER = Defect(
    name="a-nova-scheduler-frozen-on-one",
    hosts="compute-api-blue-1",
    put_in="systemctl kill --signal=STOP nova-scheduler",
    is_in="grep -q '^State:.*stopped' /proc/$(systemctl show -p MainPID --value nova-scheduler)/status",
    take_out="systemctl kill --signal=CONT nova-scheduler",
    seen_by={
        "nova-scheduler/own_queue_is_answered": "the queue scheduler.compute-api-blue-1: nobody replied"
    },
    may_also="nova-api/(server_is_created|services_are_up_and_stay)|nova-.*/journal",
)
NEUTRON = "/etc/neutron/neutron.conf"
SECTION = "/^.keystone_authtoken.$/,/^$/"
NEUTRON_ANSWERS = "curl -sf -o /dev/null http://$(hostname -i | cut -d ' ' -f 1):9696/healthcheck"
# Through the VIP, every other request is still answered as if nothing were wrong.
OTHER_PASSWORD = Defect(
    name="a-services-password-wrong-on-one-api-host",
    hosts="network-api-blue-2",
    put_in=f"cp -a {NEUTRON} /run/seeded-neutron.conf"
    f" && sed -i '{SECTION} s/^password = .*/password = seeded/' {NEUTRON} && systemctl restart neutron-api",
    is_in=f"sed -n '{SECTION} p' {NEUTRON} | grep -qx 'password = seeded' && {NEUTRON_ANSWERS}",
    take_out=f"cp -a /run/seeded-neutron.conf {NEUTRON} && systemctl restart neutron-api",
    healed=NEUTRON_ANSWERS,
    seen_by={
        "neutron/all_it_names_answers": "network-api-blue-2: .*keystone_authtoken.*HTTP Error 401",
        "neutron/record_is_read_back": "network-api-blue-2: .*asked to make it, it answers (401|503)",
    },
    cause="neutron/all_it_names_answers",
    may_also="neutron/(port_binds|segment_range_is_made|agents_are_alive_and_stay|runs_as_declared|journal)"
    "|nova-.*/journal",
)
STORE_CUT = Defect(
    name="a-glance-host-that-cant-reach-the-store",
    hosts="image-blue-2",
    cut=("image-blue-2", "object-store-1"),
    is_in="! nc -z -w 1 $(getent hosts object-store-1 | cut -d ' ' -f 1) 8080",
    seen_by={"glance/dependencies_answer": "image-blue-2: object-store: "},
    may_also="glance/(image_crosses_hosts|record_is_read_back|journal)|nova-api/server_is_created",
)
NEVER_JOINED = Defect(
    name="an-ovsdb-member-that-never-joined",
    hosts="ovn-3",
    # It goes as one should, and restarts as one more member, told of peers where nobody is.
    put_in="""
        at=$(hostname -i | cut -d ' ' -f 1)
        anew() {
          control="ovn-appctl --timeout=5 -t /run/ovn/ovn$1_db.ctl" file=/var/lib/ovn/ovn$1_db.db
          $control cluster/leave $2
          member() { $control cluster/status $1 2>/dev/null | grep -q -e 'cluster member' -e leaving; }
          while member $2; do sleep 0.1; done
          systemctl stop ovn-ovsdb-server-$1 && rm $file
          ovsdb-tool join-cluster $file $2 tcp:$at:$3 tcp:$at:1 && systemctl start ovn-ovsdb-server-$1
        }
        anew nb OVN_Northbound 6643 && anew sb OVN_Southbound 6644""",
    is_in="ovn-appctl --timeout=5 -t /run/ovn/ovnsb_db.ctl cluster/status OVN_Southbound | grep -q 'joining'",
    take_out=f"""
        systemctl stop ovn-ovsdb-server-nb ovn-ovsdb-server-sb && rm /var/lib/ovn/ovn[ns]b_db.db
        {LIB}/ovn-databases join && systemctl restart ovn-northd""",
    healed=f"{LIB}/ovn-databases member",
    seen_by={
        "ovn/members_are_the_hosts": r"ovn-1: OVN_Northbound lacks tcp:[\d.]+:6643",
        "ovn/healthy": "ovn-3: .*OVN_Southbound is joining cluster",
    },
    cause="ovn/healthy",
    may_also="ovn/(client_is_served|one_leader|row_reaches_every_member|journal|runs_as_declared|hosts_agree)",
)
# The replicas run, and follow, only that the master takes them for strangers; itself it stays as it is.
FOLLOWS = f"{LIB}/redis-ask 6379 INFO replication | grep -q ^role:slave"
ALONE = Defect(
    name="redis-with-a-master-and-no-replica",
    hosts="coordination-.*",
    put_in=f"! {FOLLOWS} || {{ {LIB}/redis-ask 6379 CONFIG SET masterauth seeded"
    f" && {LIB}/redis-ask 6379 CLIENT KILL TYPE master; }}",
    is_in=f"! {LIB}/redis-ask 6379 INFO replication | grep -q -e link_status:up -e connected_slaves:[12]",
    take_out=". /etc/redis/stagegate-client.env;"
    f' {LIB}/redis-ask 6379 CONFIG SET masterauth "$REDISCLI_AUTH" >/dev/null',
    healed=f"{LIB}/redis-ask 6379 INFO replication | grep -q -e link_status:up -e connected_slaves:2",
    seen_by={"redis/replicas_are_in_sync": "is a master of 0 replicas, not of 2"},
    or_first="redis/key_is_on_every_replica",
    may_also="redis/(key_is_on_every_replica|client_is_served|journal)"
    "|cinder/(locks_are_coordinated|dependencies_answer|all_it_names_answers|journal)",
)
OWN_PING = "redis-cli -h $(hostname -i | cut -d ' ' -f 1) PING"
# A replica that would take a stranger for a client: whoever it is promoted by finds it open.
OPEN = Defect(
    name="a-redis-replica-without-its-password",
    hosts="coordination-.*",
    put_in=f"! {FOLLOWS} || {LIB}/redis-ask 6379 CONFIG SET requirepass ''",
    is_in=f"! {FOLLOWS} || {OWN_PING} | grep -qx PONG",
    take_out=". /etc/redis/stagegate-client.env;"
    f' {LIB}/redis-ask 6379 CONFIG SET requirepass "$REDISCLI_AUTH" >/dev/null',
    healed=f"{OWN_PING} | grep -q NOAUTH",
    seen_by={"redis/client_is_served": "port 6379 tells a client without the password 0"},
    or_first="redis/healthy",
    may_also="redis/.*|cinder/(locks_are_coordinated|all_it_names_answers|journal)",
)
OF_CELL1 = f"FROM cell_mappings WHERE uuid <> '{CELL0}'"
SAVED_CELL = "/run/seeded-cell.sql"
NO_CELL = Defect(
    name="the-cell-mapping-gone",
    hosts="database-1",
    put_in=f"""
        umask 077 && mariadb-dump --compact --no-create-info --single-transaction \
          --where="uuid <> '{CELL0}'" nova_api cell_mappings > {SAVED_CELL} &&
        mariadb nova_api -e "SET foreign_key_checks = 0; DELETE {OF_CELL1}" """,
    is_in=f'mariadb -BNe "SELECT COUNT(*) {OF_CELL1}" nova_api | grep -qx 0',
    take_out=f"mariadb nova_api < {SAVED_CELL} && rm {SAVED_CELL}",
    seen_by={"nova-api/cells_are_mapped": "no cell but cell0 is mapped, compute-1 is mapped to no cell"},
    or_first="nova-api/record_is_read_back",
    may_also="nova-api/(upgrade_check|server_is_created|record_is_read_back)|nova-.*/journal",
)
OTHER_NEUTRON = other_distribution("neutron", "network-api-blue-2")

CLOCK = "/run/seeded-clock"
# Python sleeps until a time of the monotonic clock; libfaketime 0.9.10 gets that wrong even where it is to
# leave this clock alone.
SLEEP = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds) and None"


def ahead() -> tuple[str, str]:
    """Scripts that give Cinder's services on a host another clock, and the host's again."""
    library = base64.b64encode(gzip.compress(LIBFAKETIME.read_bytes())).decode()
    preload = f"LD_PRELOAD={CLOCK}/libfaketime.so.1 FAKETIME=+10m DONT_FAKE_MONOTONIC=1 PYTHONPATH={CLOCK}"
    put_in, take_out = dropped_in("cinder-api cinder-scheduler", f"Environment={preload}", "restart")
    files = (
        f"mkdir -p {CLOCK} && echo {library} | base64 -d | gunzip > {CLOCK}/libfaketime.so.1"
        f" && echo '{SLEEP}' > {CLOCK}/sitecustomize.py"
    )
    return f"{files} && {put_in}", take_out


AHEAD_IN, AHEAD_OUT = ahead()
AHEAD = Defect(
    name="an-api-hosts-services-ten-minutes-ahead",
    hosts="volume-api-blue-2",
    put_in=AHEAD_IN,
    is_in="grep -q seeded-clock /proc/$(systemctl show -p MainPID --value cinder-api)/maps"
    " && curl -sf -o /dev/null http://$(hostname -i | cut -d ' ' -f 1):8776/healthcheck",
    take_out=AHEAD_OUT,
    healed="! grep -q seeded-clock /proc/$(systemctl show -p MainPID --value cinder-scheduler)/maps"
    " && curl -sf -o /dev/null http://$(hostname -i | cut -d ' ' -f 1):8776/healthcheck",
    seen_by={
        "cinder/clock": r"volume-api-blue-2: cinder-api.service is (599|600)\.\d s ahead of its host",
        "cinder/runs_as_declared": "volume-api-blue-2: .*zz-seeded.conf changes cinder-api.service, and no",
    },
    cause="cinder/clock",
    may_also="cinder/(scheduler_is_up|hosts_agree)",
)
# Of each row no defect hides another. Who needs the bus or Redis to start comes first: it is taken out last.
TOGETHER = (
    (AHEAD, LEADERLESS, PARTITIONED, CLASSIC_QUEUE, STORE_CUT, NEVER_JOINED, OTHER_NEUTRON),
    (STRANGER, NO_CONDUCTOR, IGNORED, ALONE, NO_CELL),
    OF_WHOLE_STAGE,
    (ONE_CONDUCTOR, FROZEN_SCHEDULER, OTHER_PASSWORD, OPEN, SHORT_QUEUE),
    # No client notices one of them.
    (
        *(identity_defects.DOUBLED, identity_defects.SMALLER, broker_defects.MORE_RIGHTS),
        *(coordination_defects.QUORUM, coordination_defects.TWICE, store_defects.OTHER_ADDRESS),
        *(store_defects.OTHER_OWNER, compute_defects.OTHER_GROUP, compute_defects.STAYS_DOWN),
        *(compute_defects.NO_HOST, network_defects.ALL_FLOWS, network_defects.PAUSED),
    ),
    # Nor what the next start would read, or what is not asked for as long as all else is well.
    (
        *(identity_defects.MISSING, identity_defects.CACHE_OF_NETWORK, broker_defects.STRANGER),
        *(coordination_defects.SLOW_TO_SEE, coordination_defects.ONE_LESS, store_defects.NO_PRUNING),
        *(store_defects.ADDED, compute_defects.UNREAD, compute_defects.UNMAPPED),
        *(network_defects.ONE_REMOTE, network_defects.NOT_ASKED),
    ),
    # What does not run, on one host.
    (
        *(coordination_defects.NO_SENTINEL, coordination_defects.NO_SCHEDULER, broker_defects.FEWER),
        *(identity_defects.NO_CACHE, store_defects.NO_OBJECTS, compute_defects.FROZEN),
        *(compute_defects.NO_SCHEDULER, compute_defects.NEXT_PASSWORD, network_defects.OTHER_NAME),
    ),
    (
        *journal_defects.DEFECTS,
        *(broker_defects.OTHER_LIMIT, broker_defects.OTHER_GROUP, compute_defects.DISABLED),
        compute_defects.WRONG_URL,
        other_package("ovn-host", "compute-1", "nova-compute", "ovn-controller"),
    ),
)
DEFECTS = tuple(defect for row in TOGETHER for defect in row)
# Not put into a stage so far: they prove nothing yet.
UNTRIED = {one.name for one in (ONE_CONDUCTOR, FROZEN_SCHEDULER, OTHER_PASSWORD, OPEN, SHORT_QUEUE)}

"""Defects of what runs: all files are as declared, and a program, systemd or the kernel has another value."""

from checkout import BALANCERS
from seeding import Defect, dropped_in

SOCKET = "socat -t 2 - /run/haproxy/admin.sock"
VARIABLES = "mariadb --batch --skip-column-names -e"
REDIS = "set -a; . /etc/redis/stagegate-client.env; redis-cli"
NORTHBOUND = "ovn-nbctl --no-leader-only"
FEWER_FILES = dropped_in("dependency-check", "LimitNOFILE=512", "restart")


def of_small_stage(balancer: str) -> tuple[Defect, ...]:
    """Those of a stage with few roles. None disturbs another, nor does any client notice one of them."""
    return VARIABLE, _weight(balancer)


VARIABLE = Defect(
    name="a-variable-of-a-database-set-while-it-runs",
    hosts="database-2",
    put_in=f"{VARIABLES} 'SELECT @@max_connections' > /run/seeded-most"
    f" && {VARIABLES} 'SET GLOBAL max_connections = 151, GLOBAL sort_buffer_size = 1048576'",
    is_in=f"test $({VARIABLES} 'SELECT @@GLOBAL.max_connections') = 151",
    take_out=f'{VARIABLES} "SET GLOBAL max_connections = $(cat /run/seeded-most),'
    ' GLOBAL sort_buffer_size = DEFAULT"',
    seen_by={
        "galera/runs_as_declared": r"database-2: .*variable max_connections is 151, declared \d+",
        # Nothing declares this one.
        "galera/hosts_agree": r"variable sort_buffer_size differs: .*1048576 on database-2",
    },
    cause="galera/runs_as_declared",
)
POLICY = Defect(
    name="a-policy-of-the-broker-that-nothing-declares",
    hosts="messaging-1",
    put_in="""rabbitmqctl --quiet set_policy seeded '^nothing$' '{"max-length": 9}'""",
    is_in="rabbitmqctl --quiet list_policies | grep -q seeded",
    take_out="rabbitmqctl --quiet clear_policy seeded || true",
    seen_by={"rabbitmq/runs_as_declared": "policy seeded on / is there .*, and nothing declares it"},
)
EVICTION = Defect(
    name="a-setting-of-redis-set-while-it-runs",
    hosts="coordination-2",
    put_in=f"{REDIS} CONFIG SET maxmemory-policy allkeys-lru",
    is_in=f"{REDIS} CONFIG GET maxmemory-policy | grep -qx allkeys-lru",
    take_out=f"{REDIS} CONFIG SET maxmemory-policy noeviction",
    seen_by={
        "redis/runs_as_declared": "coordination-2: .*maxmemory-policy is allkeys-lru, declared noeviction",
        "redis/hosts_agree": "maxmemory-policy differs: .*allkeys-lru on coordination-2",
    },
    cause="redis/runs_as_declared",
)


def _weight(balancer: str) -> Defect:
    return Defect(
        name="a-weight-set-at-the-socket-of-haproxy",
        hosts=balancer,
        put_in=f"echo 'set server identity/identity-blue-2 weight 7' | {SOCKET}",
        is_in=f"echo 'get weight identity/identity-blue-2' | {SOCKET} | grep -q '^7 '",
        take_out=f"echo 'set server identity/identity-blue-2 weight 1' | {SOCKET}",
        seen_by={
            "haproxy/runs_as_declared": f"{balancer}: .*identity-blue-2 weight is 7, declared 1",
            "haproxy/hosts_agree": f"identity-blue-2 weight differs: .*7 on {balancer}",
        },
        cause="haproxy/runs_as_declared",
    )


UNIT = "rabbitmq-remnants.service"
STALE = Defect(
    name="a-unit-that-systemd-has-read-before-its-file-was-changed",
    hosts="messaging-2",
    put_in=f"touch /etc/systemd/system/{UNIT}",
    is_in=f"systemctl show -p NeedDaemonReload --value {UNIT} | grep -qx yes",
    take_out=f"systemctl daemon-reload && systemctl restart {UNIT}",
    seen_by={"rabbitmq/runs_as_declared": f"messaging-2: .*systemd has {UNIT} in memory as its files were"},
)
LIMIT = Defect(
    name="a-drop-in-of-a-unit-that-no-manifest-has",
    hosts="image-blue-2",
    put_in=FEWER_FILES[0],
    is_in="pid=$(systemctl show -p MainPID --value dependency-check)"
    "; grep -q '^Max open files *512 ' /proc/$pid/limits",
    take_out=FEWER_FILES[1],
    healed="systemctl is-active --quiet dependency-check",
    seen_by={
        "glance/runs_as_declared": "image-blue-2: .*zz-seeded.conf changes dependency-check.service, and no",
        "glance/hosts_agree": "dependency-check.service LimitNOFILE differs: .*512 on image-blue-2",
    },
    cause="glance/runs_as_declared",
    may_also="glance/dependencies_answer",
)
MTU = Defect(
    name="another-mtu-on-one-host",
    hosts="ovn-3",
    put_in="ip link set dev eth0 mtu 1400",
    is_in="grep -qx 1400 /sys/class/net/eth0/mtu",
    take_out="ip link set dev eth0 mtu 1500",
    seen_by={"ovn/hosts_agree": "interface MTU differs: 1500 on ovn-1 and ovn-2, 1400 on ovn-3"},
)
PROBE = Defect(
    name="a-timer-of-ovn-set-while-it-runs",
    hosts="ovn-1",
    put_in=f"{NORTHBOUND} --bare --columns=inactivity_probe list connection > /run/seeded-probe"
    f" && {NORTHBOUND} set connection . inactivity_probe=7000",
    is_in=f"{NORTHBOUND} --bare --columns=inactivity_probe list connection | grep -qx 7000",
    take_out=f"{NORTHBOUND} set connection . inactivity_probe=$(cat /run/seeded-probe)",
    seen_by={"ovn/runs_as_declared": "connections is ptcp:6641:0.0.0.0 probed after 7000 ms, declared ptcp"},
)
# Those that a whole control plane can have besides; likewise.
OF_WHOLE_STAGE = (POLICY, EVICTION, STALE, LIMIT, MTU, PROBE)
DEFECTS = (*of_small_stage(BALANCERS[0]), *OF_WHOLE_STAGE)
UNTRIED = {defect.name for defect in OF_WHOLE_STAGE}  # as in balance_defects.py

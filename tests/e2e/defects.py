"""Defects to put into a standing stage and take out again: what each does, and which checks see it."""

from dataclasses import dataclass
from enum import Enum

METADATA = "/opt/openstack/lib/python3*/site-packages/keystone-*.dist-info/METADATA"
GALERA = "mariadb --batch --skip-column-names -e"
SOCKET = "socat -t 2 - /run/haproxy/admin.sock"


class Where(Enum):
    """On which host a defect goes."""

    HOLDER = "the load balancer that holds the VIP"
    STANDBY = "the load balancer that does not"
    LAST_DATABASE = "the last database"
    LAST_IDENTITY = "the last identity host"


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect: shell scripts that put it in, that exit 0 while it is there, and that take it out.

    `seen_by` are checks of which each must say no, as component/check.
    """

    name: str
    where: Where
    put_in: str
    is_in: str
    take_out: str
    seen_by: frozenset[str]


# The addresses of the other databases.
PEERS = (
    f"$({GALERA} 'SELECT @@wsrep_cluster_address' | sed 's#gcomm://##' | tr , '\\n'"
    f" | grep -vFx $({GALERA} 'SELECT @@wsrep_node_address'))"
)
DROP_IN = "/run/systemd/system/keepalived.service.d"

DEFECTS = (
    Defect(
        name="keepalived-stopped-on-the-standby",
        where=Where.STANDBY,
        put_in="systemctl stop keepalived",
        is_in="! systemctl is-active --quiet keepalived",
        take_out="systemctl start keepalived",
        seen_by=frozenset({"keepalived/healthy"}),
    ),
    Defect(
        name="keepalived-killed-on-the-holder-so-that-two-hold-the-vip",
        where=Where.HOLDER,
        put_in=f"mkdir -p {DROP_IN} && printf '[Service]\\nRestart=no\\n' > {DROP_IN}/zz-seeded.conf"
        " && systemctl daemon-reload"
        # Stopped first: one process of it would otherwise see the other die, and give the address back.
        " && systemctl kill --signal=STOP keepalived && systemctl kill --signal=KILL keepalived",
        is_in="! systemctl is-active --quiet keepalived && ip -o addr | grep -q '/32 scope global eth0'",
        take_out=f"rm -r {DROP_IN} && systemctl daemon-reload && systemctl reset-failed keepalived"
        " && systemctl start keepalived",
        seen_by=frozenset({"keepalived/exactly_one_holder", "keepalived/healthy"}),
    ),
    Defect(
        name="a-galera-node-outside-the-cluster",
        where=Where.LAST_DATABASE,
        # Cut off from its peers only; it is given up after evs.inactive_timeout.
        put_in=f"for peer in {PEERS}; do ip route add blackhole $peer; done",
        is_in=f"{GALERA} \"SHOW STATUS LIKE 'wsrep_cluster_status'\" | grep -qi non-primary",
        take_out=f"for peer in {PEERS}; do ip route del blackhole $peer; done",
        seen_by=frozenset({"galera/node_is_synced", "galera/node_sees_all", "galera/healthy"}),
    ),
    Defect(
        name="different-fernet-keys",
        where=Where.LAST_IDENTITY,
        put_in="cd /etc/keystone && cp -a fernet-keys /run/seeded-keys && for key in fernet-keys/*; do"
        " head -c 32 /dev/urandom | base64 | tr '+/' '-_' > $key; done",
        is_in="test -d /run/seeded-keys && ! diff -rq /etc/keystone/fernet-keys /run/seeded-keys",
        take_out="cp -a /run/seeded-keys/. /etc/keystone/fernet-keys/ && rm -r /run/seeded-keys",
        # A token from the shared cache stays valid everywhere: only the keys tell.
        seen_by=frozenset({"keystone/keys_are_equal"}),
    ),
    Defect(
        name="a-debian-package-that-is-not-the-images",
        where=Where.STANDBY,
        put_in="cp -a /var/lib/dpkg/status /run/seeded-status"
        " && sed -i '/^Package: haproxy$/,/^$/ s/^Version: .*/Version: 9.9.9-1/' /var/lib/dpkg/status",
        is_in="dpkg-query -W -f '${Version}' haproxy | grep -q 9.9.9-1",
        take_out="cp -a /run/seeded-status /var/lib/dpkg/status",
        seen_by=frozenset({"haproxy/versions"}),
    ),
    Defect(
        name="a-python-distribution-that-is-not-the-locks",
        where=Where.LAST_IDENTITY,
        put_in=f"cp -a {METADATA} /run/seeded-metadata && sed -i 's/^Version: .*/Version: 9.9.9/' {METADATA}",
        is_in=f"grep -q '^Version: 9.9.9' {METADATA}",
        take_out=f"cp -a /run/seeded-metadata {METADATA}",
        seen_by=frozenset({"keystone/versions"}),
    ),
    Defect(
        name="a-server-list-short-of-one-host",
        where=Where.STANDBY,
        put_in="cd /etc/haproxy && cp -a haproxy.cfg /run/seeded-haproxy.cfg"
        " && sed -i '/server database-3 /d' haproxy.cfg && systemctl reload haproxy",
        is_in=f"echo 'show stat' | {SOCKET} > /run/seeded-stat"
        " && grep -q '^database,database-1,' /run/seeded-stat && ! grep -q database-3 /run/seeded-stat",
        take_out="cp -a /run/seeded-haproxy.cfg /etc/haproxy/haproxy.cfg && systemctl reload haproxy",
        seen_by=frozenset({"haproxy/servers_are_the_hosts"}),
    ),
    Defect(
        name="another-writer-on-one-load-balancer",
        where=Where.STANDBY,
        put_in=f"echo 'disable server database/database-1' | {SOCKET}",
        is_in=f"echo 'show stat' | {SOCKET} | grep -q '^database,database-1,.*,MAINT,'",
        take_out=f"echo 'enable server database/database-1' | {SOCKET}",
        seen_by=frozenset({"haproxy/writer_is_agreed"}),
    ),
)

"""Defects of a small stage: what each does to a standing stage, and by which checks it is seen."""

from balance_defects import at_its_socket, of_its_units
from checkout import BALANCERS
from database_defects import FORGETFUL, PATIENT, READ_ONLY, UNCHECKED
from identity_defects import CACHE_OF_IDENTITY, OTHER_PORT
from memory_defects import of_small_stage
from seeding import Defect

GALERA = "mariadb --batch --skip-column-names -e"
SOCKET = "socat -t 2 - /run/haproxy/admin.sock"
# The addresses of the other databases.
PEERS = (
    f"$({GALERA} 'SELECT @@wsrep_cluster_address' | sed 's#gcomm://##' | tr , '\\n'"
    f" | grep -vFx $({GALERA} 'SELECT @@wsrep_node_address'))"
)
DROP_IN = "/run/systemd/system/keepalived.service.d"
# The test of keepalived's own: what it does with the VIP follows from it.
# It is asked, and gives no answer.
ASKED_OF_KEEPALIVED = "keepalived/(runs_as_declared|hosts_agree)"
BALANCES = "systemctl is-active --quiet keepalived haproxy"

Row = tuple[Defect, ...]
# So many rows, the first, CI has the time for; `make prove` tries all.
IN_CI = 4


def rows(holder: str, standby: str) -> tuple[Row, ...]:
    """The defects, in rows of which no one hides another, for the load balancer with the VIP and the other.

    Within a row who reloads HAProxy comes first: a reload forgets what was set by its socket.
    """
    return (
        (
            _with_a_stranger(holder),
            _keepalived_stopped(standby),
            OUTSIDE_THE_CLUSTER,
            OTHER_KEYS,
            other_package("haproxy", standby, "haproxy", "keepalived"),
        ),
        (
            _two_holders(holder),
            OTHER_KEYSTONE,
            _short_of_a_server(standby),
            _other_writer(standby),
        ),
        # Alone: each other database is needed by a defect of the rows above.
        (OTHER_NUMBER, _flapping(standby)),
        of_small_stage(holder),
        (*at_its_socket(holder, standby), FORGETFUL, PATIENT),
        (*of_its_units(standby), READ_ONLY, UNCHECKED, CACHE_OF_IDENTITY, OTHER_PORT),
    )


def other_distribution(name: str, host: str) -> Defect:
    """A service's own Python distribution, on a host where it is not the lock's."""
    metadata = f"/opt/openstack/lib/python3*/site-packages/{name}-[0-9]*.dist-info/METADATA"
    return Defect(
        name=f"the-python-distribution-{name}-is-not-the-locks",
        hosts=host,
        put_in=f"cp -a {metadata} /run/seeded-metadata && sed -i 's/^Version: .*/Version: 9.9.9/' {metadata}",
        is_in=f"grep -q '^Version: 9.9.9' {metadata}",
        take_out=f"cp -a /run/seeded-metadata {metadata}",
        seen_by={f"{name}/versions": rf"{host}: 1 Python distributions differ: {name} is 9\.9\.9"},
    )


def other_package(package: str, host: str, *components: str) -> Defect:
    """A Debian package of which a host has not the image's version; its components see it alike."""
    return Defect(
        name=f"the-package-{package}-is-not-the-images",
        hosts=host,
        put_in="cp -a /var/lib/dpkg/status /run/seeded-status"
        f" && sed -i '/^Package: {package}$/,/^$/ s/^Version: .*/Version: 9.9.9-1/' /var/lib/dpkg/status",
        is_in=f"dpkg-query -W -f '${{Version}}' {package} | grep -q 9.9.9-1",
        take_out="cp -a /run/seeded-status /var/lib/dpkg/status",
        seen_by={f"{one}/versions": f"{host}: .*{package} is 9\\.9\\.9-1" for one in components},
        cause=f"{components[0]}/versions",
    )


def _keepalived_stopped(standby: str) -> Defect:
    return Defect(
        name="keepalived-stopped-on-the-standby",
        hosts=standby,
        put_in="systemctl stop keepalived",
        is_in="! systemctl is-active --quiet keepalived",
        take_out="systemctl start keepalived",
        healed=BALANCES,
        seen_by={"keepalived/healthy": f"{standby}: .*keepalived\\.service is inactive"},
        may_also=ASKED_OF_KEEPALIVED,
    )


def _two_holders(holder: str) -> Defect:
    return Defect(
        name="keepalived-killed-on-the-holder-so-that-two-hold-the-vip",
        hosts=holder,
        put_in=f"mkdir -p {DROP_IN} && printf '[Service]\\nRestart=no\\n' > {DROP_IN}/zz-seeded.conf"
        " && systemctl daemon-reload"
        # Stopped first: one process of it would otherwise see the other die, and give the address back.
        " && systemctl kill --signal=STOP keepalived && systemctl kill --signal=KILL keepalived",
        is_in="! systemctl is-active --quiet keepalived && ip -o addr | grep -q '/32 scope global eth0'",
        take_out=f"rm -r {DROP_IN} && systemctl daemon-reload && systemctl reset-failed keepalived"
        " && systemctl start keepalived",
        healed=BALANCES,
        seen_by={
            "keepalived/exactly_one_holder": "loadbalancer-1.*loadbalancer-2",
            "keepalived/healthy": f"{holder}: .*keepalived\\.service is failed",
        },
        cause="keepalived/healthy",
        may_also=ASKED_OF_KEEPALIVED,
    )


OUTSIDE_THE_CLUSTER = Defect(
    name="a-galera-node-outside-the-cluster",
    hosts="database-3",
    # Cut off from its peers only; it is given up after evs.inactive_timeout.
    put_in=f"for peer in {PEERS}; do ip route add blackhole $peer; done",
    is_in=f"{GALERA} \"SHOW STATUS LIKE 'wsrep_cluster_status'\" | grep -qi non-primary",
    take_out=f"for peer in {PEERS}; do ip route del blackhole $peer; done",
    healed=f"{GALERA} \"SHOW STATUS LIKE 'wsrep_local_state_comment'\" | grep -q Synced",
    seen_by={
        "galera/node_is_synced": "database-3: ",
        "galera/node_sees_all": "database-3: ",
        "galera/healthy": "database-3: ",
    },
    cause="galera/healthy",
    may_also="galera/.*|haproxy/every_server_is_up",
)
# As of an image with one Debian package more; the running server has its number since its start.
PASSWD = "/etc/passwd"
OTHER_NUMBER = Defect(
    name="a-uid-that-differs",
    hosts="database-2",
    put_in=f"cp -a {PASSWD} /run/seeded-passwd && sed -i 's/^mysql:x:100:/mysql:x:4242:/' {PASSWD}",
    is_in="test $(id -u mysql) = 4242",
    take_out=f"cp -a /run/seeded-passwd {PASSWD}",
    healed="curl -sf -o /dev/null http://$(hostname -i | cut -d ' ' -f 1):9200/",
    seen_by={
        "galera/data_is_its_own": r"database-2: mysql has uid:gid 4242:101, and must be 100:101",
        "galera/runs_as_declared": r"database-2: .*mysql has the numbers 4242 and 101, declared are 100 and",
    },
    cause="galera/data_is_its_own",
    # The member's own check logs in as the account that its number names.
    or_first="galera/healthy",
    may_also="galera/(healthy|journal|hosts_agree)|haproxy/every_server_is_up",
)
OTHER_KEYS = Defect(
    name="different-fernet-keys",
    hosts="identity-blue-2",
    put_in="cd /etc/keystone && cp -a fernet-keys /run/seeded-keys && for key in fernet-keys/*; do"
    " head -c 32 /dev/urandom | base64 | tr '+/' '-_' > $key; done",
    is_in="test -d /run/seeded-keys && ! diff -rq /etc/keystone/fernet-keys /run/seeded-keys",
    # It reads them for each token; only a start after the change shows that it runs with what is there.
    take_out="cp -a /run/seeded-keys/. /etc/keystone/fernet-keys/ && rm -r /run/seeded-keys"
    " && systemctl restart keystone",
    healed="test ! -e /run/seeded-keys && curl -sf -o /dev/null $(hostname -i | cut -d ' ' -f 1):5000/v3",
    # A token from the shared cache stays valid everywhere: only the keys tell for sure.
    seen_by={"keystone/keys_are_equal": "identity-blue-2"},
    or_first="keystone/(runs_as_declared|record_is_read_back)",
    may_also="keystone/(token_is_valid_everywhere|record_is_read_back|journal|runs_as_declared)",
)


OTHER_KEYSTONE = other_distribution("keystone", "identity-blue-2")


def _short_of_a_server(standby: str) -> Defect:
    return Defect(
        name="a-server-list-short-of-one-host",
        hosts=standby,
        put_in="cd /etc/haproxy && cp -a haproxy.cfg /run/seeded-haproxy.cfg"
        " && sed -i '/server database-3 /d' haproxy.cfg && systemctl reload haproxy",
        is_in=f"echo 'show stat' | {SOCKET} > /run/seeded-stat"
        " && grep -q '^database,database-1,' /run/seeded-stat && ! grep -q database-3 /run/seeded-stat",
        take_out="cp -a /run/seeded-haproxy.cfg /etc/haproxy/haproxy.cfg && systemctl reload haproxy",
        healed=f"echo 'show stat' | {SOCKET} | grep -q '^database,database-3,.*,UP,'",
        seen_by={
            "haproxy/servers_are_the_hosts": f"{standby}: .*database-3",
            "haproxy/runs_as_declared": f"{standby}: .*haproxy\\.cfg is not as declared",
        },
        cause="haproxy/runs_as_declared",
        may_also="haproxy/hosts_agree",
    )


def _with_a_stranger(holder: str) -> Defect:
    """A host that left the stage and is still in a load balancer."""
    return Defect(
        name="a-host-in-the-balancer-and-not-in-the-blueprint",
        hosts=holder,
        put_in="cd /etc/haproxy && cp -a haproxy.cfg /run/seeded-haproxy.cfg"
        " && sed -i 's/^\\( *server identity-blue-\\)1\\( .*\\)/&\\n\\19\\2/' haproxy.cfg"
        " && systemctl reload haproxy",
        is_in=f"echo 'show stat' | {SOCKET} | grep -q '^identity,identity-blue-9,'",
        take_out="cp -a /run/seeded-haproxy.cfg /etc/haproxy/haproxy.cfg && systemctl reload haproxy",
        healed=f"echo 'show stat' | {SOCKET} > /run/seeded-stat"
        " && grep -q '^identity,identity-blue-2,.*,UP,' /run/seeded-stat"
        " && ! grep -q identity-blue-9 /run/seeded-stat",
        seen_by={
            "haproxy/servers_are_the_hosts": f"{holder}: .*identity has identity-blue-9 too",
            "haproxy/runs_as_declared": f"{holder}: .*identity/identity-blue-9 .*nothing declares it",
        },
        cause="haproxy/runs_as_declared",
        may_also="haproxy/hosts_agree",
    )


def _other_writer(standby: str) -> Defect:
    return Defect(
        name="another-writer-on-one-load-balancer",
        hosts=standby,
        put_in=f"echo 'disable server database/database-1' | {SOCKET}",
        is_in=f"echo 'show stat' | {SOCKET} | grep -q '^database,database-1,.*,MAINT,'",
        take_out=f"echo 'enable server database/database-1' | {SOCKET}",
        healed=f"echo 'show stat' | {SOCKET} | grep -q '^database,database-1,.*,UP,'",
        seen_by={"haproxy/writer_is_agreed": f"{standby}"},
        or_first="haproxy/(runs_as_declared|hosts_agree)",
        may_also="haproxy/(every_server_is_up|runs_as_declared|hosts_agree)",
    )


def _flapping(standby: str) -> Defect:
    """A server that goes down every two seconds, and is up again after its next check."""
    down = f"echo 'set server identity/identity-blue-1 health down' | {SOCKET}"
    return Defect(
        name="a-server-that-goes-down-and-up-all-the-time",
        hosts=standby,
        put_in=f"systemd-run --quiet --collect --unit=seeded-flapping /bin/sh -c"
        f' "while :; do {down}; sleep 2; done"',
        is_in="systemctl is-active --quiet seeded-flapping",
        take_out="systemctl stop seeded-flapping",
        healed=f"echo 'show stat' | {SOCKET} | grep -q '^identity,identity-blue-1,.*,UP,'",
        seen_by={"haproxy/servers_stay_up": f"{standby}: .*identity/identity-blue-1 went down .* times"},
        may_also="haproxy/every_server_is_up",
        or_first="haproxy/every_server_is_up",
    )


# All, as if the first load balancer had the VIP.
DEFECTS = tuple(defect for row in rows(*BALANCERS) for defect in row)

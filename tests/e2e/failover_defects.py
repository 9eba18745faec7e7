"""Defects that a stage hides until it loses something: what each does, and the one check that must see it."""

from dataclasses import dataclass
from pathlib import PurePath

SAVED = "/run/seeded"
HAPROXY = "/etc/haproxy/haproxy.cfg"
KEEPALIVED = "/etc/keepalived/keepalived.conf"
UNIT = "/etc/systemd/system/keystone.service"
DROP_IN = "/run/systemd/system/keystone.service.d"
SYSTEMCTL = "/usr/local/sbin/systemctl"  # found before the real one


@dataclass(frozen=True, slots=True)
class Defect:
    """Shell scripts that put a defect into hosts and take it out, and the check that sees it.

    `hosts` matches the names of the hosts that get it. `check` is the gate, the component and the check, as
    in `api/keystone/tokens`. `seen` matches what the check must say: red for another reason proves nothing.
    `outcome` is what the check must end with.
    """

    name: str
    hosts: str
    scripts: tuple[str, str]
    check: str
    seen: str
    outcome: str = "failed"


def edited(path: str, sed: str) -> tuple[str, str]:
    """Scripts that change the file of a service by sed, reload the service, and undo both."""
    copy, reload = f"{SAVED}-{PurePath(path).name}", f"systemctl reload {PurePath(path).stem}"
    put_in = f"cp -a {path} {copy} && sed -E -i '{sed}' {path} && ! cmp -s {path} {copy} && {reload}"
    return put_in, f"cp -a {copy} {path} && {reload}"


def keystone(module: str) -> tuple[str, str]:
    """Scripts that put a module of ours in front of Keystone, and take it away."""
    start = f"sed -n '/^ExecStart=/,/[^\\\\]$/p' {UNIT}"
    ours = f"sed 's#--module keystone.wsgi.api:#--pythonpath {SAVED}-api --module seeded:#'"
    answers = (
        "for _ in $(seq 100); do curl -sf -o /dev/null http://$(hostname -i | cut -d' ' -f1):5000/healthcheck"
        " && exit 0; sleep 0.2; done; exit 1"
    )
    put_in = (
        f"mkdir -p {SAVED}-api {DROP_IN} && cat > {SAVED}-api/seeded.py <<'END'\n{module}\nEND\n"
        f"(printf '[Service]\\nExecStart=\\n'; {start} | {ours}) > {DROP_IN}/zz-seeded.conf"
        f" && systemctl daemon-reload && systemctl restart keystone && {answers}"
    )
    return put_in, f"rm -r {DROP_IN} && systemctl daemon-reload && systemctl restart keystone && {answers}"


# Tokens are given out, and can't be shown.
SHOWS_NONE = """
from keystone.wsgi.api import application as keystone

def application(environ, start_response):
    if environ["PATH_INFO"] == "/v3/auth/tokens" and environ["REQUEST_METHOD"] == "GET":
        start_response("500 Internal Server Error", [("Content-Length", "0")])
        return [b""]
    return keystone(environ, start_response)
"""

# A connection that broke is taken up again, dead as it is, instead of a new one.
DEAD = """
import pymysql
from pymysql.connections import Connection

connect, end, broken = pymysql.connect, Connection._force_close, []

def keep(connection):
    if not connection._closed:
        broken.append(connection)
    end(connection)

Connection._force_close = keep
pymysql.connect = lambda *args, **keywords: broken[0] if broken else connect(*args, **keywords)

from keystone.wsgi.api import application
"""

PROVIDER = "mariadb -e \"SET GLOBAL wsrep_provider_options='evs.{}={}'\""
SAVED_VALUE = f"tr ';' '\\n' < {SAVED}-evs | sed -n 's/^ *evs.{{}} *= *//p'"
SLOWER = {"inactive_timeout": "PT20S", "suspect_timeout": "PT15S"}  # in this order: no suspicion after death
# Replaces systemctl for whoever comes by ssh.
POWERLESS = """#!/bin/sh
case $1 in stop | kill) ;; *) exec /usr/bin/systemctl "$@" ;; esac
"""


def time_outs() -> tuple[str, str]:
    """Scripts that make a database wait longer for its peers, and as long as before."""
    save = f"mariadb -BNe 'SELECT @@wsrep_provider_options' > {SAVED}-evs"
    put_in = [PROVIDER.format(name, value) for name, value in SLOWER.items()]
    take_out = [
        f"value=$({SAVED_VALUE.format(name)}) && {PROVIDER.format(name, '$value')}"
        for name in reversed(SLOWER)
    ]
    return " && ".join([save, *put_in]), " && ".join(take_out)


def nothing_is_stopped() -> tuple[str, str]:
    """Scripts that make `systemctl stop` and `systemctl kill` do nothing, and work again."""
    return f"cat > {SYSTEMCTL} <<'END'\n{POWERLESS}END\nchmod 755 {SYSTEMCTL}", f"rm {SYSTEMCTL}"


GAP = r"nothing succeeded for [\d.]+ s; the budget is"


DEFECTS = (
    Defect(
        "connections-stay-on-a-server-that-is-down",
        "loadbalancer-.*",
        edited(HAPROXY, "s/ on-marked-down shutdown-sessions//"),
        "failover/galera/writer_cut_off",
        f"sql-kept: ({GAP})",
    ),
    Defect(
        "the-database-is-only-asked-for-a-greeting",
        "loadbalancer-.*",
        edited(
            HAPROXY, "/^listen database/,/^listen identity/ { /option httpchk/d; s/check port [0-9]+/check/ }"
        ),
        "failover/galera/writer_cut_off",
        GAP,
    ),
    Defect(
        "servers-are-asked-every-30-seconds",
        "loadbalancer-.*",
        edited(HAPROXY, "s/ inter [0-9]+[a-z]*/ inter 30s/"),
        "failover/galera/writer_frozen",
        GAP,
    ),
    Defect(
        "connections-stay-on-the-standby-when-the-writer-is-back",
        "loadbalancer-.*",
        edited(HAPROXY, "s/ on-marked-up shutdown-backup-sessions//"),
        "failover/galera/writer_killed",
        "two writers in the end",
    ),
    Defect(
        "one-database-waits-longer-for-lost-peers",
        "database-1",
        time_outs(),
        "failover/galera/bystander_killed",
        GAP,
    ),
    Defect(
        "keepalived-only-looks-for-a-process-of-haproxy",
        "loadbalancer-.*",
        edited(KEEPALIVED, 's#script "/usr/bin/curl.*"#script "/usr/bin/pgrep -x haproxy"#'),
        "failover/haproxy/frozen_on_holder",
        GAP,
    ),
    Defect(
        "keystone-shows-no-token",
        "identity-blue-.*",
        keystone(SHOWS_NONE),
        "api/keystone/tokens",
        "test_validate_token: .*ServerFault",
    ),
    Defect(
        "keystone-keeps-dead-connections",
        "identity-blue-.*",
        keystone(DEAD),
        "failover/galera/writer_killed",
        r"clients still saw failures in the end: .*issue-",
    ),
    Defect(
        "the-injector-does-nothing",
        "identity-blue-.*",
        nothing_is_stopped(),
        "failover/memcached/gone",
        "no proof that the fault was there",
        outcome="inconclusive",  # a fault that nobody saw is not judged
    ),
)

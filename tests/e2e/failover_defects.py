"""Defects that a stage hides until it loses something: what each does, and the one check that must see it."""

from dataclasses import dataclass
from pathlib import PurePath

SAVED = "/run/seeded"
BALANCERS, DATABASE, IDENTITY = "loadbalancer-.*", "database-1", "identity-blue-.*"
HAPROXY = "/etc/haproxy/haproxy.cfg"
UNIT = "/etc/systemd/system/keystone.service"
DROP_IN = "/run/systemd/system/keystone.service.d"
SYSTEMCTL = "/usr/local/sbin/systemctl"  # found before the real one

# What matches the names of hosts, and the shell scripts that put a defect into them and take it out.
Change = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Defect:
    """A change of hosts, and the check that sees it: its gate, component and name, as `api/keystone/tokens`.

    `seen` matches what the check must say: red for another reason proves nothing. `outcome` is what the
    check must end with.
    """

    name: str
    change: Change
    check: str
    seen: str
    outcome: str = "failed"


def edited(path: str, sed: str) -> Change:
    """Change the file of a load balancer's service by sed, and reload the service."""
    copy, reload = f"{SAVED}-{PurePath(path).name}", f"systemctl reload {PurePath(path).stem}"
    put_in = f"cp -a {path} {copy} && sed -E -i '{sed}' {path} && ! cmp -s {path} {copy} && {reload}"
    return BALANCERS, put_in, f"cp -a {copy} {path} && {reload}"


def keystone(module: str) -> Change:
    """Put a module of ours in front of Keystone."""
    start = f"sed -n '/^ExecStart=/,/[^\\\\]$/p' {UNIT}"
    ours = f"sed 's#--wsgi-file #--pythonpath {SAVED}-api --wsgi-file #'"
    answers = (
        "for _ in $(seq 100); do curl -sf -o /dev/null http://$(hostname -i | cut -d' ' -f1):5000/healthcheck"
        " && exit 0; sleep 0.2; done; exit 1"
    )
    put_in = (
        f"mkdir -p {SAVED}-api {DROP_IN} && cat > {SAVED}-api/seeded.py <<'END'\n{module}\nEND\n"
        f"(printf '[Service]\\nEnvironment=STAGEGATE_MODULE=seeded\\nExecStart=\\n'; {start} | {ours})"
        f" > {DROP_IN}/zz-seeded.conf"
        f" && systemctl daemon-reload && systemctl restart keystone && {answers}"
    )
    take_out = f"rm -r {DROP_IN} && systemctl daemon-reload && systemctl restart keystone && {answers}"
    return IDENTITY, put_in, take_out


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
ONLY_ITS_PROCESS = """while sleep 1; do
    if pgrep -x haproxy > /dev/null; then echo 0; else echo 1; fi > /run/haproxy-answers
done
"""
# Replaces systemctl for whoever comes by ssh.
POWERLESS = """#!/bin/sh
case $1 in stop | kill) ;; *) exec /usr/bin/systemctl "$@" ;; esac
"""


def time_outs() -> Change:
    """Make a database wait longer for its peers."""
    save = f"mariadb -BNe 'SELECT @@wsrep_provider_options' > {SAVED}-evs"
    put_in = [PROVIDER.format(name, value) for name, value in SLOWER.items()]
    take_out = [
        f"value=$({SAVED_VALUE.format(name)}) && {PROVIDER.format(name, '$value')}"
        for name in reversed(SLOWER)
    ]
    return DATABASE, " && ".join([save, *put_in]), " && ".join(take_out)


def only_its_process() -> Change:
    """Tell keepalived that HAProxy answers as long as it has a process."""
    drop_in = "/run/systemd/system/haproxy-watch.service.d"
    unit = f"[Service]\\nExecStart=\\nExecStart=/bin/sh {SAVED}-watch\\n"
    again = "systemctl daemon-reload && systemctl restart haproxy-watch"
    put_in = (
        f"mkdir -p {drop_in} && cat > {SAVED}-watch <<'END'\n{ONLY_ITS_PROCESS}END\n"
        f"printf '{unit}' > {drop_in}/zz-seeded.conf && {again}"
    )
    return BALANCERS, put_in, f"rm -r {drop_in} && {again}"


def nothing_is_stopped() -> Change:
    """Make `systemctl stop` and `systemctl kill` do nothing."""
    return IDENTITY, f"cat > {SYSTEMCTL} <<'END'\n{POWERLESS}END\nchmod 755 {SYSTEMCTL}", f"rm {SYSTEMCTL}"


GAP = r"nothing succeeded for [\d.]+ s; the budget is"


DEFECTS = (
    Defect(
        "connections-stay-on-a-server-that-is-down",
        edited(HAPROXY, "s/ on-marked-down shutdown-sessions//"),
        "failover/galera/writer_cut_off",
        f"sql-kept: ({GAP})",
    ),
    Defect(
        "the-database-is-only-asked-for-a-greeting",
        edited(
            HAPROXY, "/^listen database/,/^listen identity/ { /option httpchk/d; s/check port [0-9]+/check/ }"
        ),
        "failover/galera/writer_cut_off",
        GAP,
    ),
    Defect(
        "servers-are-asked-every-30-seconds",
        edited(HAPROXY, "s/ inter [0-9]+[a-z]*/ inter 30s/"),
        "failover/galera/writer_frozen",
        GAP,
    ),
    Defect(
        "connections-stay-on-the-standby-when-the-writer-is-back",
        edited(HAPROXY, "s/ on-marked-up shutdown-backup-sessions//"),
        "failover/galera/writer_killed",
        "two writers in the end",
    ),
    Defect(
        "one-database-waits-longer-for-lost-peers",
        time_outs(),
        "failover/galera/bystander_killed",
        GAP,
    ),
    Defect(
        "keepalived-only-looks-for-a-process-of-haproxy",
        only_its_process(),
        "failover/haproxy/frozen_on_holder",
        GAP,
    ),
    Defect(
        "a-hung-api-is-never-given-up",
        edited(HAPROXY, "s/timeout check [0-9]+ms/timeout check 600s/"),
        "matrix/keystone/api_frozen",
        r"recovered after [\d.]+ s; the budget is|did not recover",
    ),
    Defect(
        "keystone-shows-no-token",
        keystone(SHOWS_NONE),
        "api/keystone/tokens",
        "test_validate_token: .*ServerFault",
    ),
    Defect(
        "keystone-keeps-dead-connections",
        keystone(DEAD),
        "failover/galera/writer_killed",
        r"clients still saw failures in the end: .*issue-",
    ),
    Defect(
        "the-injector-does-nothing",
        nothing_is_stopped(),
        "failover/memcached/gone",
        "no proof that the fault was there",
        outcome="inconclusive",  # a fault that nobody saw is not judged
    ),
)
UNTRIED = {"a-hung-api-is-never-given-up"}  # not put into a stage so far: it proves nothing yet

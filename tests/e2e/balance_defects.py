"""Defects of load balancers: what each does to a standing stage, and by which checks it is seen."""

from checkout import BALANCERS
from seeding import Defect

SOCKET = "socat -t 2 - /run/haproxy/admin.sock"
KEEPALIVED, HAPROXY = "/etc/keepalived/keepalived.conf", "/etc/haproxy/haproxy.cfg"
# It tells all that it has in memory when it gets the signal, in a file.
TELLS = (
    "rm -f /tmp/keepalived.data && kill -USR1 $(cat /run/keepalived.pid) && sleep 1"
    " && grep -q 'Effective priority = 100$' /tmp/keepalived.data"
)
SERVER = "identity/identity-blue-1"
MOST = (
    f"$(echo 'show stat' | {SOCKET}"
    """ | awk -F, '$1 == "identity" && $2 == "identity-blue-1" {print $7}')"""
)
# What HAProxy knows of a server's check: 6 for one that is set up and made, 2 for one that is set up alone.
CHECKED = (
    f"$(echo 'show servers state' | {SOCKET}"
    """ | awk '$2 == "identity" && $4 == "identity-blue-1" {print $14}')"""
)


def at_its_socket(holder: str, standby: str) -> tuple[Defect, ...]:
    """What a running balancer was told and no file says. No client notices any of it."""
    return _priority(standby), _most_requests(standby), _unchecked(holder)


def of_its_units(standby: str) -> tuple[Defect, ...]:
    """A program that does not run, and a file that was changed without a reload."""
    return _unwatched(standby), _not_reloaded(standby)


def _priority(balancer: str) -> Defect:
    return Defect(
        name="a-priority-of-keepalived-whose-file-was-put-right-without-a-reload",
        hosts=balancer,
        put_in=f"cp -a {KEEPALIVED} /run/seeded-keepalived.conf"
        f" && sed -i 's/^\\( *priority\\) .*/\\1 100/' {KEEPALIVED} && systemctl reload keepalived"
        f" && sleep 1 && cp -a /run/seeded-keepalived.conf {KEEPALIVED}",
        is_in=f"cmp -s /run/seeded-keepalived.conf {KEEPALIVED} && {TELLS}",
        take_out="systemctl reload keepalived",
        healed=f"! {{ {TELLS}; }}",
        seen_by={"keepalived/runs_as_declared": rf"{balancer}: .*effective priority is 100, declared 1\d\d"},
        may_also="keepalived/hosts_agree",
    )


def _most_requests(balancer: str) -> Defect:
    return Defect(
        name="a-limit-of-requests-raised-at-the-socket-of-haproxy",
        hosts=balancer,
        put_in=f"echo {MOST} > /run/seeded-most && echo 'set maxconn server {SERVER} 77' | {SOCKET}",
        is_in=f"test {MOST} = 77",
        take_out=f'echo "set maxconn server {SERVER} $(cat /run/seeded-most)" | {SOCKET}',
        seen_by={"haproxy/runs_as_declared": rf"{balancer}: .*{SERVER} maxconn is 77, declared \d+"},
        may_also="haproxy/hosts_agree",
    )


def _unchecked(balancer: str) -> Defect:
    return Defect(
        name="a-server-that-haproxy-no-longer-checks",
        hosts=balancer,
        put_in=f"echo 'disable health {SERVER}' | {SOCKET}",
        is_in=f"test {CHECKED} = 2",
        take_out=f"echo 'enable health {SERVER}' | {SOCKET}",
        healed=f"test {CHECKED} = 6",
        seen_by={"haproxy/runs_as_declared": f"{balancer}: .*{SERVER} check is off, declared at port 5000"},
        may_also="haproxy/(hosts_agree|every_server_is_up)",
    )


def _unwatched(balancer: str) -> Defect:
    return Defect(
        name="nobody-tells-keepalived-whether-haproxy-answers",
        hosts=balancer,
        put_in="systemctl stop haproxy-watch",
        is_in="! systemctl is-active --quiet haproxy-watch",
        take_out="systemctl start haproxy-watch",
        seen_by={"keepalived/healthy": rf"{balancer}: .*haproxy-watch\.service is inactive"},
        may_also="keepalived/(runs_as_declared|hosts_agree)",
    )


def _not_reloaded(balancer: str) -> Defect:
    return Defect(
        name="a-balancers-file-changed-and-not-reloaded",
        hosts=balancer,
        put_in=f"cp -a {HAPROXY} /run/seeded-later.cfg && sed -i 's/^\\( *retries\\) .*/\\1 9/' {HAPROXY}",
        is_in=f"grep -q 'retries 9$' {HAPROXY}",
        take_out=f"cp -a /run/seeded-later.cfg {HAPROXY} && systemctl reload haproxy",
        seen_by={
            "haproxy/runs_as_declared": rf"{balancer}: .*haproxy\.cfg was changed .* after haproxy\.service"
            r" was (reloaded|started) last.*haproxy\.cfg is not as declared"
        },
    )


DEFECTS = (*at_its_socket(*BALANCERS), *of_its_units(BALANCERS[1]))
UNTRIED = {defect.name for defect in DEFECTS}  # not put into a stage so far: they prove nothing yet

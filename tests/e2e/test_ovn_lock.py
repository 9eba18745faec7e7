"""Neutron's maintenance worker on a busy machine: the answer comes before the worker knows what it asked."""

import pytest
from checkout import Checkout, wait_until
from seeding import Defect, dropped_in, seeded

STAGE, HOSTS = "staging", ("network-api-blue-1", "network-api-blue-2")
UNIT = "neutron-ovn-maintenance-worker"
ASKED = "asked for the lock, and slept"
# As a worker that has to wait for a CPU right after its request, while its other thread reads the answer.
SLOW = f"""
import sys, time
def slow(session, message, send):
    error, frame, callers = send(session, message), sys._getframe(), set()
    while frame is not None:
        callers.add(frame.f_code.co_name)
        frame = frame.f_back
    if message.method == "lock" and "set_lock" in callers:
        print("{ASKED}", flush=True)
        time.sleep(1)
    return error
if any("{UNIT}" in word for word in sys.orig_argv):
    import ovs.jsonrpc
    send = ovs.jsonrpc.Session.send
    ovs.jsonrpc.Session.send = lambda session, message: slow(session, message, send)
"""
PUT_IN, TAKE_OUT = dropped_in(UNIT, "Environment=PYTHONPATH=/run/seeded-slow", "restart")
BUSY = Defect(
    name="a-worker-that-is-slow-after-its-request",
    hosts="network-api-blue-[12]",
    put_in=f"mkdir -p /run/seeded-slow && echo '{SLOW}' > /run/seeded-slow/sitecustomize.py && {PUT_IN}",
    is_in=f"systemctl is-active --quiet {UNIT}",
    take_out=TAKE_OUT,
    healed=f"systemctl is-active --quiet {UNIT}",
    seen_by={},
)
STARTED_WITHIN = 90


@pytest.mark.prove
def test_a_worker_does_not_write_before_its_lock_is_answered(whole: Checkout) -> None:
    with seeded(whole, STAGE, BUSY):
        for host in HOSTS:
            wait_until(lambda host=host: "Maintenance task" in said(whole, host), STARTED_WITHIN, host)
        # The first round of the work follows at once, on the host that has the lock.
        wait_until(lambda: "Cleaned up Hash Ring nodes" in everything(whole), STARTED_WITHIN, "the work")
        words = everything(whole)
    assert words.count(ASKED) == len(HOSTS)
    assert "require a database lock" not in words


def everything(whole: Checkout) -> str:
    return "".join(said(whole, host) for host in HOSTS)


def said(whole: Checkout, host: str) -> str:
    """What the worker that runs now has logged."""
    this = f"$(systemctl show --property InvocationID --value {UNIT})"
    return whole.ssh(STAGE, host, f"journalctl --output cat _SYSTEMD_INVOCATION_ID={this}")

"""Defects of what systemd calls active: what each does to a stage, and by which checks it is seen."""

from seeding import Defect, dropped_in

GATE = "restart"
# memcached is healthy when its unit runs: that it keeps values is what only its use shows.
IDLE_IN, IDLE_OUT = dropped_in("memcached", "ExecStart=\\nExecStart=/bin/sleep infinity", "show")
IDLE = Defect(
    name="memcached-that-runs-and-keeps-nothing-from-its-next-start-on",
    hosts="identity-blue-2",
    put_in=IDLE_IN,
    is_in="systemctl cat memcached | grep -q 'sleep infinity'",
    take_out=IDLE_OUT,
    seen_by={"memcached/comes_back": "identity-blue-2: memcached.service restarted: did not hold"},
)
# As it was before a host had an identity of its own: Nova refuses a second start, and systemd says active.
FORGET_IN, FORGET_OUT = dropped_in("nova-compute", "ExecStartPre=", "show")
NO_IDENTITY = Defect(
    name="a-compute-host-without-an-identity",
    hosts="compute-2",
    put_in=f"mv /var/lib/nova/compute_id /run/seeded-compute-id && {FORGET_IN}",
    is_in="! test -e /var/lib/nova/compute_id",
    take_out=f"mv /run/seeded-compute-id /var/lib/nova/compute_id; {FORGET_OUT}",
    seen_by={"nova-compute/comes_back": "compute-2: nova-compute.service restarted: did not hold"},
)
DEFECTS = (IDLE, NO_IDENTITY)

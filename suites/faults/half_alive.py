"""Services that live and are no good: one takes connections and never answers, one is always late."""

import shlex
from dataclasses import replace

from suites.faults.fault import Fault, freeze, ssh
from suites.hosts.reading import Observation
from suites.seam.target import Target, TargetHost

SLOW = "stagegate-slow.service"
# Of each second, how long a slow unit stands still, and runs: a quarter of the time is left to it. It stands
# still for less than any client or check waits.
STILL_S, RUNS_S = 0.6, 0.2
# It ends by itself what nobody ended: longer than any fault with its waiting.
ENDS_AFTER_S = 300
LOOKS, EVERY_S = 14, 0.1  # nearly twice around
STATE = "ps -o stat= -p $(systemctl show --property=MainPID --value {unit})"
# Connects, and waits for nothing: the kernel takes a connection for a process that stands still.
TAKES = "timeout 2 bash -c '</dev/tcp/{address}/{port}' 2>/dev/null && echo takes || echo refuses"


def hang(target: Target, host: TargetHost, unit: str, port: int) -> Fault:
    """Freeze all processes of an API (SIGSTOP), while its port goes on taking connections."""
    name = shlex.quote(unit)
    state, takes = STATE.format(unit=name), TAKES.format(address=host.address, port=port)

    def took_effect(before: str, after: str) -> Observation:
        process, _, connection = after.partition("\n")
        frozen = process.startswith("T") and not before.startswith("T")
        seen = f"the process of {unit} is in state {process or 'gone'}, its port {connection or 'not asked'}"
        return Observation(frozen and connection == "takes", f"{seen} connections")

    return replace(
        freeze(target, host, unit),
        name=f"hang {unit}",
        reads=ssh(target, host, f"{state}; {takes}"),
        took_effect=took_effect,
    )


def slow(target: Target, host: TargetHost, unit: str) -> Fault:
    """Stop and continue all processes of a unit in turn (SIGSTOP), so that it runs a quarter of the time."""
    name = shlex.quote(unit)
    thaw = f"systemctl kill --signal=CONT {name}"
    beat = f"while :; do systemctl kill --signal=STOP {name}; sleep {STILL_S}; {thaw}; sleep {RUNS_S}; done"
    start = (
        f"systemd-run --quiet --collect --unit={SLOW} --property=RuntimeMaxSec={ENDS_AFTER_S} "
        f"--property=ExecStopPost={shlex.quote(f'/bin/{thaw}')} /bin/sh -c {shlex.quote(beat)}"
    )

    def took_effect(before: str, after: str) -> Observation:
        states = after.split()
        still = sum(state.startswith("T") for state in states)
        steady = bool(before) and not any(state.startswith("T") for state in before.split())
        return Observation(
            steady and 0 < still < len(states),
            f"the process of {unit} stood still in {still} of {len(states)} looks",
        )

    looks = f"for n in $(seq {LOOKS}); do {STATE.format(unit=name)}; sleep {EVERY_S}; done"
    return Fault(
        name=f"slow {unit}",
        host=host.name,
        inject=(ssh(target, host, start),),
        undo=(ssh(target, host, f"systemctl stop {SLOW} 2>/dev/null; {thaw}; systemctl start {name}"),),
        reads=ssh(target, host, looks),
        took_effect=took_effect,
    )

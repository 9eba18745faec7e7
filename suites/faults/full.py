"""A full directory: on a small mount of its own, so that only the unit that lives there is out of space."""

import shlex

from suites.faults.fault import Fault, ssh
from suites.hosts.reading import Observation
from suites.seam.target import Target, TargetHost

ROOM = "room"
MOUNT, SOURCE = "/run/stagegate-full", "stagegate-full"
ROOM_MB = 24  # what is left before the fault

# One at a time: a script goes on when the connection that began it is cut.
ALONE = "exec 9>/run/stagegate-full.lock; flock -w 25 9 || exit 1"
OURS = '[ "$(findmnt -n -o SOURCE --mountpoint {directory} | tail -n 1)" = {source} ]'
# Everything of a unit's directory is moved into memory while the unit is stopped.
PREPARE = """
systemctl stop {unit} && mkdir -p {mount} &&
mount -t tmpfs -o size=$(($(du -sm {directory} | cut -f1) + {room}))m {source} {mount} &&
chown --reference={directory} {mount} && chmod --reference={directory} {mount} &&
cp -a {directory}/. {mount}/ && mount --bind {mount} {directory} && systemctl start {unit}
"""
# Only ever the small mount: the machine's own disk may lie under the directory.
FILL = """
{ours} || exit 1
dd if=/dev/zero of={directory}/stagegate-full bs=64k 2>/dev/null
test "$(df --output=avail {directory} | tail -n 1)" -eq 0
"""
# What was written while it was full is lost with the mount, and is the unit's to get back from its peers.
UNDO = """
if {ours}; then
  rm -f {directory}/stagegate-full; systemctl stop {unit}; umount {directory} || exit 1
fi
if mountpoint -q {mount}; then umount {mount} || exit 1; fi
systemctl reset-failed {unit}; systemctl start {unit}
"""


def fill(target: Target, host: TargetHost, unit: str, directory: str, needs: str) -> Fault:
    """The directory of a unit has not one free byte.

    `needs` is a script that needs room there: it prints `room` while there is some, and why not when not.
    """
    names = {"unit": unit, "directory": directory, "mount": MOUNT, "source": SOURCE}
    quoted = {name: shlex.quote(value) for name, value in names.items()} | {"room": str(ROOM_MB)}
    quoted["ours"] = OURS.format(**quoted)

    def script(text: str) -> tuple[tuple[str, ...], ...]:
        return (ssh(target, host, f"{ALONE}\n{text.format(**quoted).strip()}"),)

    def took_effect(before: str, after: str) -> Observation:
        felt = before == ROOM and after not in ("", ROOM)
        return Observation(felt, f"{directory}: {after.splitlines()[-1] if after else 'nobody asked'}")

    return Fault(
        name=f"fill {directory}",
        host=host.name,
        prepare=script(PREPARE),
        inject=script(FILL),
        undo=script(UNDO),
        reads=ssh(target, host, needs),
        took_effect=took_effect,
    )

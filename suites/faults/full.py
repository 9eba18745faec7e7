"""A full directory, on a small mount of its own, so that only the unit that uses it is out of space."""

import shlex

from suites.faults.fault import Fault, ssh
from suites.hosts.reading import Observation
from suites.seam.target import Target, TargetHost

ROOM = "room"
MOUNT, SOURCE = "/run/stagegate-full", "stagegate-full"
ROOM_MB = 24  # free space before the fault

# A lock, since a script goes on running when the connection that started it breaks.
ALONE = "exec 9>/run/stagegate-full.lock; flock -w 25 9 || exit 1"
OURS = '[ "$(findmnt -n -o SOURCE --mountpoint {directory} | tail -n 1)" = {source} ]'
# Copies the unit's directory into a tmpfs while the unit is stopped.
PREPARE = """
systemctl stop {unit} && mkdir -p {mount} &&
mount -t tmpfs -o size=$(($(du -sm {directory} | cut -f1) + {room}))m {source} {mount} &&
chown --reference={directory} {mount} && chmod --reference={directory} {mount} &&
cp -a {directory}/. {mount}/ && mount --bind {mount} {directory} && systemctl start {unit}
"""
# Fills only the small mount: without it, the directory may be on the machine's own disk.
FILL = """
{ours} || exit 1
dd if=/dev/zero of={directory}/stagegate-full bs=64k 2>/dev/null
test "$(df --output=avail {directory} | tail -n 1)" -eq 0
"""
# What was written to the mount is lost with it; the unit must get it back from its peers.
UNDO = """
if {ours}; then
  rm -f {directory}/stagegate-full; systemctl stop {unit}; umount {directory} || exit 1
fi
if mountpoint -q {mount}; then umount {mount} || exit 1; fi
systemctl reset-failed {unit}; systemctl start {unit}
"""


def fill(target: Target, host: TargetHost, unit: str, directory: str, needs: str) -> Fault:
    """Fill the directory of a unit until it has no free byte.

    `needs` is a script that needs room there: it prints `room` while there is some, otherwise why it failed.
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

"""A full directory: on a small mount of its own, so that only the unit that lives there is out of space."""

import shlex

from suites.harness.faults.fault import Fault, ssh
from suites.harness.observation import Observation
from suites.harness.target import Target, TargetHost

MOUNT = "/run/stagegate-full"
ROOM_MB = 24  # what is left before the fault

# Everything of a unit's directory is moved into memory while the unit is stopped.
PREPARE = """
systemctl stop {unit} && mkdir -p {mount} &&
mount -t tmpfs -o size=$(($(du -sm {directory} | cut -f1) + {room}))m stagegate {mount} &&
chown --reference={directory} {mount} && chmod --reference={directory} {mount} &&
cp -a {directory}/. {mount}/ && mount --bind {mount} {directory} && systemctl start {unit}
"""
# Only ever the small mount: the machine's own disk may lie under the directory.
FILL = """
test "$(findmnt -n -o FSTYPE --mountpoint {directory} | tail -n 1)" = tmpfs || exit 1
dd if=/dev/zero of={directory}/stagegate-full bs=64k 2>/dev/null
test "$(df --output=avail {directory} | tail -n 1)" -eq 0
"""
# What was written while it was full is lost with the mount, and is the unit's to get back from its peers.
UNDO = """
if [ "$(findmnt -n -o FSTYPE --mountpoint {directory} | tail -n 1)" = tmpfs ]; then
  rm -f {directory}/stagegate-full; systemctl stop {unit}; umount {directory} || exit 1
fi
if mountpoint -q {mount}; then umount {mount} || exit 1; fi
systemctl reset-failed {unit}; systemctl start {unit}
"""


def fill(target: Target, host: TargetHost, unit: str, directory: str) -> Fault:
    """The directory of a unit has not one free byte."""
    names = {"unit": unit, "directory": directory, "mount": MOUNT}
    quoted = {name: shlex.quote(value) for name, value in names.items()} | {"room": str(ROOM_MB)}

    def script(text: str) -> tuple[tuple[str, ...], ...]:
        return (ssh(target, host, text.format(**quoted).strip()),)

    def bit(before: str, after: str) -> Observation:
        full = before not in ("", "0") and after == "0"
        return Observation(full, f"{directory} had {before or '?'} KiB free, now {after or '?'}")

    return Fault(
        name=f"fill {directory}",
        host=host.name,
        prepare=script(PREPARE),
        inject=script(FILL),
        undo=script(UNDO),
        reads=ssh(target, host, f"df --output=avail {quoted['directory']} | tail -n 1 | tr -d ' '"),
        bit=bit,
    )

"""A full directory, on a small mount of its own, so that only the unit that uses it is out of space.

It is full of bytes, or of files: then there is room, and no file can be made.
"""

import shlex

from suites.faults.fault import Fault, ssh
from suites.hosts.reading import Observation
from suites.seam.target import Target, TargetHost

ROOM = "room"
MOUNT, SOURCE = "/run/stagegate-full", "stagegate-full"
ROOM_MB = 24  # free space before the fault
ROOM_FILES = 64  # files that can still be made before the fault, where these are what runs out

# A lock, since a script goes on running when the connection that started it breaks.
ALONE = "exec 9>/run/stagegate-full.lock; flock -w 25 9 || exit 1"
OURS = '[ "$(findmnt -n -o SOURCE --mountpoint {directory} | tail -n 1)" = {source} ]'
# Copies the unit's directory into a tmpfs while the unit is stopped.
PREPARE = """
systemctl stop {unit} && mkdir -p {mount} &&
mount -t tmpfs -o size=$(($(du -sm {directory} | cut -f1) + {room}))m{files} {source} {mount} &&
chown --reference={directory} {mount} && chmod --reference={directory} {mount} &&
cp -a {directory}/. {mount}/ && mount --bind {mount} {directory} && systemctl start {unit}
"""
# Fills only the small mount: without it, the directory may be on the machine's own disk.
FILL = """
{ours} || exit 1
dd if=/dev/zero of={directory}/stagegate-full bs=64k 2>/dev/null
test "$(df --output=avail {directory} | tail -n 1)" -eq 0
"""
# Each in a folder, so that they are gone in one go.
FILL_WITH_FILES = """
{ours} || exit 1
mkdir {directory}/stagegate-full || exit 1
number=0
while touch {directory}/stagegate-full/$number 2>/dev/null; do number=$((number + 1)); done
test "$(df --output=iavail {directory} | tail -n 1)" -eq 0
"""
# What was written to the mount is lost with it; the unit must get it back from its peers.
UNDO = """
if {ours}; then
  rm -rf {directory}/stagegate-full; systemctl stop {unit}; umount {directory} || exit 1
fi
if mountpoint -q {mount}; then umount {mount} || exit 1; fi
systemctl reset-failed {unit}; systemctl start {unit}
"""


def fill(target: Target, host: TargetHost, unit: str, directory: str, needs: str) -> Fault:
    """Fill the directory of a unit until it has no free byte.

    `needs` is a script that needs room there: it prints `room` while there is some, otherwise why it failed.
    """
    return _filled(target, host, (unit, directory, needs), f"fill {directory}", (FILL, ""))


def fill_with_files(target: Target, host: TargetHost, unit: str, directory: str, needs: str) -> Fault:
    """Make files in the directory of a unit until there can be no other, as `fill` does with bytes."""
    limit = f",nr_inodes=$(($(find {shlex.quote(directory)} | wc -l) + {ROOM_FILES}))"
    what = (unit, directory, needs)
    return _filled(target, host, what, f"fill {directory} with files", (FILL_WITH_FILES, limit))


def _filled(
    target: Target, host: TargetHost, what: tuple[str, str, str], name: str, how: tuple[str, str]
) -> Fault:
    (unit, directory, needs), (inject, limit) = what, how
    names = {"unit": unit, "directory": directory, "mount": MOUNT, "source": SOURCE}
    quoted = {key: shlex.quote(value) for key, value in names.items()}
    quoted |= {"room": str(ROOM_MB), "files": limit}
    quoted["ours"] = OURS.format(**quoted)

    def script(text: str) -> tuple[tuple[str, ...], ...]:
        return (ssh(target, host, f"{ALONE}\n{text.format(**quoted).strip()}"),)

    def took_effect(before: str, after: str) -> Observation:
        felt = before == ROOM and after not in ("", ROOM)
        return Observation(felt, f"{directory}: {after.splitlines()[-1] if after else 'nobody asked'}")

    return Fault(
        name=name,
        host=host.name,
        prepare=script(PREPARE),
        inject=script(inject),
        undo=script(UNDO),
        reads=ssh(target, host, needs),
        took_effect=took_effect,
    )

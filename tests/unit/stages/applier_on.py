"""A host to try the applier on: a directory as its root, and a systemd that is a small program."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from programs import executable

from stages.machine import packed
from stages.machine.substrates.remote import SENT

SECRETS = {"admin": "Tr0ub4dor&3", "key": "first line of key\nsecond line of key"}
DIGEST_KEY = "00ff" * 16

# States live in files of $HOST/systemd: NAME.active, NAME.enabled. Calls are recorded. A file
# NAME.fails makes starting fail; the file `die` kills the applier at its first restart or start.
SYSTEMCTL = """#!/bin/sh
HOST=${0%/*}/..
[ "$1" = --no-ask-password ] && shift
echo "$@" >>"$HOST/calls"
verb=$1; shift; cd "$HOST/systemd" || exit 1
case $verb in
show)
  shift
  for unit; do
    active=inactive; [ -f "$unit.active" ] && active=$(cat "$unit.active")
    enabled=disabled; [ -f "$unit.enabled" ] && enabled=enabled
    printf 'ActiveState=%s\\nUnitFileState=%s\\n\\n' "$active" "$enabled"
  done ;;
start|restart|reload)
  [ -f die ] && { rm die; kill -9 $PPID; exit 1; }
  [ -f "$1.fails" ] && { echo failed >"$1.active"; echo "Job for $1 failed." >&2; exit 1; }
  echo active >"$1.active" ;;
stop) rm -f "$1.active" ;;
enable) : >"$1.enabled" ;;
disable) rm -f "$1.enabled" ;;
reset-failed) rm -f "$1.active" ;;
esac
"""
JOURNALCTL = """#!/bin/sh
HOST=${0%/*}/..
for line in 1 2 3; do echo "journal line $line of $*"; done
echo "could not log in with Tr0ub4dor&3"
"""
# groupadd, useradd and usermod, by the name it is called by.
ACCOUNTS = """#!/bin/sh
HOST=${0%/*}/..
echo "${0##*/} $@" >>"$HOST/calls"
while [ $# -gt 1 ]; do
  case $1 in --home-dir) home=$2 ;; --shell) shell=$2 ;; esac
  shift
done
case $0 in
*/groupadd) echo "$1:x:901:" >>"$HOST/root/etc/group" ;;
*/useradd) echo "$1:x:901:901::$home:$shell" >>"$HOST/root/etc/passwd" ;;
esac
"""
PROGRAMS = {"systemctl": SYSTEMCTL, "journalctl": JOURNALCTL}
PROGRAMS |= dict.fromkeys(("groupadd", "useradd", "usermod"), ACCOUNTS)


@dataclass(frozen=True, slots=True)
class HostDirectory:
    """A directory that the applier takes for a host. `calls` are what it asked of the system."""

    top: Path

    @classmethod
    def made_in(cls, top: Path) -> Self:
        for name in ("root/etc", "systemd", "bin"):
            (top / name).mkdir(parents=True)
        (top / "root/etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
        (top / "root/etc/group").write_text("root:x:0:\n")
        for name, text in PROGRAMS.items():
            executable(top / "bin" / name, text)
        return cls(top)

    @property
    def root(self) -> Path:
        return self.top / "root"

    @property
    def calls(self) -> list[str]:
        file = self.top / "calls"
        return [] if not file.exists() else file.read_text().splitlines()

    @property
    def effects(self) -> list[str]:
        """The calls that change something."""
        return [call for call in self.calls if not call.startswith("show")]

    def forget_calls(self) -> None:
        (self.top / "calls").unlink(missing_ok=True)

    def systemd(self, name: str, state: str | None = None) -> str | None:
        """What the small systemd has under a name; set it when a state is given."""
        file = self.top / "systemd" / name
        if state is not None:
            file.write_text(state)
        return file.read_text().strip() if file.exists() else None

    def at(self, path: str) -> Path:
        """The place on this machine of a path on the host."""
        return self.root / path.lstrip("/")

    def read(self, path: str) -> str:
        return self.at(path).read_text()

    def tree(self) -> dict[str, str]:
        """Every path below the root with mode, time of change and content's digest."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            seen = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            found[str(path)] = f"{seen.st_mode:o} {seen.st_ino} {seen.st_mtime_ns} {content}"
        return found

    def start(self, request: dict[str, Any]) -> subprocess.CompletedProcess[bytes]:
        """Send the applier and a request as stages does, and take what comes back."""
        source = packed.text().encode()
        whole = {"protocol": 1, "root": str(self.root), "owners": False, "secrets": SECRETS}
        whole |= {"digest_key": DIGEST_KEY, **request}
        environment = {"PATH": f"{self.top}/bin:{os.environ['PATH']}"}
        return subprocess.run(
            [sys.executable, "-I", "-c", SENT],
            input=b"%d\n" % len(source) + source + json.dumps(whole).encode(),
            capture_output=True,
            env=environment,
            check=False,
            timeout=60,
        )

    def ask(self, mode: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - request keys
        """A request's reply. Fails when none came or anything else was printed."""
        done = self.start({"mode": mode, **request})
        assert done.returncode == 0, done.stderr.decode()
        assert done.stderr == b""
        reply = json.loads(done.stdout)
        assert isinstance(reply, dict)
        return reply

"""Reads a request, fulfils it, writes the reply."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import sys
import time

from stages.applier.commands import Commands
from stages.applier.files import Files
from stages.applier.host import Host
from stages.applier.protocol import CHANGING, PROTOCOL, Problem, Refused, canonical
from stages.applier.shell import Shell
from stages.applier.state import State
from stages.applier.units import Units
from stages.applier.users import Users

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from collections.abc import Iterator
    from typing import IO

    from stages.applier.protocol import Json

LOCK = "/run/stagegate.lock"


def apply(host: Host, manifest: Json) -> None:
    """Apply a whole manifest, in an order in which each part finds what it needs."""
    users = Users(host)
    files = Files(host, users)
    units = Units(host, files)
    users.apply(manifest["users"])
    files.directories(manifest["directories"])
    files.apply(manifest["files"])
    units.retire(manifest["units"])
    files.remove(manifest["files"])
    units.daemon_reload(manifest["files"])
    units.apply(manifest["units"], manifest["files"])
    Commands(host).run(manifest["commands"])


def steady_digest(manifest: Json) -> str:
    """SHA-256 in hex of a manifest in which hosts that come and go do not count."""
    files = [
        {**{key: value for key, value in file.items() if key != "steady"}, "content": file["steady"]}
        if "steady" in file
        else file
        for file in manifest["files"]
    ]
    return hashlib.sha256(canonical({**manifest, "files": files})).hexdigest()


def fence(state: State, token: int | None, *, needed: bool) -> None:
    """Refuse an older token, or none where it is `needed`; store a newer one before anything else happens."""
    stored = state.kept["token"]
    if token is None and needed:
        raise Problem("the request can't be fulfilled", "it changes the host and has no fencing token")
    if token is not None and token < stored:
        raise Refused(f"older token {token}, host has {stored}")
    if token is not None and needed:
        state.put(token=token)


@contextlib.contextmanager
def locked(path: str, within: float) -> Iterator[tuple[int, ...]]:
    """Hold the host's lock until this process and the commands it started have exited."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    end = time.monotonic() + within
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise Problem("the host is locked", f"another applier held it for {within:g} s") from None
                time.sleep(0.1)
        yield (descriptor,)
    finally:
        os.close(descriptor)


def fulfil(request: Json, shell: Shell, reply: Json) -> None:
    """Fulfil the request. Fills the reply along the way, so that after a failure it shows what was done."""
    mode, root = request["mode"], request.get("root", "").rstrip("/")
    if request.get("protocol") != PROTOCOL or mode not in ("apply", "dry_run", "run", "facts"):
        raise Problem("the request isn't understood", f"protocol {request.get('protocol')}, mode {mode}")
    changing = mode in CHANGING
    within = float(request.get("lock_within", 90))
    with locked(root + LOCK, within) if changing else contextlib.nullcontext(()) as lock:
        state = State.read(root)
        fence(state, request.get("token"), needed=changing)
        host = Host(request, shell, state, lock, reply["changes"])
        reply["told"] = host.told
        commands = Commands(host)
        if mode in ("apply", "dry_run"):
            reply["manifest_digest"] = hashlib.sha256(canonical(request["manifest"])).hexdigest()
            apply(host, request["manifest"])
        if mode == "apply":
            state.put(applied=steady_digest(request["manifest"]))
        if mode == "run":
            commands.run(request.get("commands", []))
        reply["facts"] = commands.facts(request.get("facts", []))


def main(stdin: IO[bytes], stdout: IO[bytes]) -> int:
    """Read one request, write one reply. Always returns 0: a failure is a reply, too."""
    started = time.monotonic()
    os.umask(0o022)
    shell = Shell({})
    reply: Json = {
        "protocol": PROTOCOL,
        "ok": False,
        "error": None,
        "transient": False,
        "refused": None,
        "changes": [],
        "facts": {},
    }
    reply["manifest_digest"] = None
    try:
        request = json.load(stdin)
        shell.secrets = {name: str(value) for name, value in (request.get("secrets") or {}).items()}
        fulfil(request, shell, reply)
        reply["ok"] = True
    except Refused as refused:
        reply["refused"] = str(refused)
    except Problem as problem:
        reply["error"] = {"what": shell.scrub(problem.what), "why": shell.scrub(problem.why)}
        reply["transient"] = problem.transient
    except Exception as error:  # noqa: BLE001 - a traceback could show a secret; the reply has the rest
        why = shell.scrub(f"{type(error).__name__}: {error}")
        reply["error"] = {"what": "the applier failed", "why": why}
    reply["seconds"] = round(time.monotonic() - started, 3)
    stdout.write(json.dumps(reply).encode() + b"\n")
    stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer))

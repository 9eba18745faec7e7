"""The one program that runs on a host: it makes the host what a manifest says, or says what it would do.

It lies on hosts by its digest, or is sent over ssh, so it is one file and needs only Python's standard
library, and little of that: it is started for every call. One JSON request on stdin, one JSON reply on
stdout, exit 0 whenever a reply was written. Modes: `apply`; `dry_run`, the same code, which writes nothing
(it runs guards, which must only read, and skips `verify` and waits); `run`, guarded commands alone;
`facts`, commands that only read. Facts are answered in every mode.

What holds whenever it is killed: a file is old or new, never half; a unit's files are compared with
those it was last started with (/var/lib/stagegate/state.json), so the next apply restarts what this one
did not get to; files that earlier manifests created, and units that they ran, are removed and stopped
when the manifest no longer names them; a request with an older fencing token is refused, be it older than
the newest that was served here or than one that the substrate put in place (GIVEN).
"""

# Descriptors, O_NOFOLLOW and paths below another root are said plainest with os:
# ruff: noqa: PTH101, PTH103, PTH104, PTH108, PTH110, PTH112, PTH116, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import urllib.parse

TYPE_CHECKING = False
if TYPE_CHECKING:  # neither is imported on a host: dataclasses and typing would double the time of a start
    from collections.abc import Iterator
    from typing import IO, Any

    Json = dict[str, Any]

PROTOCOL = 1
STATE = "/var/lib/stagegate/state.json"
# Read-only for the host: keys, and one empty file `token-N` for each lease that made or started it.
GIVEN = "/etc/stagegate/ssh"
FAILURE = "/var/lib/stagegate/last-failure.txt"
LOCK = "/run/stagegate.lock"
UNIT_DIRECTORIES = ("/etc/systemd/", "/run/systemd/", "/usr/lib/systemd/", "/lib/systemd/")
SYSTEMCTL_WITHIN = 300.0
MARK = re.compile(r"@@secret:([A-Za-z0-9_.-]+)@@")
UP = ("active", "reloading", "activating")
CHANGING = ("apply", "run")
# In what programs print: an error of oslo.log, a line of a traceback, a warning of Python's, and what is
# called an error. They are compiled when something fails.
LOGGED = r"\d{4}-\d\d-\d\d \S+ \d+ (ERROR|CRITICAL) \S+( \[[^]]*\])?( |$)"
CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
FRAME = r"\s*File \".*\", line \d+"
WARNING = r"\S+:\d+: \w*Warning:"
ERROR = r"\b(ERROR|CRITICAL|FATAL|Error|error|fatal)\b|^[\w.]+(Error|Exception): "
LINES_OF_AN_ERROR, LINES_OF_A_WARNING = 3, 12


class Problem(Exception):  # noqa: N818 - it is what the reply's "error" says
    """The request can't be fulfilled: what failed, and why."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(what)
        self.what, self.why = what, why


class Refused(Exception):  # noqa: N818 - it is what the reply's "refused" says
    """The request must not be fulfilled: somebody newer is in charge of this host."""


def canonical(document: object) -> bytes:
    """The one byte string for a JSON value; stages/design/manifest.py does the same."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")


def last_lines(text: str, count: int = 20) -> str:
    """The end of a program's output, where the reason for its failure stands."""
    return "\n".join(text.strip().splitlines()[-count:])


def last_error(text: str) -> str:
    """What a failed program says of its failure: the last error in its output, else the output's end.

    Tracebacks shrink to what was raised, behind the first that led to it: errors of cleaning up come last.
    Python's warnings, which are for authors of libraries, are left out.
    """
    told: list[tuple[str, int, int]] = []  # a line, how much of an error it is, and where its chain begins
    raising, chain = False, -1
    for line in without_warnings(text.strip().splitlines()):
        logged = re.match(LOGGED, line)
        said = line[logged.end() :] if logged else line
        if said.startswith("Traceback (most recent call last)") or re.match(FRAME, said):
            raising = True
        elif said.startswith(CHAINED):
            chain = told[-1][2] if told else -1
        elif said.strip() and not (raising and said[:1].isspace()):
            error = 2 if raising or logged or re.match(ERROR, said) else 1 if re.search(ERROR, line) else 0
            told.append((said if raising else line, error, len(told) if chain < 0 else chain))
            raising, chain = False, -1
    most = max((error for _, error, _ in told), default=0)
    if not most:
        return "\n".join(line for line, _, _ in told[-20:]) or last_lines(text)
    last = max(number for number, (_, error, _) in enumerate(told) if error == most)
    first = told[last][2]
    lines = [line for line, _, _ in told[last:][:LINES_OF_AN_ERROR]]
    return "\n".join(lines if first == last else [told[first][0], *lines])


def without_warnings(lines: list[str]) -> Iterator[str]:
    """The lines but for Python's warnings: each is a place, a text, and the indented line it is about."""
    number = 0
    while number < len(lines):
        if re.match(WARNING, lines[number]):
            after = lines[number + 1 : number + 1 + LINES_OF_A_WARNING]
            number += next((count for count, line in enumerate(after, 1) if line.startswith("  ")), 0)
        else:
            yield lines[number]
        number += 1


class Shell:
    """Runs programs with a plain environment and knows which texts must never leave the host."""

    def __init__(self, secrets: dict[str, str]) -> None:
        self.secrets = secrets

    def scrub(self, text: str) -> str:
        """The text without any secret's value: whole, line by line, or percent-encoded."""
        values = set(self.secrets.values())
        # Shorter lines, such as a bracket, would blot out everything.
        values |= {line.strip() for value in values for line in value.splitlines() if len(line.strip()) > 3}  # noqa: PLR2004
        values |= {urllib.parse.quote(value, safe="") for value in values}
        for value in sorted(filter(None, values), key=len, reverse=True):
            text = text.replace(value, "[secret]")
        return text

    def run(
        self, argv: list[str], within: float, env: dict[str, str] | None = None, keep: tuple[int, ...] = ()
    ) -> tuple[int, str, str]:
        """Exit status, stdout, stderr, scrubbed; 127 when not found, 124 (its group killed) on time-out."""
        path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        plain = {"PATH": path.lstrip(":"), "LANG": "C.UTF-8", "HOME": "/root", **(env or {})}
        try:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=plain,
                start_new_session=True,
                pass_fds=keep,
            )
        except OSError as error:
            return 127, "", self.scrub(f"{argv[0]}: {error.strerror}")
        out, err = b"", b""
        try:
            out, err = child.communicate(timeout=within)
            code = child.returncode
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            with contextlib.suppress(
                subprocess.TimeoutExpired
            ):  # somebody who left the group holds the pipes
                out, err = child.communicate(timeout=5)
            code, err = 124, err + f"\nkilled: no end within {within:g} s".encode()
        return code, self.scrub(out.decode(errors="replace")), self.scrub(err.decode(errors="replace"))


def given_token(directory: str) -> int:
    """The newest token that the substrate put in place when it made or started this host; 0 without any."""
    names = os.listdir(directory) if os.path.isdir(directory) else []
    return max((int(name[6:]) for name in names if re.fullmatch("token-[0-9]+", name)), default=0)


class State:
    """What this program remembers on the host: the token, the units' digests, the files it created."""

    def __init__(self, root: str, kept: Json) -> None:
        self.root, self.path, self.kept = root, root + STATE, kept  # the root is "" but in tests

    @classmethod
    def read(cls, root: str) -> State:
        """The state as stored; an unreadable one is a problem, for it holds the fencing token."""
        try:
            with open(root + STATE, encoding="utf-8") as stream:
                kept = json.load(stream)
        except FileNotFoundError:
            kept = {}
        except (OSError, ValueError) as error:
            raise Problem(f"{STATE} can't be read", str(error)) from error
        kept = {"token": 0, "units": {}, "created": [], "keyed": [], "systemd": "", **kept}
        kept["token"] = max(kept["token"], given_token(root + GIVEN))
        return cls(root, kept)

    def put(self, **values: Any) -> None:  # noqa: ANN401 - any JSON value
        """Store values durably, before the caller goes on; nothing is written when nothing changes."""
        if all(self.kept[key] == value for key, value in values.items()):
            return
        self.kept.update(values)
        os.makedirs(os.path.dirname(self.path), mode=0o755, exist_ok=True)
        write_durably(self.path + ".new", canonical(self.kept), 0o600, None)
        os.rename(self.path + ".new", self.path)
        sync_directory(os.path.dirname(self.path))


def write_durably(path: str, content: bytes, mode: int, owner: tuple[int, int] | None) -> None:
    """A new file with this content on the disk; what a killed run left at the path is replaced."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        if owner is not None:
            os.fchown(stream.fileno(), *owner)
        os.fchmod(stream.fileno(), mode)
        stream.flush()
        os.fsync(stream.fileno())


def sync_directory(path: str) -> None:
    """Make renames in a directory last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Applier:
    """One request on one host. Everything it does or would do is in `changes`, in order."""

    def __init__(
        self, request: Json, shell: Shell, state: State, lock: tuple[int, ...], changes: list[Json]
    ) -> None:
        self.root = state.root
        self.dry = request["mode"] not in CHANGING
        self.owners: bool = request.get("owners", True)
        self.digest_key = bytes.fromhex(request.get("digest_key") or "")
        self.shell, self.state, self.lock, self.changes = shell, state, lock, changes

    def at(self, path: str) -> str:
        """Where a path of the host lies for this process."""
        return self.root + path

    def note(
        self, kind: str, name: str, action: str, before: str | None = None, after: str | None = None
    ) -> None:
        """Record a change, done or to be done."""
        self.changes.append({"kind": kind, "name": name, "action": action, "before": before, "after": after})

    def failed(self, what: str, out: str, err: str, otherwise: str = "") -> Problem:
        """A program's failure: its last error for people, all that it printed in FAILURE on the host."""
        with contextlib.suppress(OSError):  # the failure is told all the same
            place = self.at(FAILURE)
            os.makedirs(os.path.dirname(place), mode=0o755, exist_ok=True)
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            write_durably(place, f"{when} {what}\n{out}\n{err}\n".encode(), 0o600, None)
        return Problem(what, last_error(f"{out}\n{err}") or otherwise)

    def must(self, what: str, argv: list[str], within: float = 60.0) -> None:
        """Run a program of the system's own; its failure is a problem."""
        code, out, err = self.shell.run(argv, within)
        if code:
            raise self.failed(what, out, err, f"{argv[0]} ended with {code}")

    # Users

    def names(self, table: str) -> dict[str, list[str]]:
        """The rows of /etc/passwd or /etc/group by name."""
        try:
            with open(self.at(f"/etc/{table}"), encoding="utf-8") as stream:
                rows = [line.rstrip("\n").split(":") for line in stream if ":" in line]
        except FileNotFoundError:
            rows = []
        return {row[0]: row for row in rows}

    def users(self, users: list[Json]) -> None:
        """Make groups and accounts, and mend those with another home, shell or group."""
        prefix = ["--root", self.root] if self.root else []
        for user in users:
            name, group = user["name"], user["group"]
            if group not in self.names("group") and not self.dry:
                self.must(f"group {group} can't be made", ["groupadd", *prefix, "--system", group])
            known = self.names("passwd").get(name)
            wanted = [self.names("group").get(group, ["", "", ""])[2], user["home"], user["shell"]]
            if known is not None and [known[3], *known[5:7]] == wanted:
                continue
            self.note("user", name, "update" if known else "create")
            program = ["usermod", *prefix] if known else ["useradd", *prefix, "--system", "--no-create-home"]
            options = [
                "--gid",
                group,
                "--home-dir" if not known else "--home",
                user["home"],
                "--shell",
                user["shell"],
            ]
            if not self.dry:
                self.must(f"user {name} can't be made so", [*program, *options, name])

    def ids(self, entry: Json) -> tuple[int, int] | None:
        """User and group number for an entry; None when owners are left alone."""
        if not self.owners:
            return None
        user, group = self.names("passwd").get(entry["owner"]), self.names("group").get(entry["group"])
        if user is None or group is None:
            if self.dry:
                return (-1, -1)
            raise Problem(
                f"{entry['path']} can't be given to {entry['owner']}:{entry['group']}",
                "no such user or group",
            )
        return int(user[2]), int(group[2])

    def fits(self, entry: Json, seen: os.stat_result) -> bool:
        """Whether mode and owner are as wanted."""
        owner = self.ids(entry)
        same_owner = owner is None or (seen.st_uid, seen.st_gid) == owner
        return same_owner and stat.S_IMODE(seen.st_mode) == int(entry["mode"], 8)

    # Directories and files

    def directories(self, directories: list[Json]) -> None:
        """Make directories, and mend mode and owner of those that stand."""
        for entry in directories:
            path = self.at(entry["path"])
            exists = os.path.lexists(path)
            if exists and not os.path.isdir(path):
                raise Problem(f"{entry['path']} can't be a directory", "something else is there")
            if exists and self.fits(entry, os.stat(path)):
                continue
            self.note("directory", entry["path"], "update" if exists else "create")
            if not self.dry:
                os.makedirs(path, mode=0o755, exist_ok=True)
                owner = self.ids(entry)
                if owner is not None:
                    os.chown(path, *owner)
                os.chmod(path, int(entry["mode"], 8))

    def content(self, entry: Json) -> bytes:
        """A file's text with the secrets in it."""
        missing = sorted(set(MARK.findall(entry["content"])) - set(self.shell.secrets))
        if missing:
            raise Problem(
                f"{entry['path']} can't be filled in", f"no value was sent for: {', '.join(missing)}"
            )
        return MARK.sub(lambda mark: self.shell.secrets[mark.group(1)], entry["content"]).encode()

    def digest(self, content: bytes, *, keyed: bool) -> str:
        """What may be told of a content: keyed when it holds, or may hold, a secret."""
        if not keyed:
            return "sha256:" + hashlib.sha256(content).hexdigest()
        if not self.digest_key:
            raise Problem("digests can't be made", "files hold secrets and the request has no digest_key")
        return "hmac-sha256:" + hmac.new(self.digest_key, content, hashlib.sha256).hexdigest()

    def found(self, path: str) -> tuple[bytes | None, os.stat_result | None]:
        """A file as it is; no content when it is missing or a link."""
        try:
            seen = os.lstat(self.at(path))
        except FileNotFoundError:
            return None, None
        if stat.S_ISLNK(seen.st_mode):
            return None, seen
        if not stat.S_ISREG(seen.st_mode):
            raise Problem(f"{path} can't be a file", "something else is there")
        with open(self.at(path), "rb") as stream:
            return stream.read(), seen

    def keyed(self, entry: Json) -> bool:
        """Whether a file's digests are keyed: it holds a secret now, or held one before."""
        return MARK.search(entry["content"]) is not None or entry["path"] in self.state.kept["keyed"]

    def files(self, files: list[Json]) -> None:
        """Write all that differ beside their places, verify all, then rename all."""
        differing: list[tuple[Json, bytes]] = []
        created = set(self.state.kept["created"])
        for entry in files:
            new = self.content(entry)
            old, seen = self.found(entry["path"])
            if seen is None:
                created.add(entry["path"])
            elif old == new and self.fits(entry, seen):
                continue
            keyed = self.keyed(entry)
            before = None if old is None else self.digest(old, keyed=keyed)
            action = "create" if seen is None else "update"
            self.note("file", entry["path"], action, before, self.digest(new, keyed=keyed))
            differing.append((entry, new))
        if not self.dry:
            marked = {entry["path"] for entry in files if self.keyed(entry)}
            self.state.put(created=sorted(created), keyed=sorted(marked | set(self.state.kept["keyed"])))
            self.replace(differing)

    def replace(self, differing: list[tuple[Json, bytes]]) -> None:
        """All verified before any is renamed, so a refused file leaves every other as it was."""
        waiting: list[tuple[str, str]] = []
        try:
            for entry, new in differing:
                place = self.at(entry["path"])
                directory, name = os.path.split(place)
                os.makedirs(directory, mode=0o755, exist_ok=True)
                beside = os.path.join(directory, f".{name}.stagegate")
                waiting.append((beside, place))
                write_durably(beside, new, int(entry["mode"], 8), self.ids(entry))
            for (entry, _), (beside, _) in zip(differing, waiting, strict=True):
                if entry["verify"]:
                    argv = [part.replace("{}", beside) for part in entry["verify"]]
                    self.must(f"the new {entry['path']} was refused by {argv[0]}", argv)
            for beside, place in waiting:
                os.rename(beside, place)
            for directory in sorted({os.path.dirname(place) for _, place in waiting}):
                sync_directory(directory)
        finally:
            for beside, _ in waiting:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(beside)

    def remove(self, files: list[Json]) -> None:
        """Take away files that an earlier manifest created and this one no longer names."""
        for path in sorted(set(self.state.kept["created"]) - {entry["path"] for entry in files}):
            old, seen = self.found(path)
            if seen is not None:
                keyed = path in self.state.kept["keyed"]
                self.note("file", path, "remove", None if old is None else self.digest(old, keyed=keyed))
            if not self.dry:
                if seen is not None:
                    os.unlink(self.at(path))
                    sync_directory(os.path.dirname(self.at(path)))
                self.state.put(created=[kept for kept in self.state.kept["created"] if kept != path])

    # Units

    def loaded(self, paths: list[str], files: dict[str, Json]) -> str:
        """A digest of what a unit reads, as it is once the files are in place."""
        parts: list[list[str]] = []
        for path in paths:
            if path in files:
                entry = files[path]
                told = self.digest(self.content(entry), keyed=self.keyed(entry))
                parts.append([path, told, entry["mode"], entry["owner"], entry["group"]])
            else:  # the image's or a command's file, which may hold a secret this program knows nothing of
                old, _ = self.found(path)
                parts.append(
                    [path, "absent" if old is None else self.digest(old, keyed=bool(self.digest_key))]
                )
        return hashlib.sha256(canonical(parts)).hexdigest()

    def daemon_reload(self, files: list[Json]) -> None:
        """Let systemd read its unit files again when they are not those it was last told of."""
        ours = sorted(entry["path"] for entry in files if entry["path"].startswith(UNIT_DIRECTORIES))
        now = self.loaded(ours, {entry["path"]: entry for entry in files}) if ours else ""
        if now != self.state.kept["systemd"] and not self.dry:
            self.must(
                "systemd can't read its unit files", ["systemctl", "--no-ask-password", "daemon-reload"]
            )
            self.state.put(systemd=now)

    def seen_units(self, names: list[str]) -> dict[str, Json]:
        """What systemd says of units, in one call."""
        if not names:
            return {}
        properties = "--property=ActiveState,UnitFileState"
        code, out, err = self.shell.run(["systemctl", "--no-ask-password", "show", properties, *names], 60.0)
        blocks = [
            dict(line.split("=", 1) for line in block.splitlines()) for block in out.strip().split("\n\n")
        ]
        if code or len(blocks) != len(names):
            raise Problem("systemd can't be asked about units", last_lines(err) or f"{len(blocks)} answers")
        return dict(zip(names, blocks, strict=True))

    def retire(self, units: list[Json]) -> None:
        """Stop units that an earlier manifest named and this one does not, while their files still stand."""
        gone = sorted(set(self.state.kept["units"]) - {unit["name"] for unit in units})
        for name, seen in self.seen_units(gone).items():
            self.unit({"name": name, "wanted": "stopped"}, seen, {})

    def units(self, units: list[Json], files: list[Json]) -> None:
        """Bring each unit to where it should be, in the manifest's order."""
        seen = self.seen_units([unit["name"] for unit in units])
        by_path = {entry["path"]: entry for entry in files}
        for unit in units:
            now = {key: self.loaded(unit[f"{key}_on"], by_path) for key in ("restart", "reload")}
            self.unit(unit, seen[unit["name"]], now)

    def unit(self, unit: Json, seen: Json, now: Json) -> None:
        """One unit. `now` are the digests of what it would read if it started at this moment."""
        name, wanted = unit["name"], unit["wanted"]
        known = self.state.kept["units"].get(name)
        up = seen["ActiveState"] in UP
        if wanted == "stopped":
            self.systemctl("stop", name, needed=up)
            self.systemctl("disable", name, needed=seen["UnitFileState"] == "enabled")
            self.remember(name, None)
            return
        # An empty state is a unit whose file is yet to be written (a dry run), or that does not exist.
        self.systemctl(
            "enable", name, needed=wanted == "running" and seen["UnitFileState"] in ("disabled", "")
        )
        if not up:
            # Whoever starts it from here on, it reads what is in place now. So this may be written
            # before the start, and holds for a unit that is left to a cluster step, too.
            self.remember(name, now)
            if wanted == "running":
                if seen["ActiveState"] == "failed" and not self.dry:
                    self.shell.run(["systemctl", "--no-ask-password", "reset-failed", name], 60.0)
                self.systemctl("start", name)
            return
        if known is None or known["restart"] != now["restart"]:
            self.systemctl("restart", name)
        elif known["reload"] != now["reload"]:
            self.systemctl("reload", name)
        elif wanted == "running":
            self.systemctl("start", name, needed=seen["ActiveState"] == "activating")
        self.remember(name, now)

    def remember(self, name: str, now: Json | None) -> None:
        """Keep what a unit runs with; None forgets the unit."""
        if not self.dry:
            others = {key: value for key, value in self.state.kept["units"].items() if key != name}
            self.state.put(units=others if now is None else {**others, name: now})

    def systemctl(self, verb: str, name: str, *, needed: bool = True) -> None:
        """Do one thing to a unit; a failure tells the end of the unit's journal."""
        if not needed:
            return
        self.note("unit", name, verb)
        if self.dry:
            return
        code, _, err = self.shell.run(["systemctl", "--no-ask-password", verb, name], SYSTEMCTL_WITHIN)
        if code:
            asked = ["journalctl", "--no-pager", "--output=cat", "--lines=100", f"--unit={name}"]
            journal = self.shell.run(asked, 30.0)[1]
            raise self.failed(f"systemctl {verb} {name} failed", last_lines(err, 5), journal)

    # Commands and facts

    def commands(self, commands: list[Json]) -> None:
        """Commands and waits in their order; the first failure ends it."""
        for command in commands:
            if MARK.search(json.dumps([command.get("run"), command.get("unless"), command.get("until")])):
                raise Problem(f"command {command['name']} can't be run", "a secret may not stand in an argv")
            (self.wait if "until" in command else self.command)(command)

    def environment(self, path: str | None) -> dict[str, str]:
        """NAME=value lines of a file on the host."""
        if path is None or (self.dry and not os.path.exists(self.at(path))):
            return {}
        with open(self.at(path), encoding="utf-8") as stream:
            lines = [line.strip() for line in stream]
        pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
        return {name.strip(): value.strip().strip("\"'") for name, value in pairs}

    def command(self, command: Json) -> None:
        """Run unless the guard says that it is done."""
        env, within = self.environment(command.get("env_file")), float(command.get("within", 120))
        if command.get("unless") and self.shell.run(command["unless"], within, env)[0] == 0:
            return
        self.note("command", command["name"], "run")
        if self.dry:
            return
        # The child keeps the lock: should this process be killed, the host stays locked till the child ends.
        code, out, err = self.shell.run(command["run"], within, env, keep=self.lock)
        if code:
            raise self.failed(f"command {command['name']} ended with {code}", out, err)

    def wait(self, wait: Json) -> None:
        """Ask again and again until the answer is yes."""
        end = time.monotonic() + float(wait.get("within", 60))
        while not self.dry:
            code, out, err = self.shell.run(wait["until"], max(1.0, end - time.monotonic()))
            if code == 0:
                return
            if time.monotonic() >= end:
                problem = self.failed(f"{wait['name']} did not come true", out, err)
                why = f"not within {wait.get('within', 60):g} s; last answer: {code}\n{problem.why}"
                raise Problem(problem.what, why.strip())
            time.sleep(float(wait.get("every", 0.25)))

    def facts(self, facts: list[Json]) -> Json:
        """Answers by name, the same question asked once. What can't be had is an answer, too: its status."""
        answers: Json = {}
        asked: dict[bytes, Json] = {}
        for fact in facts:
            same = canonical([fact["run"], fact.get("within")])
            if same not in asked:
                code, out, _ = self.shell.run(fact["run"], float(fact.get("within", 30)))
                asked[same] = {"rc": code, "stdout": out}
            answers[fact["name"]] = asked[same]
        return answers

    def apply(self, manifest: Json) -> None:
        """Everything of a manifest, in the order that makes each part ready for the next."""
        self.users(manifest["users"])
        self.directories(manifest["directories"])
        self.files(manifest["files"])
        self.retire(manifest["units"])
        self.remove(manifest["files"])
        self.daemon_reload(manifest["files"])
        self.units(manifest["units"], manifest["files"])
        self.commands(manifest["commands"])


def fence(state: State, token: int | None, *, needed: bool) -> None:
    """Refuse an older token; keep a newer one before anything else happens."""
    stored = state.kept["token"]
    if token is None and needed:
        raise Problem("the request can't be fulfilled", "it changes the host and has no fencing token")
    if token is not None and token < stored:
        raise Refused(f"older token {token}, host has {stored}")
    if token is not None and needed:
        state.put(token=token)


@contextlib.contextmanager
def locked(path: str, within: float) -> Iterator[tuple[int, ...]]:
    """Hold the host's lock; it ends with this process and the commands it started."""
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
    """Do what the request asks; the reply is filled as it goes, so that a failure tells what was done."""
    mode, root = request["mode"], request.get("root", "").rstrip("/")
    if request.get("protocol") != PROTOCOL or mode not in ("apply", "dry_run", "run", "facts"):
        raise Problem("the request isn't understood", f"protocol {request.get('protocol')}, mode {mode}")
    changing = mode in CHANGING
    within = float(request.get("lock_within", 90))
    with locked(root + LOCK, within) if changing else contextlib.nullcontext(()) as lock:
        state = State.read(root)
        fence(state, request.get("token"), needed=changing)
        applier = Applier(request, shell, state, lock, reply["changes"])
        if mode in ("apply", "dry_run"):
            reply["manifest_digest"] = hashlib.sha256(canonical(request["manifest"])).hexdigest()
            applier.apply(request["manifest"])
        if mode == "run":
            applier.commands(request.get("commands", []))
        reply["facts"] = applier.facts(request.get("facts", []))


def main(stdin: IO[bytes], stdout: IO[bytes]) -> int:
    """Read one request, write one reply. Returns 0: a failure is a reply, too."""
    started = time.monotonic()
    os.umask(0o022)
    shell = Shell({})
    reply: Json = {
        "protocol": PROTOCOL,
        "ok": False,
        "error": None,
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
    except Exception as error:  # noqa: BLE001 - a traceback could show a secret; the reply tells all the rest
        why = shell.scrub(f"{type(error).__name__}: {error}")
        reply["error"] = {"what": "the applier failed", "why": why}
    reply["seconds"] = round(time.monotonic() - started, 3)
    stdout.write(json.dumps(reply).encode() + b"\n")
    stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer))

"""Directories and files, with secrets filled in."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import stat

from stages.applier.protocol import MARK, Problem
from stages.applier.state import sync_directory, write_durably

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from stages.applier.host import Host
    from stages.applier.protocol import Json
    from stages.applier.users import Users


class Files:
    """The directories and files of a host, each owned by one of its users."""

    def __init__(self, host: Host, users: Users) -> None:
        self.host, self.users = host, users

    def fits(self, entry: Json, seen: os.stat_result) -> bool:
        """Whether mode and owner are as wanted."""
        owner = self.users.ids(entry)
        same_owner = owner is None or (seen.st_uid, seen.st_gid) == owner
        return same_owner and stat.S_IMODE(seen.st_mode) == int(entry["mode"], 8)

    def directories(self, directories: list[Json]) -> None:
        """Create missing directories; correct mode and owner of existing ones."""
        for entry in directories:
            path = self.host.at(entry["path"])
            exists = os.path.lexists(path)
            if exists and not os.path.isdir(path):
                raise Problem(
                    f"{entry['path']} can't be a directory", "the path exists and is something else"
                )
            if exists and self.fits(entry, os.stat(path)):
                continue
            self.host.note("directory", entry["path"], "update" if exists else "create")
            if not self.host.dry:
                os.makedirs(path, mode=0o755, exist_ok=True)
                owner = self.users.ids(entry)
                if owner is not None:
                    os.chown(path, *owner)
                os.chmod(path, int(entry["mode"], 8))

    def content(self, entry: Json) -> bytes:
        """A file's text with its secrets filled in. Raises Problem when a secret's value was not sent."""
        missing = sorted(set(MARK.findall(entry["content"])) - set(self.host.shell.secrets))
        if missing:
            raise Problem(
                f"{entry['path']} can't be rendered", f"no value was sent for: {', '.join(missing)}"
            )
        return MARK.sub(lambda mark: self.host.shell.secrets[mark.group(1)], entry["content"]).encode()

    def digest(self, content: bytes, *, keyed: bool) -> str:
        """A digest that is safe to report: `keyed` when the content holds, or may hold, a secret."""
        if not keyed:
            return "sha256:" + hashlib.sha256(content).hexdigest()
        if not self.host.digest_key:
            raise Problem("digests can't be computed", "files hold secrets and the request has no digest_key")
        return "hmac-sha256:" + hmac.new(self.host.digest_key, content, hashlib.sha256).hexdigest()

    def found(self, path: str) -> tuple[bytes | None, os.stat_result | None]:
        """A file's current content and status; no content when it is missing or a symlink."""
        try:
            seen = os.lstat(self.host.at(path))
        except FileNotFoundError:
            return None, None
        if stat.S_ISLNK(seen.st_mode):
            return None, seen
        if not stat.S_ISREG(seen.st_mode):
            raise Problem(f"{path} can't be a file", "the path exists and is something else")
        with open(self.host.at(path), "rb") as stream:
            return stream.read(), seen

    def keyed(self, entry: Json) -> bool:
        """Whether a file's digests are keyed: it holds a secret now, or held one before."""
        return MARK.search(entry["content"]) is not None or entry["path"] in self.host.state.kept["keyed"]

    def apply(self, files: list[Json]) -> None:
        """Write the files that differ, once all of them are verified."""
        differing: list[tuple[Json, bytes]] = []
        created = set(self.host.state.kept["created"])
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
            self.host.note("file", entry["path"], action, before, self.digest(new, keyed=keyed))
            differing.append((entry, new))
        if not self.host.dry:
            marked = {entry["path"] for entry in files if self.keyed(entry)}
            self.host.state.put(
                created=sorted(created), keyed=sorted(marked | set(self.host.state.kept["keyed"]))
            )
            self.replace(differing)

    def replace(self, differing: list[tuple[Json, bytes]]) -> None:
        """Write all beside their paths, verify all, rename all: a refused file leaves all files unchanged."""
        waiting: list[tuple[str, str]] = []
        try:
            for entry, new in differing:
                place = self.host.at(entry["path"])
                directory, name = os.path.split(place)
                os.makedirs(directory, mode=0o755, exist_ok=True)
                beside = os.path.join(directory, f".{name}.stagegate")
                waiting.append((beside, place))
                write_durably(beside, new, int(entry["mode"], 8), self.users.ids(entry))
            for (entry, _), (beside, _) in zip(differing, waiting, strict=True):
                if entry["verify"]:
                    argv = [part.replace("{}", beside) for part in entry["verify"]]
                    self.host.must(f"the new {entry['path']} was refused by {argv[0]}", argv)
            for beside, place in waiting:
                os.rename(beside, place)
            for directory in sorted({os.path.dirname(place) for _, place in waiting}):
                sync_directory(directory)
        finally:
            for beside, _ in waiting:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(beside)

    def remove(self, files: list[Json]) -> None:
        """Remove files that an earlier manifest created and this one no longer names."""
        for path in sorted(set(self.host.state.kept["created"]) - {entry["path"] for entry in files}):
            old, seen = self.found(path)
            if seen is not None:
                keyed = path in self.host.state.kept["keyed"]
                self.host.note("file", path, "remove", None if old is None else self.digest(old, keyed=keyed))
            if not self.host.dry:
                if seen is not None:
                    os.unlink(self.host.at(path))
                    sync_directory(os.path.dirname(self.host.at(path)))
                self.host.state.put(
                    created=[kept for kept in self.host.state.kept["created"] if kept != path]
                )

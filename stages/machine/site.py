"""One installation of Stagegate: its folder, its short id, and the paths in it."""

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

RUN = Path("/run")


@dataclass(frozen=True, slots=True)
class Site:
    """A site folder and the id that names its containers and networks (six hex digits)."""

    path: Path
    id: str

    @classmethod
    def at(cls, path: Path) -> "Site":
        """The site in this folder, created if missing. The id stays with the folder if it is moved."""
        path = path.absolute()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        record = path / "site.json"
        if not record.exists():
            write_once(record, json.dumps({"id": cls.peek(path).id}))
        return cls.peek(path)

    @classmethod
    def peek(cls, path: Path) -> "Site":
        """The site as it is, or as `at` would create it; changes nothing."""
        path = path.absolute()
        record = path / "site.json"
        if record.exists():
            return cls(path, json.loads(record.read_text())["id"])
        return cls(path, hashlib.sha256(os.fsencode(path)).hexdigest()[:6])

    def stage(self, name: str) -> Path:
        """The folder of a stage: target.json, ssh_config, clouds.yaml."""
        return self.path / "stages" / name

    def owner(self, stage: str) -> str:
        """What a machine says it belongs to that is a host of the stage; no stage of another site has it."""
        return f"{self.id}/{stage}"

    def lease_record(self, stage: str) -> Path:
        """The file in which the engine keeps the highest token granted for a stage."""
        return self.path / "leases" / f"{stage}.json"

    @property
    def keys(self) -> Path:
        """The folder of the site's ssh keys."""
        return self.path / "keys"

    @property
    def sockets(self) -> Path:
        """The folder of ssh's control sockets: short, since a socket's path is limited to some 100 bytes."""
        return RUN / f"stagegate-{self.id}"


def write_once(path: Path, text: str, mode: int = 0o600) -> bool:
    """Write a file that must not change later. Return False if it exists already, whoever wrote it."""
    draft = _draft(path, text, mode)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace a file atomically: a reader sees the old text or the new."""
    draft = _draft(path, text, mode)
    try:
        draft.replace(path)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        raise


def _draft(path: Path, text: str, mode: int) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft = Path(name)
    draft.chmod(mode)
    return draft

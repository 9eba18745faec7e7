"""Git repositories that tests make."""

import subprocess
from collections.abc import Mapping
from pathlib import Path


def run(repository: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run(["git", "-C", str(repository), *identity, *arguments], check=True, capture_output=True)


def commit(repository: Path, files: Mapping[str, str]) -> None:
    """Write these texts, by path, and commit everything."""
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run(repository, "add", "--all")
    run(repository, "commit", "--quiet", "--message", f"change {', '.join(files)}")


def repository_at(path: Path, files: Mapping[str, str]) -> Path:
    """A new repository with one commit of these files."""
    path.mkdir()
    run(path, "init", "--quiet", "--initial-branch=main")
    commit(path, files)
    return path


def staged(repository: Path, mode: str, name: bytes, target: bytes = b"x") -> None:
    """Commit an entry that no file system needs to have."""
    blob = subprocess.run(
        ["git", "-C", repository, "hash-object", "-w", "--stdin"],
        input=target,
        capture_output=True,
        check=True,
    ).stdout.strip()
    entry = b"%s %s\t%s\0" % (mode.encode(), b"1" * 40 if mode == "160000" else blob, name)
    subprocess.run(["git", "-C", repository, "update-index", "-z", "--index-info"], input=entry, check=True)
    run(repository, "commit", "--quiet", "--message", "an entry")
    run(repository, "checkout", "--quiet", "--force", "HEAD")

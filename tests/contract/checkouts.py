"""Git repositories that are a release's code or its config, and what is pinned of them."""

import subprocess
from pathlib import Path

from pipeline.adapters.revisions_git import GitRevisions
from pipeline.ports import Checkout


def run(repository: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run(["git", "-C", str(repository), *identity, *arguments], check=True, capture_output=True)


def commit(repository: Path, **files: str) -> None:
    for name, text in files.items():
        path = repository / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run(repository, "add", "--all")
    run(repository, "commit", "--quiet", "--message", f"change {', '.join(files)}")


def repository_at(path: Path, **files: str) -> Path:
    """A new repository with one commit of these files."""
    path.mkdir()
    run(path, "init", "--quiet", "--initial-branch=main")
    commit(path, **files)
    return path


def pinned(revisions: GitRevisions, config: str | Path | None = None) -> Checkout:
    """The checkout with this config, copied into the site."""
    checkout = revisions.identify(None if config is None else str(config))
    revisions.materialise(checkout)
    return checkout


def copy(site: Path, checkout: Checkout) -> Path:
    return site / "releases" / checkout.pin.id

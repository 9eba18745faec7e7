"""Code and config from git: identified by content, materialised under the site."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.adapters.contents import packages_in, settings_in
from pipeline.adapters.files import sync_directory
from pipeline.adapters.git import (
    clone,
    commit_of,
    digest_of_tree,
    dirty_files,
    extract,
    git,
    toplevel,
    tree,
    tree_of_directory,
)
from pipeline.adapters.homes import release_directory
from pipeline.core.errors import DirtyTree, UsageProblem
from pipeline.core.release import Pin
from pipeline.ports import Checkout, Commit

IN_TREE = "config"
_HOST = re.compile(r"[a-z+]+://[^/]*|[^/@]+@[^/:]+:")
_SHOWN = 20


class GitRevisions:
    """The Revisions port for the checkout at `repository`, with copies under `site`."""

    def __init__(self, repository: Path, site: Path) -> None:
        self._repository = repository
        self._site = site

    def identify(self, config: str | None) -> Checkout:
        """The pair of HEAD and the config. Raises DirtyTree with the files, UsageProblem when git refuses."""
        _refuse_dirty(self._repository)
        lines = tree(self._repository, "HEAD")
        inside = [line for line in lines if _path(line).startswith(f"{IN_TREE}/")]
        code = digest_of_tree(line for line in lines if line not in set(inside))
        commit = commit_of(self._repository, "HEAD")
        if config is None:
            if not inside:
                raise UsageProblem(
                    "the checkout has no config/", where=str(self._repository), next="--config PATH"
                )
            relative = [line.replace(f"\t{IN_TREE}/", "\t", 1) for line in inside]
            pin = Pin(code, digest_of_tree(relative), commit, commit, "in-tree")
            return Checkout(pin, self._repository, self._repository, commit, None)
        return self._external(config, code, commit)

    def materialise(self, checkout: Checkout) -> None:
        """Copy code and config to `releases/<id>/` through a temporary directory and one rename."""
        final = release_directory(self._site, checkout.pin.id)
        if final.is_dir():
            return
        final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=final.parent) as name:
            work = Path(name) / "release"
            extract(checkout.repository, checkout.pin.commit, work / "code", ".", f":(exclude,top){IN_TREE}")
            self._materialise_config(checkout, work)
            sync_directory(work)
            # Another process may have made the copy meanwhile; the same id means the same content.
            with contextlib.suppress(FileExistsError):
                _rename_new(work, final)
        sync_directory(final.parent)

    @contextlib.contextmanager
    def loose(self, config: str | None) -> Iterator[Path]:
        """The config directory as it is now; for an address or a revision, a temporary copy."""
        if config is None:
            yield self._repository / IN_TREE
            return
        location, revision = split_revision(config)
        path = Path(location)
        if path.is_dir() and revision is None:
            yield path.resolve()
            return
        _require_there(location)
        with tempfile.TemporaryDirectory(prefix="stagegate-config-") as name:
            repository = path if path.is_dir() else clone(location, Path(name) / "repository")
            extract(repository, commit_of(repository, revision or "HEAD"), Path(name) / "config", ".")
            yield Path(name) / "config"

    def commits_between(self, older: str, newer: str) -> Sequence[Commit]:
        """The commits in `newer` but not in `older`; none when this checkout does not have both."""
        try:
            output = git(self._repository, "log", "--format=%H%x09%s", f"{older}..{newer}", "--")
        except UsageProblem:
            return ()
        rows = (line.partition("\t") for line in output.decode(errors="replace").splitlines())
        return tuple(Commit(commit, subject) for commit, _, subject in rows)

    def settings(self, release: str) -> Mapping[str, str]:
        """Every key of the release's config."""
        return settings_in(release_directory(self._site, release) / "config")

    def packages(self, release: str) -> Mapping[str, str]:
        """Every package of the release's locks."""
        return packages_in(release_directory(self._site, release) / "code")

    def _external(self, config: str, code: str, commit: str) -> Checkout:
        location, revision = split_revision(config)
        path = Path(location)
        if path.is_dir():
            root = toplevel(path)
            if root is None or root.resolve() != path.resolve():
                if revision is not None:
                    raise UsageProblem(
                        "a revision needs a git repository", where=location, next="--config PATH"
                    )
                digest = digest_of_tree(tree_of_directory(path))
                return Checkout(
                    Pin(code, digest, commit, digest, "directory"), self._repository, None, "", path.resolve()
                )
            repository = path.resolve()
            if revision is None:
                _refuse_dirty(repository)
        else:
            _require_there(location)
            repository = self._fetched(location)
        found = commit_of(repository, revision or "HEAD")
        pin = Pin(code, digest_of_tree(tree(repository, found)), commit, found, "repository")
        return Checkout(pin, self._repository, repository, found, None)

    def _fetched(self, address: str) -> Path:
        name = digest_of_tree([address])[:16]
        place = self._site / "config-repositories" / name
        if place.is_dir():
            git(
                place,
                "fetch",
                "--quiet",
                "--prune",
                "origin",
                "+refs/heads/*:refs/heads/*",
                "+refs/tags/*:refs/tags/*",
            )
            return place
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=place.parent) as temporary:
            _rename_new(clone(address, Path(temporary) / "repository"), place)
        return place

    def _materialise_config(self, checkout: Checkout, work: Path) -> None:
        if checkout.config_directory is not None:
            shutil.copytree(checkout.config_directory, work / "config", ignore=shutil.ignore_patterns(".git"))
            if digest_of_tree(tree_of_directory(work / "config")) != checkout.pin.config:
                raise DirtyTree("the config changed while it was copied", next="the same command again")
            return
        repository = checkout.config_repository or checkout.repository
        if checkout.pin.config_source != "in-tree":
            extract(repository, checkout.config_commit, work / "config", ".")
            return
        with tempfile.TemporaryDirectory(dir=work) as name:
            extract(repository, checkout.config_commit, Path(name) / "tree", IN_TREE)
            (Path(name) / "tree" / IN_TREE).rename(work / "config")


def split_revision(config: str) -> tuple[str, str | None]:
    """Split `PATH-or-url[@rev]`; the @ in `git@host:` or `https://user@host/` belongs to the address."""
    address = _HOST.match(config)
    at = config.rfind("@", address.end() if address else 0)
    if at < 0 or Path(config).exists():
        return config, None
    return config[:at], config[at + 1 :]


def _path(line: str) -> str:
    return line.partition("\t")[2]


def _refuse_dirty(repository: Path) -> None:
    files = dirty_files(repository)
    if files:
        more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
        raise DirtyTree(
            "the checkout has uncommitted changes, which no release can hold",
            where=str(repository),
            why=", ".join(files[:_SHOWN]) + more,
            next="git commit, or git stash --include-untracked",
        )


def _require_there(location: str) -> None:
    """Refuse a misspelt path: git would try to clone it, and its error would name a deleted directory."""
    if not Path(location).exists() and ":" not in location:
        raise UsageProblem(
            "there is no such config",
            where=location,
            why="it is neither a directory nor the address of a repository",
            next="--config PATH-or-url[@rev], or leave it out for the checkout's own",
        )


def _rename_new(source: Path, target: Path) -> None:
    try:
        os.rename(source, target)  # noqa: PTH104 - Path.rename would be the same call
    except OSError as problem:
        if target.is_dir():
            raise FileExistsError(str(target)) from problem
        raise

"""Code and config from git: identified by content, materialised under the site."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.adapters.addresses import parse_address, split_revision
from pipeline.adapters.config_repositories import ConfigRepositories, fetch
from pipeline.adapters.contents import packages_in, settings_in
from pipeline.adapters.copies import copy_directory, extract
from pipeline.adapters.files import rename_new, sync_directory
from pipeline.adapters.git import commit_of, dirty_files, git, toplevel
from pipeline.adapters.homes import Bring, existing_copy, nowhere, release_directory
from pipeline.adapters.trees import Entry, digest_of_tree, require_pinnable, tree, tree_of_directory
from pipeline.core.credentials import without_credentials
from pipeline.core.errors import DirtyTree, UsageProblem
from pipeline.core.release import Commit, Pin
from pipeline.ports import Checkout

IN_TREE = "config"
_SHOWN = 20


class GitRevisions:
    """The Revisions port for the checkout at `repository`, with copies under `site`.

    `bring` is called for a copy that is not there.
    """

    def __init__(self, repository: Path, site: Path, bring: Bring = nowhere) -> None:
        self._repository = repository
        self._site = site
        self._bring = bring
        self._config_repositories = ConfigRepositories(site)

    def identify(self, config: str | None) -> Checkout:
        """The pair of HEAD and the config.

        Raises DirtyTree with the changed files, UsageProblem when git refuses or no copy could hold a file,
        TryAgain when another command fetches the same config repository for too long.
        """
        commit = commit_of(self._repository, "HEAD")
        _refuse_dirty(self._repository)
        outside, inside = _parts(tree(self._repository, commit))
        require_pinnable(outside, self._repository)
        code = digest_of_tree(outside)
        if config is not None:
            return self._external(config, code, commit)
        if not inside:
            raise UsageProblem(
                "the checkout has no config/", where=str(self._repository), next="--config PATH"
            )
        require_pinnable(inside, self._repository / IN_TREE)
        pin = Pin(code, digest_of_tree(inside), commit, commit, "in-tree")
        return Checkout(pin, self._repository, self._repository, commit, None)

    def repository_of(self, config: str) -> tuple[Path, str] | None:
        """Where the commits of a config are, and the newest; None if it has none, or names a revision.

        Raises DirtyTree for a directory with changes that are not committed, else as `identify`.
        """
        location, revision = split_revision(config)
        if revision is not None:
            return None
        directory = _directory_at(location)
        if directory is None:
            return self._config_repositories.fetched(location, None)
        root = toplevel(directory)
        if root is None or root.resolve() != directory:
            return None
        _refuse_dirty(directory)
        return directory, commit_of(directory, "HEAD")

    def materialise(self, checkout: Checkout) -> None:
        """Copy code and config to `releases/<id>/` through a temporary directory and one rename.

        Raises UsageProblem when a copy cannot hold a file, DirtyTree when a config directory has changed.
        """
        final = release_directory(self._site, checkout.pin.id)
        if final.is_dir():
            return
        final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=final.parent) as name:
            work = Path(name) / "release"
            outside, inside = _parts(tree(checkout.repository, checkout.pin.commit))
            extract(checkout.repository, outside, work / "code")
            if checkout.pin.config_source == "in-tree":
                top = checkout.repository / IN_TREE
                extract(checkout.repository, inside, work / "config", top=top)
            else:
                _materialise_external(checkout, work / "config")
            sync_directory(work)
            # Another process may have made the copy meanwhile; the same id means the same content.
            with contextlib.suppress(FileExistsError):
                rename_new(work, final)
        sync_directory(final.parent)

    def require_copy(self, release: str) -> None:
        """Raise UsageProblem unless the release's copy is in the site, or comes from the store."""
        existing_copy(self._site, release, self._bring)

    def require_pinnable(self, config: str) -> None:
        """Raise Unpinnable unless a copy can hold the newest commit, or a plain directory as it is."""
        directory = _directory_at(split_revision(config)[0])
        root = toplevel(directory) if directory is not None else None
        if directory is not None and (root is None or root.resolve() != directory):
            _entries_of(directory)
            return
        if directory is not None and not git(directory, "rev-list", "--max-count=1", "--all"):
            return  # nothing is committed yet
        committed = config if split_revision(config)[1] else f"{config}@HEAD"
        with self.loose(committed):  # which makes a copy of the commit
            pass

    @contextlib.contextmanager
    def loose(self, config: str | None) -> Iterator[Path]:
        """The config directory as it is now; for an address or a revision, a temporary copy."""
        if config is None:
            yield self._repository / IN_TREE
            return
        location, revision = split_revision(config)
        directory = _directory_at(location)
        if directory is not None and revision is None:
            yield directory
            return
        with tempfile.TemporaryDirectory(prefix="stagegate-config-") as name:
            if directory is None:
                repository = Path(name) / "repository"
                commit = fetch(parse_address(location), revision, repository)
            else:
                repository, commit = directory, commit_of(directory, revision or "HEAD")
            entries = tree(repository, commit)
            require_pinnable(entries, repository)
            extract(repository, entries, Path(name) / "config")
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
        """Every key of the release's config. Raises UsageProblem if its copy is not there."""
        return settings_in(existing_copy(self._site, release, self._bring) / "config")

    def packages(self, release: str) -> Mapping[str, str]:
        """Every package of the release's locks. Raises UsageProblem if its copy is not there."""
        return packages_in(existing_copy(self._site, release, self._bring) / "code")

    def _external(self, config: str, code: str, commit: str) -> Checkout:
        location, revision = split_revision(config)
        directory = _directory_at(location)
        if directory is None:
            repository, found = self._config_repositories.fetched(location, revision)
        else:
            root = toplevel(directory)
            if root is None or root.resolve() != directory:
                if revision is None:
                    return self._directory(directory, code, commit)
                raise UsageProblem("a revision needs a git repository", where=location, next="--config PATH")
            repository, found = directory, commit_of(directory, revision or "HEAD")
            if revision is None:
                _refuse_dirty(repository)
        entries = tree(repository, found)
        require_pinnable(entries, directory or Path(without_credentials(location)))
        pin = Pin(code, digest_of_tree(entries), commit, found, "repository")
        return Checkout(pin, self._repository, repository, found, None)

    def _directory(self, directory: Path, code: str, commit: str) -> Checkout:
        digest = digest_of_tree(_entries_of(directory))
        pin = Pin(code, digest, commit, digest, "directory")
        return Checkout(pin, self._repository, None, "", directory)


def _entries_of(directory: Path) -> Sequence[Entry]:
    """What a release would hold of a plain directory. Raises UsageProblem, Unpinnable."""
    try:
        entries = tree_of_directory(directory)
    except OSError as problem:
        raise UsageProblem(
            "the config cannot be read", where=str(directory), why=str(problem), next="--config PATH"
        ) from problem
    require_pinnable(entries, directory)
    return entries


def _materialise_external(checkout: Checkout, into: Path) -> None:
    if checkout.config_directory is not None:
        copy_directory(checkout.config_directory, into)
        if digest_of_tree(tree_of_directory(into)) != checkout.pin.config:
            raise DirtyTree("the config changed while it was copied", next="the same command again")
        return
    repository = checkout.config_repository or checkout.repository
    extract(repository, tree(repository, checkout.config_commit), into)


def _parts(entries: Sequence[Entry]) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """The code's entries, and those of `config/` with their paths in it."""
    prefix = f"{IN_TREE}/"
    outside = tuple(entry for entry in entries if not entry.path.startswith(prefix))
    inside = tuple(
        replace(entry, path=entry.path.removeprefix(prefix))
        for entry in entries
        if entry.path.startswith(prefix)
    )
    return outside, inside


def _directory_at(location: str) -> Path | None:
    """The directory, if the location is one; None for an address.

    Refuses a misspelt path: git would try to fetch it, and its error would name another directory.
    """
    if "://" in location:
        return None
    path = Path(location)
    if path.is_dir():
        return path.resolve()
    if not path.exists() and ":" not in location:
        raise UsageProblem(
            "there is no such config",
            where=location,
            why="it is neither a directory nor the address of a repository",
            next="--config PATH-or-url[@rev], or leave it out for the checkout's own",
        )
    return None


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

"""Config repositories that are elsewhere: each is fetched into a bare clone in the site, without a remote."""

import contextlib
import hashlib
import os
import shlex
import shutil
from pathlib import Path

from pipeline.adapters.addresses import Address, parse_address
from pipeline.adapters.file_lock import locked
from pipeline.adapters.git import commit_of, git
from pipeline.core.credentials import without_credentials
from pipeline.core.errors import TryAgain, UsageProblem

_WAIT_S = 120.0
# The remote's HEAD at the last fetch. The clone's own HEAD points to it: so it follows a renamed branch.
_HEAD = "refs/stagegate/head"
_BRANCHES, _TAGS = "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"


class ConfigRepositories:
    """The clones in `<site>/config-repositories`. A fetch waits at most `wait_s` seconds for another one."""

    def __init__(self, site: Path, wait_s: float = _WAIT_S) -> None:
        self._folder = site / "config-repositories"
        self._wait_s = wait_s

    def fetched(self, location: str, revision: str | None) -> tuple[Path, str]:
        """Fetch an address; return its clone, and the commit of the revision or of the remote's HEAD.

        Raises UsageProblem when git refuses, TryAgain when another command is fetching for too long.
        """
        address = parse_address(location)
        name = hashlib.sha256(f"{address.url}\n".encode()).hexdigest()[:16]
        try:
            with locked(self._folder / f".{name}.lock", self._wait_s):
                self._forget_credentials()
                place = self._folder / name
                return place, fetch(address, revision, place)
        except TimeoutError as problem:
            raise TryAgain(
                "another command is fetching this config repository",
                where=without_credentials(address.url),
                why=f"it has not finished within {self._wait_s:g} s",
                next="the same command again",
            ) from problem

    def _forget_credentials(self) -> None:
        """Remove clones of older versions that hold credentials: those kept the whole address as a remote."""
        for settings in self._folder.glob("*/config"):
            # Another command may be removing it, too.
            with contextlib.suppress(FileNotFoundError):
                text = settings.read_text(errors="replace")
                if without_credentials(text) != text:
                    shutil.rmtree(settings.parent)


def fetch(address: Address, revision: str | None, place: Path) -> str:
    """Bring the clone at `place` up to date, creating it if missing; return the full id of the commit.

    Raises UsageProblem with git's last error line, or when there is no such revision.
    """
    named = revision or "HEAD"
    git(place.parent, "init", "--quiet", "--bare", "--template=", "--object-format=sha1", "--", str(place))
    git(place, "symbolic-ref", "HEAD", _HEAD)
    specs = [f"+HEAD:{_HEAD}"] if named.startswith("HEAD") else []
    # No commit is removed that a release of this site may still name.
    options = ["--quiet", "--prune", "--no-tags", "--no-auto-maintenance", "--no-recurse-submodules"]
    options += ["--no-write-fetch-head", "--"]
    try:
        variables = address.variables(os.environ)
        git(place, "fetch", *options, address.url, *specs, _BRANCHES, _TAGS, variables=variables)
    except UsageProblem as problem:
        raise _not_fetched(address, problem) from problem
    return commit_of(place, named)


def _not_fetched(address: Address, problem: UsageProblem) -> UsageProblem:
    shown = without_credentials(address.url)
    if "remote ref HEAD" in problem.why:
        return UsageProblem(
            "the config repository has no default branch",
            where=shown,
            why="its HEAD names a branch that does not exist (any more)",
            next=f"--config {shlex.quote(f'{shown}@BRANCH')}, or let its HEAD name another branch",
        )
    return UsageProblem(
        "the config repository could not be fetched",
        where=shown,
        why=problem.why,
        next=f"git ls-remote {shlex.quote(shown)}",
    )

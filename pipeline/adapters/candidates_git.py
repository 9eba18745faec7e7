"""The revisions of a config in git of which the next release may be made."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.adapters.addresses import split_revision
from pipeline.adapters.git import git
from pipeline.adapters.revisions_git import GitRevisions

# Who has fallen behind by more must be looked at by a person. GitLab clones no more commits than these.
MOST = 20


class GitCandidates:
    """The Candidates port: the first parents of HEAD, which are what was merged, in the order of merging."""

    def __init__(self, revisions: GitRevisions) -> None:
        self._revisions = revisions

    def configs(self, config: str | None) -> Sequence[str | None]:
        """The commits of a config's repository, which is fetched once for all of them."""
        found = self._revisions.repository_of(config) if config is not None else None
        if found is None:
            return (config,)
        location, _ = split_revision(config or "")
        return tuple(f"{location}@{commit}" for commit in _merged(*found))


def _merged(repository: Path, newest: str) -> Sequence[str]:
    listed = git(repository, "rev-list", "--first-parent", f"--max-count={MOST}", newest, "--")
    return tuple(listed.decode().split())

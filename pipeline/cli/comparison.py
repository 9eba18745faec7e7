"""What differs between two releases: commits, config keys, packages."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.cli.render import counted, table
from pipeline.core.difference import Difference, differences
from pipeline.core.release import Commit, Release
from pipeline.ports import Revisions


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences from one release to another. The commits are empty where git does not know both."""

    same_code: bool
    commits: Sequence[Commit]
    config: Sequence[Difference]
    packages: Sequence[Difference]

    def lines(self) -> list[str]:
        """All of them as text."""
        code = "the code is the same" if self.same_code else f"{len(self.commits)} commits"
        commits = [f"  {commit.id[:12]} {commit.subject}" for commit in self.commits]
        return [code, *commits, *_lines("config", self.config), *_lines("packages", self.packages)]

    def summary(self) -> str:
        """How many there are, in one line."""
        code = "the same code" if self.same_code else counted(len(self.commits), "commit")
        config, packages = counted(len(self.config), "config key"), counted(len(self.packages), "package")
        return f"{code}, {config}, {packages}"


def compared(revisions: Revisions, before: Release, after: Release) -> Comparison:
    """The differences between two pinned releases. Raises UsageProblem where a copy is not in the site."""
    return Comparison(
        before.pin.code == after.pin.code,
        revisions.commits_between(before.pin.commit, after.pin.commit),
        differences(revisions.settings(before.id), revisions.settings(after.id)),
        differences(revisions.packages(before.id), revisions.packages(after.id)),
    )


def _lines(title: str, found: Sequence[Difference]) -> list[str]:
    if not found:
        return [f"{title}: no difference"]
    rows = [(d.name, d.before or "-", d.after or "-") for d in found]
    return [f"{title}: {len(found)} differences", *table(("NAME", "BEFORE", "AFTER"), rows)]

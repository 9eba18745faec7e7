"""Config repositories that begin nowhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.errors import UsageProblem


@dataclass(slots=True)
class FakeBeginnings:
    """The Beginnings port: an example of three files. `begun` are the files of each repository by now."""

    begun: dict[Path, dict[str, bytes]] = field(default_factory=dict)

    def example(self) -> Mapping[str, bytes]:
        return {
            "stages/dev.yaml": b"gates: [smoke]\n",
            "README.md": b"The code is in @@CODE_PROJECT@@.\n",
            ".gitlab-ci.yml": b"variables:\n  STAGEGATE_CODE_PROJECT: @@CODE_PROJECT@@\n",
        }

    def begin(self, directory: Path, files: Mapping[str, bytes]) -> str:
        """Keep the files; the commit is always the same."""
        if directory in self.begun:
            raise UsageProblem("this folder is not empty", where=str(directory), next="name another one")
        self.begun[directory] = dict(files)
        return "c" * 40

    def renew(self, directory: Path, files: Mapping[str, bytes]) -> Sequence[str]:
        if directory not in self.begun:
            raise UsageProblem("there is no such folder", where=str(directory), next="promote init config")
        before = self.begun[directory]
        changed = tuple(name for name, data in files.items() if before.get(name) != data)
        before.update(files)
        return changed

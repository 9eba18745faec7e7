"""Gives the build the dependencies that `requirements/runtime.in` names, so that they stand in one place."""

from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface


class RuntimeRequirements(MetadataHookInterface):
    """Reads `requirements/runtime.in`."""

    def update(self, metadata: dict[str, object]) -> None:
        """Set `dependencies`, in place, to the lines of the requirements file that are no comments."""
        lines = Path(self.root, "requirements", "runtime.in").read_text(encoding="utf-8").splitlines()
        metadata["dependencies"] = [line for line in lines if line and not line.startswith("#")]

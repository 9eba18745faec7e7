"""Where secret values lie: target.json and requests to clients name the places, never the values."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file that holds a value."""

    file: Path

    def read(self) -> str:
        """Return the value without its line end. Raises OSError."""
        return self.file.read_text(encoding="utf-8").rstrip("\n")

    def to_json(self) -> dict[str, str]:
        """Return the reference as it stands in target.json."""
        return {"file": str(self.file)}


@dataclass(frozen=True, slots=True)
class SecretVariable:
    """A variable of the environment that holds a value."""

    env: str

    def read(self) -> str:
        """Return the value. Raises LookupError, naming the variable, when it is not set or empty."""
        value = os.environ.get(self.env, "")
        if not value:
            raise LookupError(f"the variable {self.env}, which target.json refers to, is not set")
        return value

    def to_json(self) -> dict[str, str]:
        """Return the reference as it stands in target.json."""
        return {"env": self.env}


SecretReference = SecretFile | SecretVariable

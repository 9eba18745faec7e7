"""The smallest stages that have something of everything: load balancers, databases, identity.

What is about the engine, the plan or the harness is tested on these: they stand in half a minute.
"""

import re
from pathlib import Path

ROLES = ("loadbalancer", "database", "identity")


def cut(config: Path) -> None:
    """Take every other role out of the stages of a copy of the config."""
    for file in (config / "stages").glob("*.yaml"):
        lines = file.read_text().splitlines(keepends=True)
        kept = [line for line in lines if not _of_another(line)]
        assert len(kept) < len(lines), f"{file} has no more roles than these"
        file.write_text("".join(kept))


def _of_another(line: str) -> bool:
    found = re.match(r"  ([a-z-]+): \d", line)
    return found is not None and found[1] not in ROLES

"""A small stand-in for the program ssh: it keeps what hosts are sent, and answers as it is told."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = f"""#!{sys.executable}
import json, os, pathlib, sys

folder = pathlib.Path(__file__).parent
host = sys.argv[3]  # behind -F and the configuration
program, request = sys.stdin.buffer, None
length = program.readline()
if length:
    program.read(int(length))
    request = json.loads(program.read())
(folder / f"ssh-{{host}}-{{os.getpid()}}.json").write_text(json.dumps([sys.argv[1:], request]))
answers = folder / "ssh-answers.json"
answer = json.loads(answers.read_text()).get(host, {{}}) if answers.exists() else {{}}
facts = {{fact["name"]: {{"rc": 1, "stdout": ""}} for fact in (request or {{}}).get("facts", [])}}
reply = {{"ok": True, "refused": None, "error": None, "changes": [], "facts": facts, **answer}}
status = reply.pop("status", 0)
print("" if status else json.dumps(reply))
sys.exit(status)
"""


@dataclass(frozen=True, slots=True)
class Ssh:
    """The stand-in, in a folder of its own."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> Ssh:
        program = folder / "ssh"
        program.write_text(PROGRAM)
        program.chmod(0o755)
        return cls(folder)

    def answer(self, **answers: dict[str, Any]) -> None:
        """What hosts (their names with _ for -) reply, and with `status` how ssh ends."""
        by_name = {name.replace("_", "-"): answer for name, answer in answers.items()}
        (self.folder / "ssh-answers.json").write_text(json.dumps(by_name))

    def argvs(self) -> list[list[str]]:
        return [json.loads(path.read_text())[0] for path in sorted(self.folder.glob("ssh-*-*.json"))]

    def requests(self, host: str) -> list[dict[str, Any]]:
        """What the host's applier was sent."""
        found = [json.loads(path.read_text())[1] for path in self.folder.glob(f"ssh-{host}-*.json")]
        return [request for request in found if request is not None]

"""A small stand-in for the program ssh: it keeps what hosts are sent, and answers as it is told."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = """\
import json, os, sys  # no pathlib, which would be a third of its time

folder = os.path.dirname(__file__)
if "-O" in sys.argv:  # every host has a warm connection already
    sys.exit()
words = sys.argv[1:]
while words[0].startswith("-"):  # -F and the configuration, options
    words = words[2:]
host = words[0]
config = sys.argv[sys.argv.index("-F") + 1] if "-F" in sys.argv else ""
if os.path.isfile(config):
    with open(config) as file:
        known = [line.split()[1] for line in file if line.startswith("Host ")]
    if known and host not in known:
        sys.exit(255)  # as where ssh can't resolve the name
answers = os.path.join(folder, "ssh-answers.json")
answer = {}
if os.path.exists(answers):
    with open(answers) as file:
        answer = json.load(file).get(host, {})
program, request = sys.stdin.buffer.read(), None
if answer.pop("lacks_applier", False) and "import applier" in sys.argv[-1]:
    sys.exit(96)
length, _, rest = program.partition(b"\\n")
if length.isdigit():
    request = json.loads(rest[int(length):])
elif program:
    request = json.loads(program)
with open(os.path.join(folder, f"ssh-{host}-{os.getpid()}.json"), "w") as file:
    json.dump([sys.argv[1:], request], file)
facts = {fact["name"]: {"rc": 1, "stdout": ""} for fact in (request or {}).get("facts", [])}
reply = {"ok": True, "refused": None, "error": None, "changes": [], "facts": facts, **answer}
status, says = reply.pop("status", 0), reply.pop("says", None)
print(json.dumps(reply) if says is None and not status else says or "", end="" if says else "\\n")
sys.exit(status)
"""


@dataclass(frozen=True, slots=True)
class Ssh:
    """The stand-in, in a folder of its own."""

    folder: Path

    def answer(self, **answers: dict[str, Any]) -> None:
        """What hosts (their names with _ for -) reply; `status` is how ssh ends, `says` what a
        program on the host prints that is not the applier.

        With `lacks_applier` a host finds no applier of its own and has to be sent one.
        """
        by_name = {name.replace("_", "-"): answer for name, answer in answers.items()}
        (self.folder / "ssh-answers.json").write_text(json.dumps(by_name))

    def argvs(self) -> list[list[str]]:
        return [json.loads(path.read_text())[0] for path in sorted(self.folder.glob("ssh-*-*.json"))]

    def requests(self, host: str) -> list[dict[str, Any]]:
        """What the host's applier was sent."""
        found = [json.loads(path.read_text())[1] for path in self.folder.glob(f"ssh-{host}-*.json")]
        return [request for request in found if request is not None]

"""Small stand-ins for ssh-keyscan and ssh: machines that show a host key and report as they are told."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from stand_in import install

KEYSCAN = """\
import json, pathlib, sys
told = json.loads((pathlib.Path(__file__).parent / "machines.json").read_text())
address = sys.argv[-1]
key = told.get(address, {}).get("key")
print(f"# {address}:22 SSH-2.0-OpenSSH_9.2p1", file=sys.stderr)
if key is None:
    sys.exit(1)
print(f"{address} ssh-rsa AAAAB3NzaC1yc2E=")
print(f"{address} {key}")
"""
SSH = """\
import json, pathlib, re, sys, time
folder = pathlib.Path(__file__).parent
words = sys.argv[1:]
while words[0].startswith("-"):
    words = words[2:]
host, config = words[0], pathlib.Path(sys.argv[2])
own = config.read_text().split(f"Host {host}\\n")[1].split("Host ")[0]
address = own.split("HostName ")[1].split()[0]
told = json.loads((folder / "machines.json").read_text())[address]
pinned = (config.parent / "known_hosts").read_text()
assert told["key"] in pinned, pinned
if words[1:] == ["sudo -n true"]:
    sys.exit(told.get("sudo"))
if words[1:] != ["sh -s"]:  # whose host it is
    print(told.get("is", "owner="))
    sys.exit()
program = sys.stdin.read()
assert "changes nothing" in program
(folder / f"asked-{host}").write_text(program)
if "refuses" in told:
    print(told["refuses"], file=sys.stderr)
    sys.exit(255)
# A clock goes on until it is read, however long this machine took to get here.
print(re.sub("^clock=.*", f"clock={time.time()}", told["report"], flags=re.MULTILINE))
"""


def key(number: int) -> str:
    """A host key that no other machine has."""
    return f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA{number:02d}"


def report(at: str, **changed: str) -> str:
    """What a sound machine reports, with some of it changed."""
    lines = {
        "clock": f"{time.time():.3f}",
        "system": "debian:bookworm",
        "pretty": "Debian GNU/Linux 12 (bookworm)",
        "systemd": "yes",
        "address": f"ens3 {at}/24",
        "memory_kb": "8000000",
        "room": "/ 4096 2000000 1500000 1000000 900000",
        **changed,
    }
    return "\n".join((*(f"{name}={value}" for name, value in lines.items()), "end="))


@dataclass(frozen=True, slots=True)
class Racked:
    """The stand-ins, in a folder that comes first on PATH."""

    folder: Path

    @classmethod
    def made_in(cls, folder: Path) -> "Racked":
        install(folder, "ssh-keyscan", KEYSCAN)
        install(folder, "ssh", SSH)
        return cls(folder)

    def are(self, machines: dict[str, dict[str, str]]) -> None:
        """The machines, by address: `key`, `report` or how ssh `refuses`, and whose host it `is`."""
        (self.folder / "machines.json").write_text(json.dumps(machines))

    def asked(self) -> list[str]:
        """The hosts whose machines were asked what they are."""
        return sorted(path.name.removeprefix("asked-") for path in self.folder.glob("asked-*"))

"""systemd units of a component on a host, and what answers beside them."""

import shlex
from collections.abc import Sequence
from urllib.parse import urlsplit

from suites.hosts.host import Output
from suites.hosts.observation import Observation
from suites.hosts.reading import Reading

# python3 is on every host; curl and socat need not be. Of an answer only the status is wanted, and to load
# urllib takes 70 ms of CPU, on each API host at each look.
GET = """
import socket, sys
host, port, path = sys.argv[1:]
try:
    with socket.create_connection((host, int(port)), timeout=5) as s:
        s.sendall(f"GET {path} HTTP/1.0\\r\\nHost: {host}:{port}\\r\\nConnection: close\\r\\n\\r\\n".encode())
        line = s.makefile("rb").readline().decode("latin-1").split()
    print(line[1] if len(line) > 1 and line[0].startswith("HTTP/") else f"not HTTP: {line}")
except OSError as e: print(e)
"""


def running(units: Sequence[str], *, url: str | None = None) -> Reading:
    """Return the reading of whether all units run and, where a URL is given, whether it answers 200."""
    names = " ".join(shlex.quote(unit) for unit in units)
    script = f"systemctl is-active {names}"
    if url is not None:
        script += f"; echo ---; {getting(url)}"
    return Reading(script, lambda output: judge(units, url, output))


def getting(url: str) -> str:
    """Return the script that prints the status with which an http URL is answered, or why it is not."""
    parts = urlsplit(url)
    return shlex.join(
        ["python3", "-I", "-c", GET, parts.hostname or "", str(parts.port or 80), parts.path or "/"]
    )


def judge(units: Sequence[str], url: str | None, output: Output) -> Observation:
    """Say what the output of the script of `running` means."""
    states_text, _, answer = output.stdout.partition("---\n")
    states = dict(zip(units, states_text.split(), strict=False))
    wrong = [f"{unit} is {states.get(unit, 'unknown')}" for unit in units if states.get(unit) != "active"]
    if url is not None and answer.strip() != "200":
        wrong.append(f"{url} answers {answer.strip() or output.stderr.strip() or 'nothing'}")
    if wrong:
        return Observation(holds=False, seen=", ".join(wrong))
    running = f"{', '.join(units)} active"
    return Observation(holds=True, seen=running if url is None else f"{running}, {url} answers 200")

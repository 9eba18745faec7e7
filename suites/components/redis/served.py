"""A client of each Redis and each Sentinel: with the password it is answered, without it is not."""

import shlex

from suites.components.redis.member import script
from suites.hosts.host import Host
from suites.hosts.places import REDIS, SENTINEL
from suites.hosts.reading import Observation

# A read, which a replica without its master's data may refuse; and what is answered of a key that nobody set.
QUESTIONS = {REDIS: ("EXISTS", "stagegate-nobody"), SENTINEL: ("PING",)}
ANSWERS = {REDIS: "0", SENTINEL: "PONG"}
REFUSAL = "NOAUTH"


def asking(host: Host) -> str:
    """Return the script that prints a line for each port: without the password first, then with it."""
    parts = []
    for port, question in QUESTIONS.items():
        cli = ["timeout", "5", "redis-cli", "-h", host.address, "-p", str(port), *question]
        parts.append(f"env -u REDISCLI_AUTH {shlex.join(cli)}")
    parts += [script(host, port, *question) for port, question in QUESTIONS.items()]
    return "; ".join(f'echo "$({part} 2>&1 | head -n 1)"' for part in parts)


def served(printed: str) -> Observation:
    """Say whether a host's Redis and Sentinel answer a client with the password, and refuse one without."""
    lines = printed.splitlines()
    if len(lines) != 2 * len(QUESTIONS):
        return Observation(holds=False, seen=f"{len(lines)} answers to {2 * len(QUESTIONS)} questions")
    strangers, clients = lines[: len(QUESTIONS)], lines[len(QUESTIONS) :]
    wrong = [
        f"port {port} tells a client without the password {said or 'nothing'}"
        for port, said in zip(QUESTIONS, strangers, strict=True)
        if not said.startswith(REFUSAL)
    ]
    wrong += [
        f"port {port} tells a client with the password {said or 'nothing'}"
        for port, said in zip(QUESTIONS, clients, strict=True)
        if said != ANSWERS[port]
    ]
    ports = " and ".join(str(port) for port in QUESTIONS)
    return Observation(not wrong, "; ".join(wrong) or f"ports {ports} answer with the password alone")

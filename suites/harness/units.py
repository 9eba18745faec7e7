"""systemd units of a component on a host, and what answers beside them."""

import shlex
from collections.abc import Sequence

from suites.harness.hosts import Host, Output
from suites.harness.observation import Observation

# python3 is on every host; curl and socat need not be.
GET = (
    "import sys,urllib.request as r\n"
    "o=r.build_opener(r.ProxyHandler({}),r.HTTPErrorProcessor())\n"
    "try: print(o.open(sys.argv[1],timeout=5).status)\n"
    "except r.HTTPError as e: print(e.code)\n"
    "except OSError as e: print(e)\n"
)


def look(host: Host, units: Sequence[str], *, url: str | None = None) -> Observation:
    """Say whether all units run and, where a URL is given, whether it answers 200 on the host itself.

    One command. Raises ReadingFailed when the host can't be reached.
    """
    names = " ".join(shlex.quote(unit) for unit in units)
    script = f"systemctl is-active {names}"
    if url is not None:
        script += f"; echo ---; python3 -I -c {shlex.quote(GET)} {shlex.quote(url)}"
    return judge(units, url, host.ask(script))


def judge(units: Sequence[str], url: str | None, output: Output) -> Observation:
    """Say what the output of `look`'s script means."""
    states_text, _, answer = output.stdout.partition("---\n")
    states = dict(zip(units, states_text.split(), strict=False))
    wrong = [f"{unit} is {states.get(unit, 'unknown')}" for unit in units if states.get(unit) != "active"]
    if url is not None and answer.strip() != "200":
        wrong.append(f"{url} answers {answer.strip() or output.stderr.strip() or 'nothing'}")
    if wrong:
        return Observation(holds=False, seen=", ".join(wrong))
    running = f"{', '.join(units)} active"
    return Observation(holds=True, seen=running if url is None else f"{running}, {url} answers 200")

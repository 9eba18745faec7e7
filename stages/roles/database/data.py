#!/usr/bin/python3 -IS
"""The data of a Galera member: where they end, and whether a start may lose them to a state transfer.

position  prints UUID:SEQNO of the last write of a stopped server; zeros if it was in no cluster
guard     before each start of the server: exits 1 if it would join a cluster that these data are not of
discard   lets the next start lose them: a person chose another member's data

A member that joins takes the cluster's data for its own. Galera itself refuses one that is ahead of the
cluster, but not one that was in another cluster, or in none. Where no peer serves, nothing is refused: a
cluster that comes later was formed by what each member had to say.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from json import loads
from pathlib import Path

POSITION = r"([0-9a-f-]{36}):(-?\d+)"
NONE = "00000000-0000-0000-0000-000000000000"
PORT, RECOVER = 9200, 90  # seconds
BY_HAND = "`promote bootstrap` shows what each member has: docs/operate.md, 'All databases are down'"
FRESH = "stopped fresh"
RECOVERY = ("mariadbd", "--user=mysql", "--wsrep-recover", "--log-error=/dev/stderr")
# Short, because each start waits for it; without --fail, because one that takes no writes answers, too.
CURL = ("curl", "--silent", "--max-time", "2")


class DataError(Exception):
    """What is not done, and why."""


def saved_position(saved: str) -> str | None:
    """UUID:SEQNO of the last write, from the text of grastate.dat; None after a crash."""
    known = dict(re.findall(r"^(\w+):\s*(\S+)", saved, re.MULTILINE))
    return f"{known['uuid']}:{known['seqno']}" if int(known.get("seqno", -1)) >= 0 else None


def cluster_of(answers: Iterable[str]) -> str:
    """The UUID of the cluster that the first serving member names; empty if none does."""
    for answer in answers:
        seen = dict(part.partition("=")[::2] for part in answer.split())
        if seen.get("wsrep_ready") == "ON" and "wsrep_cluster_state_uuid" in seen:
            return seen["wsrep_cluster_state_uuid"]
    return ""


class Data:
    """The data below `root`; `programs` is where galera-member is."""

    def __init__(self, root: Path, programs: Path) -> None:
        self.member, self.program = programs / "galera-member", programs / "galera-data"
        self.saved = root / "var/lib/mysql/grastate.dat"
        self.receiving = root / "var/lib/mysql/sst_in_progress"  # what was here is lost already
        self.discarded = root / "run/stagegate/galera-discarded"
        self.founding = root / "run/mariadb-wsrep-new-cluster"  # MariaDB 10.11.19's; the older has a variable

    def position(self) -> str:
        """Where the data end. Raises DataError while a server runs, and if that is not known."""
        runs = _ran("systemctl", "is-active", "mariadb").stdout.strip()
        if runs not in {"inactive", "failed"}:
            raise DataError(f"where the data end is not known: mariadb is {runs}")
        if position := saved_position(self._record()):
            return position
        log = _ran(*RECOVERY, within=RECOVER).stderr
        if found := re.findall(rf"Recovered position: {POSITION}", log):
            return ":".join(found[-1])
        raise DataError(f"where the data end is not known: {BY_HAND}\n{log[-2000:]}")

    def guard(self, environment: Mapping[str, str]) -> None:
        """Raise DataError if the server would join a cluster that these data are not of."""
        discarded = self.discarded.exists()
        self.discarded.unlink(missing_ok=True)
        if environment.get("_WSREP_NEW_CLUSTER"):
            self._found()
            return
        if discarded or self.receiving.exists():
            return
        own = self._own(environment)
        if own == NONE and (not self._peers() or _ran(self.member, "state").stdout.strip() == FRESH):
            return
        theirs = self._theirs()
        if theirs and own == NONE:  # a lost record; this takes seconds, so only a start that needs it waits
            own = self._recovered()
        if theirs and theirs != own:
            of = "no cluster, as a restored backup has" if own == NONE else f"cluster {own}"
            raise DataError(
                f"the data here are of {of}, and the peers are cluster {theirs}, whose state transfer would "
                f"replace them. {BY_HAND}. To discard them: {self.program} discard"
            )

    def _found(self) -> None:
        """Raise DataError if a peer serves: what asks for a new cluster was left by a killed bootstrap.

        Then nothing asks for one any more, and the next start joins the peers.
        """
        if theirs := self._theirs():
            _ran("systemctl", "unset-environment", "_WSREP_NEW_CLUSTER")
            self.founding.unlink(missing_ok=True)
            raise DataError(
                f"this start was to found a cluster, and the peers are one already ({theirs}). "
                "To join them: systemctl start mariadb"
            )

    def discard(self) -> None:
        """Let the next start lose the data."""
        self.discarded.parent.mkdir(exist_ok=True)
        self.discarded.touch()

    def _own(self, environment: Mapping[str, str]) -> str:
        """The UUID of the cluster that the data are of: as an older unit has found it, else as recorded."""
        recovered = re.search(POSITION, environment.get("_WSREP_START_POSITION", ""))
        recorded = re.search(r"^uuid: *([0-9a-f-]{36})", self._record(), re.MULTILINE)
        found = [match[1] for match in (recovered, recorded) if match and match[1] != NONE]
        return found[0] if found else NONE

    def _recovered(self) -> str:
        log = _ran(*RECOVERY, within=RECOVER).stderr
        found = re.findall(rf"Recovered position: {POSITION}", log)
        return found[-1][0] if found else NONE

    def _theirs(self) -> str:
        urls = (f"http://{address}:{PORT}/" for address in self._peers().values())
        return cluster_of(_ran(*CURL, url).stdout for url in urls)

    def _peers(self) -> dict[str, str]:
        settings = loads(self.member.with_suffix(".json").read_text())
        return {name: address for name, address in settings["members"].items() if name != settings["name"]}

    def _record(self) -> str:
        return self.saved.read_text() if self.saved.exists() else ""


def _ran(*argv: str | Path, within: float | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, timeout=within, check=False)


def main() -> None:
    """Run the verb that the command line names."""
    data = Data(Path("/"), Path(__file__).parent)
    match sys.argv[1:]:
        case ["position"]:
            sys.stdout.write(f"{data.position()}\n")
        case ["guard"]:
            data.guard(os.environ)
        case ["discard"]:
            data.discard()
        case _:
            sys.exit("usage: galera-data position | guard | discard")


if __name__ == "__main__":
    try:
        main()
    except (DataError, subprocess.TimeoutExpired) as error:
        sys.exit(str(error))

#!/usr/bin/python3 -IS
"""How long writes to the database stall: writes a row every 0.1 s until stdin ends, prints the longest wait.

write-stalls KEY CLIENT   KEY is the row's, CLIENT the option file of an account of the database

It writes as services do, through the load balancers, into a table that is there for such rows; the row is
removed at the end. A write that fails is begun again, as its client would, and its wait goes on. Printed is
JSON: `longest_s`, `writes`, `failed` (that were begun again), and `unended`, if the last got no answer.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time

EVERY, PAUSE = 0.1, 0.2  # seconds between two writes, and before a failed one is begun again
LAST = 60.0  # seconds for the last one, once nobody needs more of them
WRITE = "REPLACE INTO stagegate.applied VALUES ('stall/{key}', '{number}'); SELECT {number};\n"
REMOVE = "DELETE FROM stagegate.applied WHERE name = 'stall/{key}'; SELECT 'removed';\n"


class Writer:
    """A connection to the database, opened again where it was lost."""

    def __init__(self, client: str) -> None:
        self.argv = ("mariadb", f"--defaults-extra-file={client}", "--batch", "--skip-column-names")
        self.process: subprocess.Popen[str] | None = None

    def answers(self, statement: str, expected: str, within: float) -> bool | None:
        """Whether it was answered; False if the connection was lost, None if nothing came in this time.

        After None, an empty statement goes on waiting for the same answer.
        """
        if self.process is None:
            self.process = subprocess.Popen(
                (*self.argv, "--unbuffered"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        asked, answer = self.process.stdin, self.process.stdout
        if asked is None or answer is None:
            raise ValueError("the client has no pipes")
        try:
            asked.write(statement)
            asked.flush()
        except BrokenPipeError:
            return self._lost()
        if not select.select([answer], [], [], within)[0]:
            return None
        return answer.readline().strip() == expected or self._lost()

    def close(self) -> None:
        """End the connection."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _lost(self) -> bool:
        self.close()
        return False


class Stalls:
    """The waits for writes of one row."""

    def __init__(self, key: str, writer: Writer) -> None:
        self.key, self.writer = key, writer
        self.longest, self.writes, self.failed = 0.0, 0, 0

    def write(self) -> bool:
        """Write once, however long it takes; False if it got no answer long after stdin has ended."""
        began, asked_to_end = time.monotonic(), None
        number = self.writes + 1
        statement = WRITE.format(key=self.key, number=number)
        while not (answered := self.writer.answers(statement, str(number), EVERY)):
            if answered is None:
                statement = ""
            else:
                self.failed += 1
                statement = WRITE.format(key=self.key, number=number)
                time.sleep(PAUSE)
            if asked_to_end is None and ended(0):
                asked_to_end = time.monotonic()
            if asked_to_end is not None and time.monotonic() - asked_to_end > LAST:
                break
        self.longest = max(self.longest, time.monotonic() - began)
        self.writes += bool(answered)
        return bool(answered)

    def watch(self) -> dict[str, float | int | bool]:
        """Write until stdin ends; what was found."""
        answered = self.write()
        while answered and not ended(EVERY):
            answered = self.write()
        if answered:
            self.writer.answers(REMOVE.format(key=self.key), "removed", LAST)
        self.writer.close()
        return {
            "longest_s": round(self.longest, 2),
            "writes": self.writes,
            "failed": self.failed,
            "unended": not answered,
        }


def ended(within: float) -> bool:
    """Whether stdin has ended, at the latest after this time; nobody writes to it."""
    return bool(select.select([sys.stdin], [], [], within)[0])


def main(key: str, client: str) -> None:
    """Watch, and print what was found."""
    sys.stdout.write(json.dumps(Stalls(key, Writer(client)).watch()) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

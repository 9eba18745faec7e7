#!/usr/bin/python3 -IS
"""Writes into a file whether the HAProxy of this host answers, for keepalived: 0 while it does, else 1.

keepalived can run a command for this by itself, but then it starts a process each second. On a busy machine
that took it up to 16 s, in which it sent no advertisement and lost the VIP. It is told of a changed file, and
starts nothing. This program starts nothing either: it sends each request itself.
"""

from __future__ import annotations

import argparse
import http.client
import sys
import time
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Verdict:
    """Whether HAProxy counts as answering, and how many requests in a row have said otherwise."""

    answers: bool
    against: int = 0

    def after(self, *, answered: bool, fall: int, rise: int) -> Verdict:
        """The verdict after one more request: `fall` failures in a row, or `rise` successes, change it."""
        if answered == self.answers:
            return replace(self, against=0)
        against = self.against + 1
        if against < (fall if self.answers else rise):
            return replace(self, against=against)
        return Verdict(answered)

    @property
    def text(self) -> str:
        """What keepalived reads: anything but 0 is a failure."""
        return "0\n" if self.answers else "1\n"


def read(file: Path) -> Verdict:
    """The verdict that was written last since the host started; until there is one, it does not answer."""
    return Verdict(answers=file.exists() and file.read_text() == Verdict(answers=True).text)


def ask(url: str, within: float) -> bool:
    """Whether there is an answer in time. A frozen HAProxy has a process and an open port but gives none."""
    try:
        with urllib.request.urlopen(url, timeout=within):  # noqa: S310 - the address is in the unit
            return True
    except (OSError, http.client.HTTPException):
        return False


def watch(options: argparse.Namespace) -> None:
    """Ask for ever: each request begins one interval after the one before, or when that has ended."""
    verdict = read(options.file)
    while True:
        began = time.monotonic()
        seen = verdict.after(answered=ask(options.url, options.timeout), fall=options.fall, rise=options.rise)
        if seen.answers != verdict.answers:
            # In place: keepalived watches for a file that was written to and closed.
            options.file.write_text(seen.text)
            sys.stdout.write("HAProxy answers\n" if seen.answers else "HAProxy does not answer\n")
            sys.stdout.flush()
        verdict = seen
        time.sleep(max(0.0, options.interval - (time.monotonic() - began)))


def main() -> None:
    """Read the timers, all in seconds, and watch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--file", required=True, type=Path)
    parser.add_argument("--interval", required=True, type=float)
    parser.add_argument("--timeout", required=True, type=float)
    parser.add_argument("--fall", required=True, type=int)
    parser.add_argument("--rise", required=True, type=int)
    watch(parser.parse_args())


if __name__ == "__main__":
    main()

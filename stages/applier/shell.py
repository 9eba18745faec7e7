"""Runs programs on the host."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import urllib.parse


class Shell:
    """Runs programs in a minimal environment, and removes secrets from their output."""

    def __init__(self, secrets: dict[str, str]) -> None:
        self.secrets = secrets

    def scrub(self, text: str) -> str:
        """The text with every secret removed: its whole value, its lines, its percent-encoded form."""
        values = set(self.secrets.values())
        # Shorter lines, such as a bracket, would match everywhere.
        values |= {line.strip() for value in values for line in value.splitlines() if len(line.strip()) > 3}  # noqa: PLR2004
        values |= {urllib.parse.quote(value, safe="") for value in values}
        for value in sorted(filter(None, values), key=len, reverse=True):
            text = text.replace(value, "[secret]")
        return text

    def run(
        self, argv: list[str], within: float, env: dict[str, str] | None = None, keep: tuple[int, ...] = ()
    ) -> tuple[int, str, str]:
        """Exit status, scrubbed stdout and stderr; 127 when not started, 124 (group killed) on timeout."""
        path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        plain = {"PATH": path.lstrip(":"), "LANG": "C.UTF-8", "HOME": "/root", **(env or {})}
        try:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=plain,
                start_new_session=True,
                pass_fds=keep,
            )
        except OSError as error:
            return 127, "", self.scrub(f"{argv[0]}: {error.strerror}")
        out, err = b"", b""
        try:
            out, err = child.communicate(timeout=within)
            code = child.returncode
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            with contextlib.suppress(
                subprocess.TimeoutExpired
            ):  # a process outside the group holds the pipes
                out, err = child.communicate(timeout=5)
            code, err = 124, err + f"\nkilled after {within:g} s".encode()
        return code, self.scrub(out.decode(errors="replace")), self.scrub(err.decode(errors="replace"))

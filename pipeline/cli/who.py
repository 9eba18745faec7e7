"""Who gave a command, for the record."""

import getpass
import socket


def who() -> str:
    """`user@host` of this process."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a uid without a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"

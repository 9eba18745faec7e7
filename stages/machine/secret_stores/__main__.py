"""Prints the value that a reference names: `python -m stages.machine.secret_stores vault:MOUNT/PATH#KEY`.

For programs that do not read stores themselves. The value goes to stdout as it is. If there is none, it
exits with 1, or with 75 if it may be there later, and stderr has one line, `why (next: command)`.
"""

import os
import sys

from stages.machine.references import Reference
from stages.machine.secret_stores.opening import opened
from stages.machine.secret_stores.store import Unread

NO_VALUE, LATER = 1, 75


def main(text: str) -> int:
    """Print the value; return the exit status."""
    try:
        reference = Reference.parse(text)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return NO_VALUE
    with opened(os.environ) as stores:
        found = stores.read(reference)
    if isinstance(found, Unread):
        told = reference.unusable("it", found.why, found.next)
        sys.stderr.write(f"{told.why} (next: {told.next})\n")
        return LATER if found.transient else NO_VALUE
    sys.stdout.write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))

"""`python -m suites.clients.client_main MODULE`: one JSON request on stdin, one JSON answer on stdout.

The module is a client: its function `answer` takes the values of the request as arguments.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping

import yaml
from pydantic import validate_call


def account() -> Mapping[str, str]:
    """Return the names of OS_CLOUD's user, project and their domains, from OS_CLIENT_CONFIG_FILE.

    openstacksdk would read the same, but first load all its services: a second of CPU per client.
    Raises OSError, KeyError.
    """
    with open(os.environ["OS_CLIENT_CONFIG_FILE"], encoding="utf-8") as file:  # noqa: PTH123 - a path as text
        auth: Mapping[str, str] = yaml.safe_load(file)["clouds"][os.environ["OS_CLOUD"]]["auth"]
    return auth


def main(module: str) -> int:
    """Answer one request; return the exit status: 0, or 1 after one line on stderr that says what failed."""
    try:
        answer: Callable[..., Mapping[str, object]] = importlib.import_module(module).answer
        reply = validate_call(answer)(**json.load(sys.stdin))
    except Exception as error:  # noqa: BLE001 - the check reports any failure of a client
        # Only the type and the first line: a traceback may show arguments, which may be secrets.
        first = str(error).strip().splitlines()[:1]
        sys.stderr.write(f"{type(error).__name__}: {''.join(first)}\n")
        return 1
    json.dump(reply, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

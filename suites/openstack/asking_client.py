"""A client that sends GET requests to APIs as the administrator, one after another, until its stdin ends.

The first line is `{"access": …}`. Each further line is `{"url": url, "headers": {…}}` and gets one line:
`{"status": number, "document": the JSON of the answer, or null}`, or `{"error": text}` without an answer.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from keystoneauth1 import exceptions, session

from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in

WITHIN = 6


def ask(client: session.Session, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the answer of one API, or why there is none."""
    try:
        answer = client.get(url, headers=dict(headers), timeout=WITHIN, raise_exc=False)
    except exceptions.ClientException as error:
        return {"error": f"{type(error).__name__}: {''.join(str(error).splitlines()[:1])}"}
    try:
        document = answer.json()
    except ValueError:
        document = None
    return {"status": answer.status_code, "document": document}


def main() -> int:
    """Answer requests until stdin ends; return the exit status."""
    client = signed_in(Access.model_validate(json.loads(sys.stdin.readline())["access"]))
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.write(json.dumps(ask(client, asked["url"], asked.get("headers", {}))) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())

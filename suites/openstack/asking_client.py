"""A client that sends requests to APIs as the administrator, one after another, until its stdin ends.

The first line is `{"access": …}`. Each further line is a request and gets one line.
Request: `{"method", "url", "headers": {…}}`, and if wanted `"document"` (sent as JSON), `"content"` (sent as
bytes, here in base64), `"token"` (sent instead of the administrator's own) and `"within"`, seconds.
Answer: `{"status": number, "document": the JSON of the answer, or null, "sha512": of its body}`, or
`{"error": text}` without an answer.
The request `{"own_token": true}` gets `{"token": text}`: the administrator's own. Nothing else has a token.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Mapping
from typing import Any

from keystoneauth1 import exceptions, session

from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in

WITHIN = 6
BYTES = "application/octet-stream"


def ask(client: session.Session, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a request got, or why it got nothing."""
    try:
        if asked.get("own_token"):
            return {"token": client.get_token()}
        answer = client.request(asked["url"], asked.get("method", "GET"), **_sent(asked))
    except exceptions.ClientException as error:
        return {"error": f"{type(error).__name__}: {''.join(str(error).splitlines()[:1])}"}
    try:
        document = answer.json()
    except ValueError:
        document = None
    sha512 = hashlib.sha512(answer.content).hexdigest()
    return {"status": answer.status_code, "document": document, "sha512": sha512}


def _sent(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the session is told besides the URL."""
    headers = dict(asked.get("headers", {}))
    sent: dict[str, Any] = {
        "headers": headers,
        "timeout": asked.get("within", WITHIN),
        "raise_exc": False,
    }
    if (token := asked.get("token")) is not None:
        headers["X-Auth-Token"] = token
        sent["authenticated"] = False
    if (content := asked.get("content")) is not None:
        headers["Content-Type"] = BYTES
        sent["data"] = base64.b64decode(content)
    elif (document := asked.get("document")) is not None:
        sent["json"] = document
    return sent


def main() -> int:
    """Answer requests until stdin ends; return the exit status."""
    client = signed_in(Access.model_validate(json.loads(sys.stdin.readline())["access"]))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(ask(client, json.loads(line))) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())

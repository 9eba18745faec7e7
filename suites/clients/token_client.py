"""A real identity client: gets a token from one endpoint and validates it at others.

Request: `{"issue": url, "validate_at": [urls], "password": {"file"} or {"env"}}`.
Answer: `{"user", "token": digest, "valid": {url: user or the error}, "catalog": {interface: url}}`.
The account comes from OS_CLIENT_CONFIG_FILE and OS_CLOUD; the request says where its password is read.
The answer never contains the token itself.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from keystoneauth1 import exceptions, identity, session

from suites.clients.client_main import account
from suites.seam.target import SecretReference

WITHIN = 10
SHORT = 8


def answer(issue: str, validate_at: list[str], password: SecretReference) -> Mapping[str, object]:
    """Get a token and validate it. Raises keystoneauth1's exceptions if no token is issued."""
    auth = password_of_cloud(issue, password)
    client = session.Session(auth=auth, timeout=WITHIN)
    access = auth.get_access(client)
    token = access.auth_token
    if token is None:
        raise LookupError("the answer holds no token")
    catalog = {
        endpoint["interface"]: endpoint["url"]
        for service in access.service_catalog.catalog
        if service["type"] == "identity"
        for endpoint in service["endpoints"]
    }
    return {
        "user": access.username,
        "token": hashlib.sha256(token.encode()).hexdigest()[:SHORT],
        "valid": {url: _shown(client, url, token) for url in validate_at},
        "catalog": catalog,
    }


def password_of_cloud(url: str, password: SecretReference) -> identity.V3Password:
    """Return the login of OS_CLIENT_CONFIG_FILE and OS_CLOUD, with its password read by reference."""
    settings = account()
    wanted = ("username", "user_domain_name", "user_domain_id", "project_name")
    domains = ("project_domain_name", "project_domain_id")
    arguments: dict[str, Any] = {name: settings[name] for name in (*wanted, *domains) if name in settings}
    return identity.V3Password(auth_url=url, password=password.read(), **arguments)


def _shown(client: session.Session, url: str, token: str) -> str:
    headers = {"X-Subject-Token": token, "X-Auth-Token": token}
    try:
        response = client.get(f"{url}/auth/tokens", headers=headers, authenticated=False)
    except exceptions.ClientException as error:
        return str(error).splitlines()[0]
    name = response.json()["token"]["user"]["name"]
    return str(name)

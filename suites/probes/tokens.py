"""Tokens: taken by password, shown again; and the version that Keystone tells without one."""

import json
from contextlib import ExitStack

from suites.clients.client_main import account
from suites.probes.asking import http_client
from suites.probes.loop import Connect, RefusedError
from suites.probes.order import Order
from suites.probes.spec import TIMEOUT_S, TOKEN_TIMEOUT_S, Kind
from suites.seam.target import SecretReference

JSON = {"Content-Type": "application/json"}


def connecting(order: Order, made: ExitStack) -> Connect:
    """Return how connections are made. A token that requests show is taken now. Raises as `take_token`."""
    del made
    if order.kind is Kind.HTTP:
        return lambda: http_client(order.at, TIMEOUT_S)
    tokens, body = f"{order.at}/auth/tokens", password_request(order.password)
    if order.kind is Kind.ISSUE:
        return lambda: http_client(tokens, TOKEN_TIMEOUT_S, "POST", JSON, body)
    token = take_token(order.at, body, 10 * TIMEOUT_S)
    shown = {"X-Auth-Token": token, "X-Subject-Token": token}
    return lambda: http_client(tokens, TOKEN_TIMEOUT_S, headers=shown)


def password_request(password: SecretReference) -> str:
    """Return the body that asks keystone for a token by password, for the account of OS_CLOUD."""
    auth = account()
    user = {
        "name": auth["username"],
        "domain": {"name": auth["user_domain_name"]},
        "password": password.read(),
    }
    project = {"name": auth["project_name"], "domain": {"name": auth["project_domain_name"]}}
    identity = {"methods": ["password"], "password": {"user": user}}
    return json.dumps({"auth": {"identity": identity, "scope": {"project": project}}})


def take_token(url: str, body: str, timeout_s: float) -> str:
    """Take a token, once. Raises RefusedError, and what http.client raises."""
    client = http_client(f"{url}/auth/tokens", timeout_s)
    client.connection.request("POST", client.path, body=body, headers={"Content-Type": "application/json"})
    response = client.connection.getresponse()
    response.read()
    token = response.getheader("X-Subject-Token")
    client.close()
    if token is None:
        raise RefusedError(f"{response.status}: no token")
    return token

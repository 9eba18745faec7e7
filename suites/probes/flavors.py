"""The cheapest question that Nova's API asks its database about: which flavors there are."""

from contextlib import ExitStack

from suites.probes.asking import http_client
from suites.probes.loop import Connect
from suites.probes.order import Order
from suites.probes.spec import API_TIMEOUT_S, TIMEOUT_S
from suites.probes.tokens import password_request, take_token


def connecting(order: Order, made: ExitStack) -> Connect:
    """Return how connections are made; a token is taken now. Raises as `take_token`."""
    del made
    token = take_token(order.identity, password_request(order.password), 10 * TIMEOUT_S)
    mine = {"X-Auth-Token": token}
    return lambda: http_client(f"{order.at}/flavors", API_TIMEOUT_S, headers=mine)

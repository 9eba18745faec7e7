"""How requests reach Vault: nothing that proves who asks goes to where others could read along."""

from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.exceptions import RequestException

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# These two mean: the same request, there. A standby answers the first, with the active node's address.
_ELSEWHERE = (307, 308)


class StrayRedirect(RequestException):
    """A server passed a request on to where a token must not go, or otherwise than a standby does."""


class SecondRedirect(RequestException):
    """A server passed a request on to one that passed it on, too."""


def is_local(address: str) -> bool:
    """Whether an address is one of this machine. Raises ValueError if it is not an address."""
    return urlsplit(address).hostname in _LOOPBACK


def is_safe(address: str) -> bool:
    """Whether nobody between here and the address can read along. Raises ValueError like `is_local`."""
    scheme = urlsplit(address).scheme
    return scheme == "https" or (scheme == "http" and is_local(address))


class VaultSession(requests.Session):
    """Follows one redirect and no more, by itself: the library would show any server the token.

    What is for this machine does not leave it through a proxy that the environment names.
    """

    def request(  # type: ignore[override] # the arguments that are passed on have no types here
        self,
        method: str,
        url: str,
        **parts: Any,  # noqa: ANN401 - the library's many arguments, passed on as they are
    ) -> requests.Response:
        """Return the answer. Raises RequestException, for instance because of where a redirect leads."""
        parts["allow_redirects"] = False
        answer = super().request(method, url, **parts)
        if not _passed_on(answer):
            return answer
        to = urljoin(url, answer.headers["location"])
        # In plain text only from this machine to itself, and never with a password in the address.
        if not is_safe(to) or "@" in urlsplit(to).netloc or (to.startswith("http:") and not is_local(url)):
            raise StrayRedirect
        answer = super().request(method, to, **{**parts, "params": None})
        if _passed_on(answer):
            raise SecondRedirect
        return answer

    def merge_environment_settings(
        self,
        url: str,
        *parts: Any,  # noqa: ANN401 - as in `request`
    ) -> dict[str, Any]:
        """Return how a request is to be sent, without a proxy if it goes to this machine."""
        settings: dict[str, Any] = super().merge_environment_settings(url, *parts)
        return {**settings, "proxies": {}} if is_local(url) else settings


def _passed_on(answer: requests.Response) -> bool:
    if answer.is_redirect and answer.status_code not in _ELSEWHERE:
        raise StrayRedirect  # the library would change the request
    return answer.is_redirect

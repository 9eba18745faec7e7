"""What went wrong with a request to Vault, told without any of the answer, which may hold a value. Pure."""

from hvac import exceptions
from requests import exceptions as http

from stages.machine.secret_stores.store import Unread
from stages.machine.secret_stores.vault_session import SecondRedirect, StrayRedirect

STATUS = "vault status"
DENIED = Unread("permission denied")
# The first that fits is it. What is likely to pass by itself is transient.
_EXPLAINED: tuple[tuple[type[Exception], Unread], ...] = (
    (
        http.SSLError,
        Unread(
            "the certificate of {where} is not trusted",
            "set VAULT_CACERT to the certificate of the authority that signed it",
        ),
    ),
    (
        StrayRedirect,
        Unread(
            "{where} redirects to an address without https://, or otherwise than a standby does",
            "set VAULT_ADDR to the address of the active node",
        ),
    ),
    # For a moment, while another node becomes the active one, two standbys can name each other.
    (SecondRedirect, Unread("{where} redirects to a server that redirects, too", STATUS, transient=True)),
    (http.Timeout, Unread("{where} gave no answer within {within} s", STATUS, transient=True)),
    (http.RequestException, Unread("{where} can't be reached", STATUS, transient=True)),
    # The library's word for a file that is not there; requests' own errors are of this type, too.
    (OSError, Unread("VAULT_CACERT names no certificate that can be read", "ls -l $VAULT_CACERT")),
    (exceptions.Forbidden, DENIED),
    (exceptions.Unauthorized, DENIED),
    (exceptions.InvalidPath, Unread("{where} has nothing there")),
    (exceptions.InvalidRequest, Unread("{where} does not accept the request", STATUS)),
    (exceptions.VaultDown, Unread("{where} is sealed, or not ready yet", STATUS, transient=True)),
    (exceptions.VaultNotInitialized, Unread("{where} is not initialised", "vault operator init")),
    (exceptions.RateLimitExceeded, Unread("{where} gets too many requests", STATUS, transient=True)),
    (exceptions.InternalServerError, Unread("{where} failed by itself", STATUS, transient=True)),
    (exceptions.BadGateway, Unread("what {where} passes requests on to failed", STATUS, transient=True)),
)
_UNKNOWN = Unread("{where} gave an unexpected answer", STATUS)


def explained(error: Exception, where: str, within: float) -> Unread:
    """Return why a request to the server at `where` failed, which was given `within` seconds."""
    found = next((unread for kind, unread in _EXPLAINED if isinstance(error, kind)), _UNKNOWN)
    why = found.why.format(where=where, within=f"{within:g}")
    return Unread(why, found.next, transient=found.transient)

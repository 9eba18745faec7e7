"""The stores of one reading of secrets: each is opened when a reference first needs it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager

from stages.machine.references import Kept, Reference
from stages.machine.secret_stores.files import Files
from stages.machine.secret_stores.store import SecretStore, Unread
from stages.machine.secret_stores.variables import Variables


class Stores:
    """Reads what references name. `opened` makes one."""

    def __init__(self, environment: Mapping[str, str], at_end: ExitStack) -> None:
        self._environment = environment
        self._at_end = at_end
        self._open: dict[Kept, SecretStore] = {}

    def read(self, reference: Reference) -> str | Unread:
        """Return the value, or why there is none."""
        if reference.kept not in self._open:
            self._open[reference.kept] = self._store(reference.kept)
        return self._open[reference.kept].read(reference.place)

    def _store(self, kept: Kept) -> SecretStore:
        match kept:
            case Kept.ENV:
                return Variables(self._environment)
            case Kept.FILE:
                return Files()
            case Kept.AGE:
                # Most stages have no such secret, and need not wait for the libraries of these two.
                from stages.machine.secret_stores.age_files import AgeFiles  # noqa: PLC0415 - see above

                return AgeFiles(self._environment)
            case Kept.VAULT:
                from stages.machine.secret_stores.vault import Vault  # noqa: PLC0415 - see above

                return self._at_end.enter_context(closing(Vault(self._environment)))


@contextmanager
def opened(environment: Mapping[str, str]) -> Iterator[Stores]:
    """The stores, with what this environment says of servers, logins and identities; closed at the end."""
    with ExitStack() as at_end:
        yield Stores(environment, at_end)

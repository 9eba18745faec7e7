"""What a migration of a ledger's tables did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Migrated:
    """The schema of a ledger's tables before and after, 0 where there were none, and where the ledger is."""

    ledger: str
    before: int
    after: int

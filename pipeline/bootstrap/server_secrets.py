"""Secrets of the server: each is named by a reference, and kept from its children."""

from collections.abc import Mapping, Sequence

from pipeline.adapters.references import is_reference, resolved
from pipeline.adapters.stored_secrets import KINDS, stored
from pipeline.core.errors import UsageProblem


def secret_of(reference: str, environment: Mapping[str, str], whose: str, option: str) -> str:
    """A secret of the server.

    Raises UsageProblem for what is no reference, or names nothing usable; TryAgain if that may pass.
    """
    following = f"{option} env:NAME, file:/path or vault:MOUNT/PATH#KEY"
    in_store = reference.startswith(KINDS)
    if not in_store and not is_reference(reference):
        raise UsageProblem(f"the secret of {whose} is not a reference", where=option, next=following)
    try:
        return stored(reference, environment) if in_store else resolved(reference, environment)
    except ValueError as problem:
        why = str(problem)
        raise UsageProblem(
            f"the secret of {whose} can't be read", where=option, why=why, next=following
        ) from None


def without(environment: Mapping[str, str], references: Sequence[str]) -> Mapping[str, str]:
    """The environment without the variables that these references name: no child of the server gets them."""
    own = {one.removeprefix("env:") for one in references if one.startswith("env:")}
    return {name: value for name, value in environment.items() if name not in own}

"""What users see of their data, before and after an upgrade: counts, digests and differences. Pure.

A newer release may show more fields, so only those count that were there before, at every depth.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]
# By kind, the documents by the name of what they are about.
Seen = Mapping[str, Mapping[str, Document]]
# When services last wrote, and how often, which they do by themselves; and what a hypervisor says of a guest,
# since the one of the lab forgets its guests when it starts.
IGNORED = frozenset({"updated", "updated_at", "revision_number", "OS-EXT-STS:power_state"})


def normal(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The value without fields that tell nothing, and with lists in one order: theirs means nothing."""
    if isinstance(value, Mapping):
        return {key: normal(inner) for key, inner in value.items() if key not in IGNORED}
    if isinstance(value, list):
        return sorted((normal(inner) for inner in value), key=_text)
    return value


def known(before: Any, after: Any) -> Any:  # noqa: ANN401 - JSON
    """`after`, both being normal, without the fields that `before` does not have.

    Lists of as many members are compared one by one, in their order.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return {key: known(before[key], inner) for key, inner in after.items() if key in before}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [known(one, other) for one, other in zip(before, after, strict=True)]
    return after


def digest(documents: Mapping[str, Document]) -> str:
    """A digest of the documents of a kind, as they are."""
    return hashlib.sha256(_text(documents).encode()).hexdigest()


def counted(seen: Seen) -> dict[str, int]:
    """How many there are of each kind."""
    return {kind: len(documents) for kind, documents in seen.items()}


def digests(before: Seen, now: Seen) -> dict[str, str]:
    """By kind, the digest of what is there now, of the fields that were there before."""
    return {
        kind: digest(
            {name: known(normal(documents.get(name)), normal(one)) for name, one in now.get(kind, {}).items()}
        )
        for kind, documents in before.items()
    }


def differences(before: Seen, after: Seen) -> list[str]:
    """A sentence for each field that is not as it was, for whatever is missing, and for what came besides."""
    found = []
    for kind, documents in before.items():
        now = after.get(kind, {})
        found += [f"{kind} {name} is gone" for name in documents if name not in now]
        found += [f"{kind} {name} was not there" for name in now if name not in documents]
        for name, one in documents.items():
            was, is_now = normal(one), known(normal(one), normal(now.get(name, one)))
            found += [
                f"{kind} {name}: {field} was {was[field]!r} and is {is_now.get(field, 'gone')!r}"
                for field in was
                if is_now.get(field, "gone") != was[field]
            ]
    return found


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)

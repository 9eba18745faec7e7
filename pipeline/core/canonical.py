"""One text for one value: what digests are made of."""

import hashlib
import json


def canonical_json(value: object) -> str:
    """JSON with sorted keys, no spaces, no floats; equal values give equal text.

    Raises TypeError for floats, which have more than one spelling.
    """
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(value: object) -> str:
    """The sha256, in hex, of the value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError(f"a digest of a float is not stable: {value!r}")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)

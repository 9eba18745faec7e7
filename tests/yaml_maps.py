"""Merging YAML documents, as `extends` of GitLab does it."""

from typing import Any


def merged(base: Any, part: Any) -> Any:  # noqa: ANN401 - YAML
    """Merge maps key by key; everything else is replaced by the part."""
    if isinstance(base, dict) and isinstance(part, dict):
        return base | {key: merged(base.get(key), value) for key, value in part.items()}
    return part

"""The contents of a materialised release, to compare two: config keys and packages, read as plain data."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

# Releases of any age are compared, so these find the locks of the host image wherever the code keeps them.
_LOCKS = ("requirements/*.txt", "stages/**/images/locks/**/*")
_PACKAGE = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._+:-]*?)\s*(?:==|=|\s)\s*(?P<version>[^\s;\\]+)")


def settings_in(config: Path) -> Mapping[str, str]:
    """Every key in every YAML file, as `file: path.to.key`, with its value as text."""
    import yaml  # noqa: PLC0415 - slow to load, and only `promote diff` compares releases

    found: dict[str, str] = {}
    for path in sorted(config.rglob("*.yaml")):
        name = path.relative_to(config)
        found.update((f"{name}: {key}", value) for key, value in _flat(yaml.safe_load(path.read_text()), ""))
    return found


def packages_in(code: Path) -> Mapping[str, str]:
    """Every package in every lock, as `file: name`, with its version; image locks start with `images/`."""
    found: dict[str, str] = {}
    for path in sorted(item for pattern in _LOCKS for item in code.glob(pattern) if item.is_file()):
        for line in path.read_text(errors="replace").splitlines():
            if match := _PACKAGE.match(line):
                found[f"{_named(path, code)}: {match['name']}"] = match["version"]
    return found


def _named(lock: Path, code: Path) -> str:
    before, images, within = str(lock.relative_to(code)).rpartition("/images/")
    return f"images/{within}" if images else before + within


def _flat(value: object, prefix: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, str(value)

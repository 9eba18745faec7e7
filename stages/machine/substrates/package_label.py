"""The label by which a host image, and so each host made from it, tells the versions of its Debian packages.

It has those that roles name. What an older release built has no such label.
"""

from collections.abc import Collection, Mapping

PACKAGES_LABEL = "stagegate.packages"


def label(listed: str, names: Collection[str]) -> str:
    """The label's value, from dpkg's list (lines of name and version): neither has spaces or `=` in it."""
    pairs = (line.split(" ") for line in listed.splitlines())
    return " ".join(f"{name}={version}" for name, version in pairs if name in names)


def told(labels: Mapping[str, str]) -> dict[str, str]:
    """The versions by package, from all labels of an image or a host; empty if they don't tell."""
    return dict(entry.split("=", 1) for entry in labels.get(PACKAGES_LABEL, "").split())

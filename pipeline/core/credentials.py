"""Credentials in addresses of repositories, which belong in nothing that is shown or kept."""

import re

_SSH = r"(?:git\+)?ssh(?:\+git)?://"
_ANY = r"\b([a-z][a-z0-9+.-]*://"
# What is hidden, and what remains. ssh needs its user name; elsewhere a user name may be a token.
_HIDDEN = (
    (re.compile(rf"({_SSH}[^/:@\s]*):[^/\s]*@", re.IGNORECASE), r"\1@"),
    (re.compile(rf"\b((?!{_SSH})[a-z][a-z0-9+.-]*://)[^/\s]*@", re.IGNORECASE), r"\1"),
    # A password with a slash: what follows the colon is no port, so it is unknown where the host begins.
    (re.compile(rf"{_ANY})[^/:@\s\[]*:(?!\d*(?:[/\s'\",;:)>]|$))\S*", re.IGNORECASE), r"\1..."),
    (re.compile(rf"{_ANY}[^?\s]*)\?\S*", re.IGNORECASE), r"\1"),
    # `user:password@host:path`, as people write it for scp.
    (re.compile(r"(?<![^\s'\"=])([^\s/:@'\"=]+):[^\s/@]+@(?=[^\s/:@]+:)"), r"\1@"),
)


def without_credentials(text: str) -> str:
    """Any text, without the credentials and the queries of the addresses in it."""
    for pattern, kept in _HIDDEN:
        text = pattern.sub(kept, text)
    return text

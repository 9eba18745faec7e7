"""The settings that a running memcached must have."""

from collections.abc import Iterator

from stages.design.declared import file_of
from stages.design.declaring import Setting
from stages.design.manifest import Manifest
from stages.design.options import directives
from stages.openstack.hosts import MEMCACHED

# By the option that its configuration has.
NAMES = {"-l": "inter", "-p": "tcpport", "-U": "udpport"}
MEGABYTE = 1024 * 1024


def declares(manifest: Manifest) -> tuple[Setting, ...]:
    """The settings of the host's memcached."""
    return tuple(settings(file_of(manifest, MEMCACHED).content))


def settings(text: str) -> Iterator[Setting]:
    """Yield what it is to report."""
    for option, *values in directives(text):
        if option in NAMES:
            yield Setting("memcached", "setting", NAMES[option], values[0])
        elif option == "-m":
            yield Setting("memcached", "setting", "maxbytes", str(int(values[0]) * MEGABYTE))

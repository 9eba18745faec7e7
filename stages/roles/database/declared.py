"""The settings that a running MariaDB must have: those of its configuration that no other host changes."""

from collections.abc import Iterator
from functools import partial

from stages.design.declared import lasting
from stages.design.declaring import Setting
from stages.design.manifest import File
from stages.design.options import options

PROVIDER = "wsrep_provider_options"


def settings(configuration: File) -> Iterator[Setting]:
    """Yield the settings of the server's configuration."""
    for option, value in lasting(configuration, partial(options, section="mysqld")).items():
        name = option.replace("-", "_")
        if name != PROVIDER:
            yield Setting("galera", "variable", name, value)
            continue
        for part in value.split(";"):
            inner, _, inner_value = part.partition("=")
            yield Setting("galera", "provider option", inner.strip(), inner_value.strip())

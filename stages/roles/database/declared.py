"""The settings that a running MariaDB must have: those of its configuration that no other host changes."""

from collections.abc import Iterator

from stages.design.declaring import Setting
from stages.design.options import options

PROVIDER = "wsrep_provider_options"
# A member that runs need not know of one that has come or gone: its configuration tells its next start.
OF_HOSTS = frozenset({"wsrep_cluster_address", "wsrep_sst_donor"})


def settings(configuration: str) -> Iterator[Setting]:
    """Yield the settings in the text of the server's configuration."""
    for option, value in options(configuration, "mysqld").items():
        name = option.replace("-", "_")
        if name == PROVIDER:
            for part in value.split(";"):
                inner, _, inner_value = part.partition("=")
                yield Setting("galera", "provider option", inner.strip(), inner_value.strip())
        elif name not in OF_HOSTS:
            yield Setting("galera", "variable", name, value)

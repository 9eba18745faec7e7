"""The settings that a running MariaDB must have: those of its configuration that no other host changes."""

from collections.abc import Iterator

from stages.design.declaring import Setting
from stages.design.options import options

PROVIDER = "wsrep_provider_options"
# A member that runs need not know of one that has come or gone: its configuration tells its next start.
OF_HOSTS = frozenset({"wsrep_cluster_address", "wsrep_sst_donor"})

# What services rely on of what the server begins with; it can be changed while it runs.
DEFAULTS = {
    "read_only": "OFF",
    "wsrep_reject_queries": "NONE",
    "wsrep_osu_method": "TOI",  # schemas change on all members
    "wsrep_certification_rules": "strict",
    "foreign_key_checks": "ON",
    "autocommit": "ON",
    "tx_isolation": "REPEATABLE-READ",
    "default_storage_engine": "InnoDB",
    "innodb_force_recovery": "0",
    "innodb_doublewrite": "ON",
    "max_user_connections": "0",
    "general_log": "OFF",
    "init_connect": "",
}
PROVIDER_DEFAULTS = {"pc.ignore_sb": "false", "pc.ignore_quorum": "false", "pc.weight": "1"}


def settings(configuration: str) -> Iterator[Setting]:
    """Yield the settings in the text of the server's configuration, and the defaults that are relied on."""
    for name, value in DEFAULTS.items():
        yield Setting("galera", "variable", name, value)
    for name, value in PROVIDER_DEFAULTS.items():
        yield Setting("galera", "provider option", name, value)
    for option, value in options(configuration, "mysqld").items():
        name = option.replace("-", "_")
        if name == PROVIDER:
            for part in value.split(";"):
                inner, _, inner_value = part.partition("=")
                yield Setting("galera", "provider option", inner.strip(), inner_value.strip())
        elif name not in OF_HOSTS:
            yield Setting("galera", "variable", name, value)

"""The variables that a Galera node has in memory, and how they compare with those of its configuration."""

import re
from collections.abc import Mapping

from suites.errors import ReadingFailed
from suites.harness.reports import Reports
from suites.hosts.durations import seconds
from suites.seam.declared import Settings

OPTIONS = "wsrep_provider_options"
READ = 'mariadb --batch --skip-column-names --raw -e "SHOW GLOBAL VARIABLES"'
SIZE = re.compile(r"(\d+)([KMGT]?)", re.IGNORECASE)
FACTORS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
# A node's own, or what it has done: none of it is a setting that members could have in common.
OF_EACH = (
    # Of how many members, the node is which: it changes with those that it sees.
    "auto_increment_increment",
    "auto_increment_offset",
    "gtid_binlog_pos",
    "gtid_binlog_state",
    "gtid_current_pos",
    "gtid_slave_pos",
    # Whether the device beneath has blocks of a known size: the server finds that out at its start.
    "innodb_log_file_buffering",
    "server_uid",
    "thread_pool_size",  # the number of CPUs
    # While one is backed up.
    "wsrep_desync",
    # What a member that runs already need not know of one that has come since: its configuration says it.
    "wsrep_cluster_address",
    "wsrep_sst_donor",
    "wsrep_start_position",
)


def parse(text: str) -> Settings:
    """Parse the variables, and the provider's options, from tab-separated lines. Raises ReadingFailed."""
    variables: dict[str, str] = {}
    for line in text.splitlines():
        name, tab, value = line.partition("\t")
        if not tab:
            raise ReadingFailed("the variables of the node can't be parsed", why=repr(line[:60]))
        variables[name] = value
    return {"variable": variables, "provider option": _options(variables.pop(OPTIONS, ""))}


def _options(text: str) -> Mapping[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def same(declared: str, effective: str) -> bool:
    """Say whether a value of the configuration and a reported one are the same switch, size or duration."""
    if declared.lower() == effective.lower():
        return True
    sizes = [SIZE.fullmatch(one) for one in (declared, effective)]
    if all(sizes):
        return len({int(one[1]) * FACTORS[one[2].upper()] for one in sizes if one}) == 1
    try:
        return seconds(declared) == seconds(effective)
    except ValueError:
        return False


REPORTS = Reports(
    script=lambda _: READ,
    parse=parse,
    shows={
        "variable": "mariadb -e \"SHOW GLOBAL VARIABLES LIKE '{name}'\"",
        "provider option": f"mariadb -e \"SHOW GLOBAL VARIABLES LIKE '{OPTIONS}'\" | grep -o '{{name}}[^;]*'",
    },
    same=same,
    of_each=OF_EACH,
)

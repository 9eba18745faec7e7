"""What child processes inherit of this process's environment."""

import re
from collections.abc import Mapping

# Variables by which git selects a repository, its files, its history or how names are read; a git hook has
# some. Those of `git rev-parse --local-env-vars`, but for GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS: these
# carry credentials, select no repository, and git itself passes them on to other repositories.
_SELECTING = (
    r"GIT_(DIR|WORK_TREE|IMPLICIT_WORK_TREE|COMMON_DIR|INDEX_FILE|PREFIX|INTERNAL_SUPER_PREFIX"
    r"|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|QUARANTINE_PATH|CONFIG|SHALLOW_FILE|GRAFT_FILE"
    r"|NO_REPLACE_OBJECTS|REPLACE_REF_BASE|NAMESPACE|CEILING_DIRECTORIES|ATTR_SOURCE|DEFAULT_HASH"
    r"|TEMPLATE_DIR|(LITERAL|GLOB|NOGLOB|ICASE)_PATHSPECS)"
)
# With the first a job proves who started it, with the second it tells GitLab; neither is for children.
ID_TOKEN = "STAGEGATE_ID_TOKEN"  # noqa: S105 - the name of the variable
# So is the way into a shared ledger, with the variables that libpq reads or that the address refers to.
LEDGER = "STAGEGATE_LEDGER"
_INTO_LEDGER = r"PG(PASSWORD|PASSFILE|SERVICE|SERVICEFILE)"
_REFERRED = re.compile(r"password=env(?::|%3A)(\w+)", re.IGNORECASE)
FORGE_TOKEN = "STAGEGATE_GITLAB_TOKEN"  # noqa: S105 - likewise
_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def inherited(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The environment without git's selection of a repository, this job's tokens, and the ledger's address.

    Other credentials, proxies and ssh settings stay.
    """
    address = environment.get(LEDGER)
    own = {ID_TOKEN, FORGE_TOKEN, LEDGER, *_REFERRED.findall(address or "")}
    kept_from = f"{_SELECTING}|{_INTO_LEDGER}" if address else _SELECTING
    return {
        name: value
        for name, value in environment.items()
        if name not in own and not re.fullmatch(kept_from, name)
    }


def search_path(path: str) -> str:
    """This PATH, and after it the folders of programs that it lacks, such as the sbin ones in a cron job."""
    known = [folder for folder in path.split(":") if folder]
    return ":".join([*known, *(folder for folder in _FOLDERS if folder not in known)])

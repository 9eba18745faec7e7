"""What child processes inherit of this process's environment."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlsplit

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
# Parameters of its address that only refer to what they are: `env:NAME` or `file:/path`.
SECRETS = ("password", "sslpassword")
# Likewise the way into a store that machines share, and the variables that its library reads.
STORE = "STAGEGATE_STORE"
_INTO_STORE = r"AWS_\w+"
STORE_SECRETS = ("access_key", "secret_key", "session_token")
_REFERENCE = re.compile(r"env:(.+)", re.DOTALL)
FORGE_TOKEN = "STAGEGATE_GITLAB_TOKEN"  # noqa: S105 - likewise
# By this one a job's git may fetch a config repository: of all children, git alone gets it in any case.
JOB_TOKEN = "CI_JOB_TOKEN"  # noqa: S105 - likewise
_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def inherited(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The environment without git's choice of a repository, a job's tokens, and the ways to ledger and store.

    Other credentials, proxies and ssh settings stay.
    """
    ledger, store = environment.get(LEDGER, ""), environment.get(STORE, "")
    own = {
        ID_TOKEN,
        FORGE_TOKEN,
        LEDGER,
        STORE,
        *_referred(ledger, SECRETS),
        *_referred(store, STORE_SECRETS),
    }
    ways = ((True, _SELECTING), (ledger, _INTO_LEDGER), (store, _INTO_STORE))
    kept_from = "|".join(variables for there, variables in ways if there)
    # The same token may have another name, too, as that of a job of GitLab.
    tokens = {environment[name] for name in (ID_TOKEN, FORGE_TOKEN) if environment.get(name)}
    return {
        name: value
        for name, value in environment.items()
        if name not in own and value not in tokens and not re.fullmatch(kept_from, name)
    }


def inherited_by_git(environment: Mapping[str, str]) -> Mapping[str, str]:
    """What git inherits: the same, and the token of a job of GitLab, even if the forge is told by that one.

    The job's own credential helper reads it there. Programs of a release do not get it.
    """
    token = environment.get(JOB_TOKEN)
    return {**inherited(environment), **({JOB_TOKEN: token} if token else {})}


def secrets_in(url: str, names: Sequence[str] = SECRETS) -> Mapping[str, str]:
    """The passwords in an address, by the parameter, or references in their place; by default a ledger's.

    It may stand before the host, or be a parameter, and any character of either may be percent-encoded.
    Raises ValueError if this is no URL.
    """
    parts = urlsplit(url, allow_fragments=False)
    userinfo, at, _ = parts.netloc.rpartition("@")
    _, colon, password = userinfo.partition(":")
    found = {"password": unquote(password)} if at and colon else {}
    for parameter in parts.query.split("&"):
        name, _, value = parameter.partition("=")
        if unquote(name) in names:
            found[unquote(name)] = unquote(value)
    return found


def _referred(address: str, names: Sequence[str]) -> tuple[str, ...]:
    """The variables that the address of a ledger or store refers to."""
    try:
        found = secrets_in(address, names).values()
    except ValueError:  # nobody will use it
        return ()
    return tuple(match[1] for match in map(_REFERENCE.fullmatch, found) if match)


def search_path(path: str) -> str:
    """This PATH, and after it the folders of programs that it lacks, such as the sbin ones in a cron job."""
    known = [folder for folder in path.split(":") if folder]
    return ":".join([*known, *(folder for folder in _FOLDERS if folder not in known)])

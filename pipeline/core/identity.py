"""Who vouches for the people of a site, and what a job's token says about its person."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pipeline.core.actor import Actor
from pipeline.core.errors import NotProved

# Keys that came without TLS could be anybody's, unless they came from this very machine.
_ISSUER = re.compile(r"https://[^\s/@?#]+(/[^\s@?#]*)?|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s@?#]*)?")
# GitLab's paths have a group, and so a slash; a number has none.
_PROJECT = re.compile(r"[^\s/]+(/[^\s/]+)+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose tokens are believed: those of an issuer, such as a GitLab, that name this audience.

    `issuer` is its URL as its tokens have it. `keys` is the absolute path of a file with its public keys (a
    JSON Web Key Set), for a site that cannot reach it; if empty, the issuer is asked for them. `projects` are
    those whose jobs are believed, each by its path or its number; if empty, the jobs of every project are.
    """

    issuer: str
    audience: str
    keys: str = ""
    projects: tuple[str, ...] = ()

    def __str__(self) -> str:
        keys = f", by the keys in {self.keys}" if self.keys else ""
        projects = f", of jobs of {' or '.join(self.projects)}" if self.projects else ""
        return f"tokens of {self.issuer} for {self.audience}{keys}{projects}"

    def problems(self) -> Mapping[str, str]:
        """Why it is unusable, by the name of the field; empty when it is valid."""
        found: dict[str, str] = {}
        if not _ISSUER.fullmatch(self.issuer):
            found["issuer"] = "issuer must be a URL that begins with https://, without credentials or a query"
        if not self.audience.strip():
            found["audience"] = "audience must not be empty"
        if self.keys and not self.keys.startswith("/"):
            found["keys"] = "keys must be an absolute path"
        if wrong := [one for one in self.projects if not _PROJECT.fullmatch(one)]:
            found["projects"] = f"a project is a path such as group/project, or a number, not {wrong[0]!r}"
        return found


def actor_of(claims: Mapping[str, object], projects: Collection[str] = ()) -> Actor:
    """The person of these claims, which somebody has verified.

    Raises NotProved if they name none, or if their job is of none of these projects (empty: of any).
    """
    login, project, job = (_text(claims, name) for name in ("user_login", "project_path", "job_id"))
    # A path can be taken over by another project once its own was renamed or deleted; a number cannot.
    if projects and not {project, claims.get("project_id")} & set(projects):
        whose = " or ".join(projects)
        raise not_proved(f"it is of a job of {project}, and this site's line believes those of {whose}")
    return Actor(login, proved=True, job=f"job {job} of {project}")


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value.strip():
        raise not_proved(f"its claim {name} has no text")
    return value


def not_proved(why: str) -> NotProved:
    """The error for a token that proves nothing, without its text."""
    return NotProved(
        "the token of this job does not prove who runs this command; nothing was changed",
        where="the variable STAGEGATE_ID_TOKEN",
        why=why,
        next="promote line show",
    )

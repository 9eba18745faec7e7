"""Who is logged in by GitLab's OAuth, and whether they belong to those who may act. Pure."""

from collections.abc import Mapping, Sequence

from pipeline.core.actor import Actor
from pipeline.core.errors import NotProved

# GitLab's names of these claims. Each has the paths of groups in which the person has this role directly.
_ROLES = tuple(f"https://gitlab.org/claims/groups/{role}" for role in ("owner", "maintainer", "developer"))
BOARD = "the board"


def person_of(claims: Mapping[str, object], groups: Sequence[str]) -> Actor:
    """The person of what GitLab's userinfo says of them, who acts by the board.

    They must have the role Developer or a higher one in one of these groups, or in a group above it: members
    of that are members of this one. Raises NotProved if they have not, or if nobody is named.
    """
    login = claims.get("nickname")
    if not isinstance(login, str) or not login.strip():
        raise NotProved(
            "GitLab does not say who you are; nobody is logged in",
            why="its answer has no user name",
            next="give the application in GitLab the scope openid",
        )
    theirs = {path for role in _ROLES for path in _paths(claims.get(role))}
    if not any(_is_in(group, above) for group in groups for above in theirs):
        raise NotProved(
            f"{login} may not act on this board; nobody is logged in",
            why=f"GitLab names no role of theirs from Developer on in {' or '.join(groups)}",
            next="ask an owner of the group for that role, and log in again",
        )
    return Actor(login, proved=True, job=BOARD)


def _is_in(group: str, above: str) -> bool:
    """Whether `above` is the group, or one of those that it is in. GitLab's paths ignore case."""
    return f"{group}/".lower().startswith(f"{above}/".lower())


def _paths(claim: object) -> Sequence[str]:
    return [one for one in claim if isinstance(one, str) and one] if isinstance(claim, list) else ()

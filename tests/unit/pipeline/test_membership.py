"""Who may act on the board, by what GitLab says of them."""

import pytest

from pipeline.core.errors import NotProved
from pipeline.core.membership import person_of

GROUP = "cloud/infra"


@pytest.mark.parametrize("role", ["developer", "maintainer", "owner"])
@pytest.mark.parametrize("path", ["cloud", "cloud/infra", "Cloud/Infra"])
def test_a_developer_of_the_group_or_of_one_above_it_acts_in_their_own_name(role: str, path: str) -> None:
    claims = {"nickname": "ann", f"https://gitlab.org/claims/groups/{role}": [path]}

    person = person_of(claims, ["elsewhere", GROUP])

    assert (person.name, person.proved, str(person)) == ("ann", True, "ann, by the board")


@pytest.mark.parametrize(
    "claims", [{}, {"nickname": ""}, {"nickname": " "}, {"nickname": 5}, {"name": "ann"}]
)
def test_nobody_is_not_logged_in(claims: dict[str, object]) -> None:
    with pytest.raises(NotProved, match="GitLab does not say who you are"):
        person_of({**claims, "https://gitlab.org/claims/groups/owner": ["cloud"]}, [GROUP])


@pytest.mark.parametrize("claim", [None, "cloud", {"cloud": 1}, [None, 5, ""]])
def test_groups_that_are_none_let_nobody_in(claim: object) -> None:
    with pytest.raises(NotProved, match="may not act on this board"):
        person_of({"nickname": "ann", "https://gitlab.org/claims/groups/owner": claim}, [GROUP])

"""Who looks at a page."""

from dataclasses import dataclass

from pipeline.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where one can log in, and who has. Without a person a page has no form.

    `board` is the address of the board to which GitLab sends browsers, which may ask by other names, too;
    empty: nobody can log in. `form` is the token of their forms, which proves that they have sent one.
    """

    board: str = ""
    person: Actor | None = None
    form: str = ""


ANYBODY = Visitor()

"""Who looks at a page."""

from dataclasses import dataclass

from pipeline.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whether one can log in here, and who has. Without a person a page has no form.

    `form` is the token of their forms, which proves that they have sent one.
    """

    can_log_in: bool = False
    person: Actor | None = None
    form: str = ""


ANYBODY = Visitor()

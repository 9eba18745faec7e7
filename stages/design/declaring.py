"""A setting that a role declares of its running programs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that a running program of a component has to report of itself.

    `kind` and `name` are what the component's suites call it, such as "variable" and "max_connections";
    `value` is in the form of the configuration. What suites take as complete, such as all accounts, a role
    declares completely.
    """

    component: str
    kind: str
    name: str
    value: str

"""Changes how many hosts of a role a stage has, in the text of its file: comments and layout stay. Pure."""

from collections.abc import Mapping
from typing import cast

import yaml

from stages.config.problems import Place, Problem, closest

KEY = "roles"


def scaled(text: str, file: str, counts: Mapping[str, int]) -> tuple[str, list[Problem]]:
    """The text with these counts, and a problem for each role that the stage does not have.

    `file` is its name in problems. The text must be a stage's valid file.
    """
    nodes = _counts(text)
    problems = [
        Problem.at(Place(file), f"the stage has no role {role!r}", closest(role, nodes))
        for role in counts
        if role not in nodes
    ]
    # From the last to the first, so that the positions of those before stay right.
    changed = sorted((role for role in counts if role in nodes), key=lambda role: -_start(nodes[role]))
    for role in changed:
        node = nodes[role]
        text = text[: node.start_mark.index] + str(counts[role]) + text[node.end_mark.index :]
    return text, problems


def _start(node: yaml.ScalarNode) -> int:
    return int(node.start_mark.index)


def _counts(text: str) -> dict[str, yaml.ScalarNode]:
    """The node of each role's count."""
    stage = cast("yaml.MappingNode", yaml.compose(text, Loader=yaml.SafeLoader))
    parts = {key.value: value for key, value in stage.value}
    return {key.value: value for key, value in parts[KEY].value}

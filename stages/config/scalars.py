"""Reject plain scalars that YAML 1.1 reads as something unintended, instead of guessing."""

import re
from dataclasses import dataclass

import yaml

_CORE = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?[0-9]{1,17}\.[0-9]{1,17}")


@dataclass(frozen=True, slots=True)
class Surprise:
    """Why a scalar is rejected, and how to write what was meant."""

    message: str
    hint: str


Plain = str | int | float | bool | None


def plain(node: yaml.ScalarNode) -> Plain | Surprise:  # noqa: PLR0911 - a return for each kind of scalar
    """The value of a scalar whose tag YAML resolved by itself, or why it is rejected."""
    text: str = node.value
    match node.tag.removeprefix(_CORE):
        case "str" | "value":
            return text
        case "null":
            return None
        case "bool":
            return {"true": True, "false": False}.get(text) if text in ("true", "false") else _boolean(text)
        case "int":
            return int(text) if _INTEGER.fullmatch(text) else _integer(text)
        case "float":
            return float(text) if _FLOAT.fullmatch(text) else _number(text)
        case "timestamp":
            return Surprise(f"{text} is read as a date by YAML", f'quote it: "{text}"')
        case tag:
            return Surprise(f"{text!r} has the tag {tag}, which is not supported here", "write a plain value")


def _boolean(text: str) -> Surprise:
    truth = text.lower() in ("yes", "on", "true")
    meant = "true" if truth else "false"
    return Surprise(
        f"{text} is read as {meant} by YAML 1.1 and as text by others",
        f'write {meant}, or "{text}" in quotes for the text',
    )


def _integer(text: str) -> Surprise:
    if ":" in text:
        return Surprise(
            f"{text} is read as a number to base 60 by YAML 1.1", f'quote it, "{text}", or use a unit: 90s'
        )
    if re.fullmatch(r"[-+]?0[0-7_]+", text):
        bare = text.lstrip("+-0_") or "0"
        return Surprise(
            f"{text} is read as an octal number by YAML 1.1", f'write {bare}, or "{text}" in quotes'
        )
    return Surprise(f"{text} is not written as a plain decimal number", "write digits only, as in 1000")


def _number(text: str) -> Surprise:
    if ":" in text:
        return Surprise(f"{text} is read as a number to base 60 by YAML 1.1", f'quote it: "{text}"')
    return Surprise(
        f"{text} is not written as a plain decimal number", "write digits and one point, as in 0.5"
    )

"""Printing the result of a verb."""

from collections.abc import Iterable, Mapping

from pipeline.cli.call import Call
from pipeline.cli.render import print_json, print_lines


def print_result(call: Call, document: Mapping[str, object], lines: Iterable[str]) -> int:
    """Print the result on stdout, as the document or as the lines; return 0, the exit code of success."""
    if call.json:
        print_json(document)
    else:
        print_lines(lines)
    return 0

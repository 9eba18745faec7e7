"""The manual page: every verb and every option, as roff."""

import re

import click
from desk import Desk

from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.man_page import man_page
from pipeline.cli.promote import promote_group
from pipeline.cli.verbs import VERBS


def test_the_page_has_every_verb_option_and_exit_code(desk: Desk) -> None:
    assert desk("man") == 0
    page = desk.out.replace("\\-", "-")

    assert page.startswith('.TH PROMOTE 1 "" "stagegate ')
    groups = {name for name in VERBS if f'.SS "promote {name}"' not in page}
    assert groups == {"ci", "init", "lab", "ledger", "line", "store"}
    assert '.SS "promote lab exec"' in page
    for option in ("--detailed-exitcode", "--evidence-into DIR", "--against [ATTEMPT]", "--watch"):
        assert f"{option}\n" in page
    assert re.findall(r"^\.B (\d+)$", page, re.MULTILINE) == [str(int(code)) for code in ExitCode]


def test_what_roff_would_read_as_a_command_is_text() -> None:
    group = click.Group("promote", help=".stagegate is a folder, and a \\ is a \\.\n\nSecond - paragraph.")

    page = man_page(group, "1", {})
    assert "\\&.stagegate is a folder, and a \\e is a \\e.\n.PP\nSecond \\- paragraph." in page


def test_no_line_but_of_roff_begins_with_a_dot_or_an_apostrophe() -> None:
    page = man_page(promote_group, "1", {int(code): code.meaning for code in ExitCode})

    known = {"TH", "SH", "SS", "PP", "TP", "B", "nf", "fi"}
    assert {line[1:].split()[0] for line in page.splitlines() if line.startswith((".", "'"))} == known

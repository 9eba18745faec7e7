"""What a run's page shows of gates: causes, and hosts by checks."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from desk import Desk, green
from upgraded import upgrade

from pipeline.cli.checks_reported import Reported, reported_in
from pipeline.picture.judged import Asked, CauseTold, GateTold, matrix
from pipeline.picture.page import render
from pipeline.testing.traffic import FakeTraffic

GENERIC = ("healthy", "versions", "journal")
ASKED = (
    *(Asked("memcached", f"api-{n}", check, "passed") for n in (10, 2, 1) for check in GENERIC),
    *(Asked("nova-api", f"api-{n}", check, "passed") for n in (10, 2, 1) for check in GENERIC),
    Asked("nova-api", "api-2", "dependencies_answer", "failed", "database: refused"),
    Asked("nova-api", "-", "server_is_created", "inconclusive", "no answer"),
    Asked("galera", "-", "one_cluster", "passed"),
)
RED = GateTold(
    "p7 smoke",
    "fail, 19 of 21 checks passed",
    passed=False,
    causes=(CauseTold("nova-api on api-2", "<b>refused</b>", "ssh -F x api-2", ("other on -: no answer",)),),
    asked=ASKED,
)


class Cells(HTMLParser):
    """The rows of the first table with row headings, as texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.feed(text[text.index('<details class="matrix"') :].split("</table>", maxsplit=1)[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            assert tag == "td" or dict(attrs)["scope"] in {"col", "row"}
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] = " ".join((self.rows[-1][-1] + data).split())


def test_a_host_is_a_row_and_a_check_of_several_components_a_column() -> None:
    found = matrix(ASKED)
    assert found.columns == GENERIC
    assert [row.name for row in found.rows] == ["api-1", "api-2", "api-10", "galera, once", "nova-api, once"]
    assert [row.bad for row in found.rows] == [0, 1, 0, 0, 1]
    assert [len(row.cells["healthy"].asked) for row in found.rows] == [2, 2, 2, 0, 0]
    assert [one.check for one in found.rows[1].alone.asked] == ["dependencies_answer"]


def test_the_worst_in_a_cell_stands_for_it_and_an_unknown_outcome_is_no_pass() -> None:
    outcomes = ("passed", "skipped", "inconclusive", "strange")
    asked = [Asked(str(n), "h", "healthy", outcome) for n, outcome in enumerate(outcomes)]
    cell = matrix(asked).rows[0].cells["healthy"]
    assert cell.outcome == "strange"
    assert [one.outcome for one in cell.bad] == ["strange", "inconclusive", "skipped"]


def test_nothing_asked_is_no_row() -> None:
    assert matrix(()).rows == ()


def test_the_page_says_it_in_words_for_those_who_see_no_colour() -> None:
    html = render(replace(upgrade(), judged=(RED,)))
    rows = Cells(html).rows
    assert rows[0] == ["Host", *GENERIC, "of one component alone"]
    assert rows[2][1] == "\N{CHECK MARK} 2 passed"
    assert rows[2][-1] == "\N{MULTIPLICATION X} dependencies_answer"
    assert {len(row) for row in rows} == {5}
    assert "1 likely consequence<" in html
    assert "&lt;b&gt;refused&lt;/b&gt;" in html
    assert "<b>refused" not in html
    assert html.index("<h2>Gate p7 smoke") < html.index("The whole run")


def test_gates_that_passed_come_last_and_closed() -> None:
    html = render(replace(upgrade(), judged=(replace(RED, passed=True, causes=()),)))
    assert html.index("<h2>Gate p7 smoke") > html.index("The whole run")
    assert '<details class="matrix">' in html


def test_a_run_without_legs_is_drawn_with_what_its_gates_reported(desk: Desk, tmp_path: Path) -> None:
    desk.bench.site = tmp_path
    desk.bench.world.checks["smoke"] = ("galera/healthy", "keystone/token")
    desk.bench.answers["smoke"] = "failed, then crash"
    desk.bench.traffic = FakeTraffic()
    folder = tmp_path / "runs" / "p1" / "smoke-1"
    folder.mkdir(parents=True)
    checks = [
        {"component": "galera", "host": "db-1", "check": "healthy", "outcome": "passed", "seen": "3 of 3"}
    ]
    (folder / "report.json").write_text(json.dumps({"checks": checks}))
    desk(*green(desk))
    page = (tmp_path / "runs" / "p1" / "report.html").read_text()
    assert [row[0] for row in Cells(page).rows] == ["Host", "db-1", "galera, once", "keystone, once"]
    assert "keystone/token: not run: the roster asks for this check" in page
    assert re.search(r"<pre>promote show p1 --logs smoke</pre>", page)


@pytest.mark.parametrize("text", ["{", '{"checks": [7]}', '{"checks": [{"component": "galera"}]}'])
def test_the_picture_is_drawn_without_a_damaged_report_which_is_named(
    desk: Desk, tmp_path: Path, text: str
) -> None:
    desk.bench.site = tmp_path
    desk.bench.answers["smoke"] = "failed"
    desk.bench.traffic = FakeTraffic()
    report = tmp_path / "runs" / "p1" / "smoke-1" / "report.json"
    report.parent.mkdir(parents=True)
    report.write_text(text)
    assert desk(*green(desk)) == 3
    (told,) = [line for line in desk.bench.quiet.messages if "can't be read" in line]
    assert told.startswith(f"a gate's report can't be read; where: {report}")
    page = (tmp_path / "runs" / "p1" / "report.html").read_text()
    assert "Gate p1 smoke" in page
    assert ": not run: " not in page


def test_what_a_report_gives_as_null_was_not_told(tmp_path: Path) -> None:
    row = {"component": "galera", "host": "-", "check": "a", "outcome": "passed", "seen": None}
    (tmp_path / "report.json").write_text(json.dumps({"checks": [row]}))
    assert reported_in(tmp_path / "report.json") == (Reported("galera", "-", "a", "passed"),)

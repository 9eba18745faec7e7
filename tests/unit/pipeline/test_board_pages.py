"""The board's pages: what stands where and why not more, attempts, evidence, and no way to do anything."""

import re
from pathlib import Path
from typing import NoReturn

import pytest
from board_ways import PAGES, asked, busy
from desk import Desk, Way, green, open_attempt, set_rules
from evidence_ways import under_a_gate
from legs_ways import between_legs, legged, legged_irreversible
from starlette.testclient import TestClient

from pipeline.core.chain import Head
from pipeline.core.errors import LedgerDamaged
from pipeline.core.forge_rule import ForgeRule
from pipeline.testing import FakeForge


@pytest.fixture
def desk(desk: Desk, tmp_path: Path) -> Desk:
    desk.bench.site = tmp_path
    return desk


@pytest.fixture
def board(desk: Desk) -> TestClient:
    busy(desk)
    return asked(desk)


def text(html: str) -> str:
    """What a reader sees of a page, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.partition("<main")[2]))


def test_the_line_shows_what_stands_where_and_what_stops_it(board: TestClient) -> None:
    page = board.get("/")

    assert page.status_code == 200
    shown = text(page.text)
    for stands in ("dev r1 verified", "staging r1 verified", "prod Nothing stands here"):
        assert stands in shown
    assert "Held the &lt;fair&gt; &amp; more" in shown
    assert re.search(r"p3 \S+ \S+ dev promote r2 failed", shown)


def test_what_is_under_way_is_told_with_its_checks(desk: Desk) -> None:
    under_a_gate(desk)
    board = asked(desk)
    desk.bench.shop().ledger.acquire("dev", "p1", 60)
    desk.bench.store.dead.clear()

    shown = board.get("/").text

    assert re.search(r'<progress max="\d+" value="\d+" aria-label="Checks of gate \w+ in dev">', shown)


def test_an_interrupted_attempt_is_told_with_what_to_do(desk: Desk) -> None:
    open_attempt(desk)

    assert "promote resume or promote abort" in re.sub(" +", " ", text(asked(desk).get("/").text))


def test_what_waits_for_a_stage_is_told_with_the_reason_of_promote_why(desk: Desk) -> None:
    desk(*green(desk))
    desk("hold", "--stage", "staging", "--reason", "fair")
    (finding,) = desk.document("why", "--stage", "staging", "--release", "r1")["releases"][0]["findings"]

    shown = text(asked(desk).get("/").text)

    assert f"r1 waits: {finding['reasons'][0]}" in shown
    assert finding["next"] in shown


def test_an_empty_site_says_how_it_begins(desk: Desk) -> None:
    assert "promote --stage dev" in asked(desk).get("/").text


def test_a_stage_has_what_holds_each_release_back(board: TestClient) -> None:
    shown = text(board.get("/stages/staging").text)

    assert "r2 r2 is not verified in dev, which comes before staging" in shown
    assert "promote --stage dev --release r2" in shown
    assert "After dev" in shown


def test_an_attempt_has_its_gates_findings_steps_and_evidence(board: TestClient) -> None:
    page = board.get("/attempts/p1").text

    assert 'href="/evidence/p1/smoke-1/"' in page
    assert 'href="/evidence/p1/smoke-1/report.html"' in page
    assert "Steps and gates by time" in page
    assert "Its evidence is not on this machine" in board.get("/attempts/p3").text


def test_causes_come_first_and_their_likely_consequences_are_folded_and_counted(desk: Desk) -> None:
    desk.bench.world.checks["smoke"] = (
        "galera/healthy",
        "keystone/token",
        "keystone/catalog",
        "redis/healthy",
    )
    desk.bench.answers["smoke"] = "failed"
    desk.bench.reliance = {
        "hosts": {"galera": ["db-1"], "keystone": ["id-1"], "redis": ["co-1"]},
        "units": {"galera": ["mariadb.service"]},
        "rests_on": {"keystone": {"galera": "any"}},
    }
    desk(*green(desk))

    page = asked(desk).get("/attempts/p1").text
    before, _, rest = page.partition("<details")
    folded, _, after = rest.partition("</details>")

    assert "<summary>2 likely consequences: keystone 2</summary>" in folded
    assert [name in folded for name in ("test_token.py", "test_catalog.py", "test_healthy.py")] == [1, 1, 0]
    assert before.count("test_healthy.py") == after.count("test_healthy.py") == 1
    assert "test_token.py" not in before + after
    assert "<code>promote show p1 --logs smoke</code>" in before


def test_a_stage_that_takes_freezes_of_gitlab_says_when_they_were_heard(desk: Desk) -> None:
    desk(*green(desk))
    desk.bench.forge = FakeForge()
    assert "GitLab" not in asked(desk).get("/stages/dev").text + asked(desk).get("/").text

    for stage in ("dev", "staging"):
        set_rules(desk, stage, forge=ForgeRule(freezes=True))
    for path in ("/stages/staging", "/"):
        assert "GitLab has not said yet when it is frozen" in text(asked(desk).get(path).text)
    desk("--stage", "staging")
    heard = desk.bench.shop().history().calendar
    assert heard is not None
    desk.bench.commit("second", a="2")
    desk("--stage", "dev")

    for path in ("/stages/staging", "/"):
        shown = text(asked(desk).get(path).text)
        assert re.search(r"Freezes of GitLab count as last heard from it at \d{4}-\d\d-\d\d \d\d:\d\d", shown)
        assert "promote why --stage staging" in shown


@pytest.mark.parametrize(
    ("way", "attempt", "build", "cut_over"),
    [
        (legged, "p1", "passed", "passed"),
        (legged_irreversible, "p2", "passed", "did not pass"),
        (between_legs, "p1", "passed", "not begun"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_an_attempt_has_its_legs_and_what_became_of_them(
    desk: Desk, way: Way, attempt: str, build: str, cut_over: str
) -> None:
    desk(*way(desk))

    shown = text(asked(desk).get(f"/attempts/{attempt}").text)

    assert re.search(rf"Legs Leg Result Forecast Took build {build} \S+ \S+ cut-over {cut_over} ", shown)


def test_evidence_is_shown_as_what_it_is(board: TestClient) -> None:
    assert "journal.log" in board.get("/evidence/p1/smoke-1/").text
    assert board.get("/evidence/p1/smoke-1/journal.log").headers["content-type"].startswith("text/plain")
    assert board.get("/evidence/p1/smoke-1", follow_redirects=False).status_code == 307


def test_a_drawn_report_runs_apart_from_the_board(board: TestClient) -> None:
    report = board.get("/evidence/p1/smoke-1/report.html")

    assert report.headers["content-type"].startswith("text/html")
    assert "sandbox allow-scripts" in report.headers["content-security-policy"]
    assert "allow-same-origin" not in report.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "p1/..%2f..%2fledger.sqlite",
        "..%2fruns",
        "p1/link",
        "p1/%00",
        "%00/x",
        ".",
        "p1/none",
        "%2e%2e/ledger.sqlite",
        "p9/",
    ],
)
def test_no_other_file_is_shown(desk: Desk, board: TestClient, path: str) -> None:
    (desk.bench.site / "ledger.sqlite").write_text("secret")
    (desk.bench.site / "runs" / "p1" / "link").symlink_to(desk.bench.site / "ledger.sqlite")

    answer = board.get(f"/evidence/{path}")

    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_a_log_of_a_rollout_has_no_secret_of_the_site(desk: Desk, board: TestClient) -> None:
    for stage in ("dev", "prod"):
        folder = desk.bench.site / "secrets" / stage
        folder.mkdir(parents=True)
        (folder / "admin").write_text(f"s3cret-of-{stage}\n")
    log = desk.bench.site / "runs" / "p1" / "stages.log"
    log.write_text("s3cret-of-dev, s3cret-of-prod, https://bob:hunter2@mirror.example/debian\n")
    (log.parent / "smoke-1" / "link.log").symlink_to(log)

    for path in ("stages.log", "smoke-1/link.log"):
        answer = board.get(f"/evidence/p1/{path}", headers={"range": "bytes=0-12"})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.text == "(the secret admin), (the secret admin), https://mirror.example/debian\n"


def test_of_a_long_log_of_a_rollout_the_end_is_shown_and_told_so(desk: Desk, board: TestClient) -> None:
    written = [f"line {number}" for number in range(500)]
    (desk.bench.site / "runs" / "p1" / "stages.log").write_text("\n".join(written))

    told, *lines = board.get("/evidence/p1/stages.log").text.splitlines()

    assert told == f"(only the last {len(lines)} lines)"
    assert lines == written[-len(lines) :]


def test_links_that_lead_to_each_other_are_no_evidence(desk: Desk, board: TestClient) -> None:
    runs = desk.bench.site / "runs"
    for one, other in (("p1/a", "p1/b"), ("p1/b", "p1/a"), ("p8", "p8")):
        (runs / one).symlink_to(runs / other)

    assert [board.get(f"/evidence/{path}").status_code for path in ("p1/a", "p8/")] == [404, 404]


@pytest.mark.parametrize("path", ["/attempts/p99", "/stages/none", "/none"])
def test_what_there_is_not_is_told_as_a_page(board: TestClient, path: str) -> None:
    answer = board.get(path)

    assert answer.status_code == 404
    assert "<h1>" in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/metrics", "/attempts/p99", "/static/board.js"])
def test_a_browser_may_load_nothing_from_elsewhere_and_run_nothing_of_a_page(
    board: TestClient, path: str
) -> None:
    answer = board.get(path)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_no_inline_code_and_no_address_of_another_host(board: TestClient, path: str) -> None:
    page = board.get(path).text

    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|javascript:", page)
    assert not re.search(r'(?:src|href)="(?!/|#)', page)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", [*PAGES, "/events", "/metrics", "/hooks/gitlab"])
def test_nothing_can_be_changed(board: TestClient, method: str, path: str) -> None:
    assert board.request(method, path).status_code in {404, 405}


def test_another_name_of_this_machine_is_refused(desk: Desk) -> None:
    board = asked(desk, hosts=("localhost",))

    assert board.get("/", headers={"host": "localhost:8200"}).status_code == 200
    assert board.get("/", headers={"host": "evil.example"}).status_code == 400


class Damaged:
    """A ledger whose events cannot be read."""

    def read(self, after: int = 0, most: int | None = None) -> NoReturn:
        raise LedgerDamaged(f"event {after + 1} of {most} is damaged", next="promote ledger verify")

    def head(self) -> Head:
        return Head(9, "0")


@pytest.mark.parametrize("path", ["/", "/stages/dev", "/attempts/p1", "/metrics"])
def test_a_ledger_that_cannot_be_read_is_told_with_the_next_command(desk: Desk, path: str) -> None:
    answer = asked(desk, ledger=Damaged()).get(path)

    assert answer.status_code == 503
    assert "promote ledger verify" in answer.text

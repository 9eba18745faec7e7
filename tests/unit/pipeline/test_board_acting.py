"""Approving and rejecting on the board: in whose name, by which rules, and what is refused and why."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from board_ways import asked
from desk import Desk, as_person, green, set_rules
from legs_ways import LEGS
from login_ways import ANN, Browser, believing
from starlette.testclient import TestClient

from pipeline.board.acting import LONGEST, MOST_BYTES
from pipeline.board.plans import KEPT_S
from pipeline.core.actor import Actor
from pipeline.core.approval import ApprovalRule
from pipeline.core.errors import NotEligible
from pipeline.testing.deployer import Recipe
from pipeline.testing.gitlab import FakeGitlab, Person

STAGING = ("--stage", "staging")
APPROVALS = "/releases/r1/approvals/staging"
REJECTION = "/releases/r1/rejection"
BO = Person("bo", {"owner": ["cloud"]})


@pytest.fixture
def gitlab() -> Iterator[FakeGitlab]:
    with FakeGitlab() as server:
        server.oauth.visitor = replace(ANN)
        yield server


@pytest.fixture
def browser(desk: Desk, gitlab: FakeGitlab) -> Browser:
    """r1 is verified in dev, and staging asks for a proved approval by ann or bo."""
    assert desk(*green(desk)) == 0
    believing(desk, gitlab)
    set_rules(desk, "staging", approvals=ApprovalRule(1, ("ann", "bo"), verified=True))
    return Browser(desk, gitlab)


def approvals(desk: Desk) -> tuple[str, ...]:
    return tuple(f"{one.by}: {one.reason}" for one in desk.bench.shop().history().approvals)


def test_an_approval_lets_the_plan_in_that_was_shown(desk: Desk, browser: Browser) -> None:
    browser.logged_in()
    assert desk(*STAGING) == 9
    digest = browser.planned("r1", "staging")

    answer = browser.send(APPROVALS, digest=digest, reason="  read,\r\n and sound ")

    assert (answer.status_code, answer.headers["location"]) == (303, "/releases/r1")
    assert approvals(desk) == ("ann, by the board: read, and sound",)
    assert "ann, by the board" in browser.client.get("/releases/r1").text
    assert desk(*STAGING) == 0, desk.err


def test_a_plan_is_that_of_promote_plan(desk: Desk, browser: Browser) -> None:
    browser.logged_in()

    digest = browser.planned("r1", "staging")

    assert desk.document("plan", *STAGING, "--release", "r1")["digest"] == digest
    assert browser.made == [(desk.bench.shop().history().attempts["p1"].release, "staging")]


def test_nobody_approves_what_they_promote_themselves(desk: Desk, browser: Browser) -> None:
    browser.logged_in()
    digest = browser.planned("r1", "staging")
    page = browser.client.get("/releases/r1/plans/staging").text
    assert "for none that you begin yourself" in page
    browser.send(APPROVALS, digest=digest, reason="mine")

    assert as_person(desk, "ann", *STAGING, proved=True) == 9
    assert "nobody approves what they promote themselves" in desk.err


def test_who_the_line_does_not_name_may_not_approve(desk: Desk, browser: Browser) -> None:
    browser.logged_in(BO)
    digest = browser.planned("r1", "staging")
    browser.logged_in(Person("cy", {"owner": ["cloud"]}))
    told = "cy, by the board is not among those who may approve: ann, bo"

    assert f"You may not approve: {told}" in browser.client.get("/releases/r1").text
    for path, fields in ((APPROVALS, {"digest": digest, "reason": "x"}), ("/releases/r1/plans/staging", {})):
        answer = browser.send(path, **fields)
        assert answer.status_code == 403
        assert told in answer.text
        assert "next: promote line show --yaml" in answer.text
    assert approvals(desk) == ()


def test_a_stage_that_asks_for_no_approvals_takes_none(browser: Browser) -> None:
    browser.logged_in()

    answer = browser.send("/releases/r1/plans/prod")

    assert answer.status_code == 403
    assert "prod asks for no approvals" in answer.text
    assert not browser.made


def test_only_the_plan_that_is_shown_can_be_approved(desk: Desk, browser: Browser) -> None:
    browser.logged_in()
    never_made = browser.send(APPROVALS, digest="0" * 64, reason="x")
    digest = browser.planned("r1", "staging")
    other = browser.send(APPROVALS, digest=f"{digest[:-1]}x", reason="x")
    desk.bench.clock.time += KEPT_S
    late = browser.send(APPROVALS, digest=digest, reason="x")

    for answer in (never_made, other, late):
        assert answer.status_code == 403
        assert "make the plan of r1 for staging again" in answer.text
    assert approvals(desk) == ()
    assert "it was too long ago" in browser.client.get("/releases/r1/plans/staging").text


def test_a_plan_that_refuses_can_be_read_and_not_approved(desk: Desk, browser: Browser) -> None:
    release = desk.bench.shop().history().attempts["p1"].release
    desk.bench.world.recipes[release] = Recipe({}, {}, ("the schema <cannot> go back",))
    browser.logged_in()
    assert browser.planned("r1", "staging") == ""
    page = browser.client.get("/releases/r1/plans/staging").text
    assert "the schema &lt;cannot&gt; go back" in page
    assert "Approve" not in page
    digest = page.partition("Digest: <code>")[2].partition("<")[0]

    answer = browser.send(APPROVALS, digest=digest, reason="x")

    assert answer.status_code == 403
    assert "there is no plan of r1 for staging to approve" in answer.text


def test_a_plan_that_cannot_be_made_says_why(desk: Desk, browser: Browser) -> None:
    desk.bench.world.errors["plan"] = NotEligible("no host answers", next="promote doctor")
    browser.logged_in()
    assert browser.planned("r1", "staging") == ""

    page = browser.client.get("/releases/r1/plans/staging").text

    assert "no host answers" in page
    assert "next: promote doctor" in page


def test_a_rejection_is_that_of_promote_reject(desk: Desk, browser: Browser) -> None:
    browser.logged_in()

    answer = browser.send(REJECTION, reason="it <loses> volumes")

    assert (answer.status_code, answer.headers["location"]) == (303, "/releases/r1")
    (found,) = desk.bench.shop().history().rejections.values()
    assert (found.by, str(found.by), found.reason) == (
        Actor("ann", proved=True),
        "ann, by the board",
        "it <loses> volumes",
    )
    page = browser.client.get("/releases/r1").text
    assert "Rejected by ann, by the board" in page
    assert "it &lt;loses&gt; volumes" in page
    assert REJECTION not in page
    assert desk(*STAGING) == 9
    again = browser.send(REJECTION, reason="x")
    assert again.status_code == 403
    assert "r1 is rejected already" in again.text


@pytest.mark.parametrize(
    "path", ["/releases/r9/rejection", "/releases/r9/plans/staging", "/releases/r1/plans/none"]
)
def test_what_there_is_not_is_refused(browser: Browser, path: str) -> None:
    browser.logged_in()

    assert browser.send(path, reason="x").status_code == 400


@pytest.mark.parametrize("reason", ["", " \r\n", "x" * (LONGEST + 1), "\x1b[2J", "a\0b"])
@pytest.mark.parametrize("path", [REJECTION, APPROVALS])
def test_without_a_reason_that_can_be_read_nothing_changes(
    desk: Desk, browser: Browser, path: str, reason: str
) -> None:
    browser.logged_in()
    digest = browser.planned("r1", "staging")

    answer = browser.send(path, digest=digest, reason=reason)

    assert answer.status_code == 400
    assert "go back, and write one" in answer.text
    assert approvals(desk) == ()
    assert not desk.bench.shop().history().rejections


@pytest.mark.parametrize("path", [REJECTION, APPROVALS, "/releases/r1/plans/staging", "/logout"])
def test_a_form_of_nobody_and_one_of_another_login_are_refused(
    desk: Desk, browser: Browser, path: str
) -> None:
    browser.logged_in()
    digest, theirs = browser.planned("r1", "staging"), browser.form()
    fields = {"digest": digest, "reason": "x"}
    browser.made.clear()

    assert browser.other().post(path, data={**fields, "form": theirs}).status_code == 401
    browser.logged_in(BO)
    for form in (theirs, "", "ä"):
        answer = browser.send(path, **fields, form=form)
        assert answer.status_code == 403
        assert "is not of your login here" in answer.text
    assert browser.client.post(path, data=fields).status_code == 403
    assert approvals(desk) == ()
    assert not desk.bench.shop().history().rejections
    assert not browser.made
    assert "Logged in as bo" in browser.client.get("/").text


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"\xff", 400), (b"&".join([b"a=1"] * 21), 400), (b"x" * (MOST_BYTES + 1), 413), (b"", 401)],
    ids=["bytes", "many", "long", "empty"],
)
def test_what_is_no_form_is_refused(browser: Browser, body: bytes, status: int) -> None:
    assert browser.client.post(REJECTION, content=body).status_code == status


@pytest.mark.parametrize("path", [REJECTION, APPROVALS, "/logout"])
def test_nothing_is_changed_by_looking(browser: Browser, path: str) -> None:
    browser.logged_in()

    assert browser.client.get(path).status_code == 405


def test_without_a_login_a_release_is_shown_and_has_no_form(browser: Browser) -> None:
    page = browser.client.get("/releases/r1").text

    assert "The line asks for 1 verified approval by ann or bo" in page
    assert "<form" not in page


def test_pages_may_send_forms_to_the_board_alone_and_only_if_people_can_log_in(browser: Browser) -> None:
    assert "form-action 'self'" in browser.client.get("/").headers["content-security-policy"]


def test_a_plan_is_shown_with_its_gates_and_the_leg_of_each_step(desk: Desk, browser: Browser) -> None:
    release = desk.bench.shop().history().attempts["p1"].release
    desk.bench.world.recipes[release] = Recipe(dict.fromkeys("abc", "1"), {"b": ("a",)}, legs=LEGS)
    browser.logged_in()
    browser.planned("r1", "staging")

    page = html.unescape(browser.client.get("/releases/r1/plans/staging").text)

    desk("plan", *STAGING, "--release", "r1")
    gates = re.findall(r"gate \S+: .*", desk.out)
    assert len(gates) > 1
    assert [one for one in gates if f"<p>{one}</p>" not in page] == []
    assert re.findall(r"<td>([a-z-]+)</td><th scope=.row.>(\w)</th>", page) == [
        ("build", "a"),
        ("build", "b"),
        ("cut-over", "c"),
    ]


def test_who_approved_here_takes_it_back_in_a_job_and_not_as_an_unverified_name(
    desk: Desk, browser: Browser
) -> None:
    browser.logged_in()
    browser.send(APPROVALS, digest=browser.planned("r1", "staging"), reason="x")
    back = ("approve", *STAGING, "--release", "r1", "--withdraw")

    assert as_person(desk, "ann", *back) == 9
    assert "ann (unverified) has not approved r1 for staging" in desk.err
    assert as_person(desk, "ann", *back, proved=True) == 0
    assert approvals(desk) == ()


def test_what_came_of_a_form_is_not_fetched_again_by_its_page(browser: Browser) -> None:
    # Its script would ask by GET, and say "Method Not Allowed" beside the reason.
    browser.logged_in()

    assert "board.js" not in browser.send(REJECTION, reason="").text
    assert "board.js" not in browser.send(REJECTION, reason="x", form="").text
    assert "board.js" in browser.client.get("/attempts/p9").text


@pytest.mark.parametrize("path", ["/login", "/login/done", "/logout", "/releases/r1/plans/dev"])
def test_a_board_that_was_told_of_no_application_offers_no_login(desk: Desk, path: str) -> None:
    desk(*green(desk))
    board: TestClient = asked(desk)

    assert board.get(path).status_code == board.post(path).status_code == 404
    assert "Log in" not in board.get("/").text + board.get("/releases/r1").text
    assert "<form" not in board.get("/releases/r1").text

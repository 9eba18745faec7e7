"""The labs of all sites: which are shown, which are removed, and that one in use stays."""

from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk, green

from pipeline.core.errors import StageLocked, UsageProblem
from pipeline.engine.labs import chosen
from pipeline.testing.small import LEFT
from pipeline.tool_ports import Lab

UNKNOWN = replace(LEFT, site="000abc", path="", folder="unknown", memory=None)
USED = replace(LEFT, site="77ab01", path="/used", occupants=("process 4711 (python -m stages serve)",))


@pytest.fixture
def there(tmp_path: Path) -> Lab:
    return replace(LEFT, site="1d2e3f", path=str(tmp_path), folder="there")


def test_all_are_those_whose_folder_is_known_to_be_gone(there: Lab) -> None:
    assert chosen((LEFT, UNKNOWN, there), (), every=True) == (LEFT,)
    assert chosen((), (), every=True) == ()


def test_others_are_removed_if_they_are_named(there: Lab) -> None:
    named = (UNKNOWN.site, there.site)
    assert chosen((LEFT, UNKNOWN, there), named, every=False) == (UNKNOWN, there)


@pytest.mark.parametrize(
    ("sites", "every", "told"),
    [
        ((), False, "not clear"),
        ((LEFT.site,), True, "not clear"),
        (("aaaaaa", LEFT.site, "bbbbbb"), False, "no lab of a site aaaaaa, bbbbbb"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_all_that_is_wrong(
    *, sites: tuple[str, ...], every: bool, told: str
) -> None:
    with pytest.raises(UsageProblem, match=told) as caught:
        chosen((LEFT,), sites, every=every)
    assert caught.value.next == "promote lab list"


@pytest.mark.parametrize(("sites", "every"), [((), True), ((USED.site,), False)])
def test_a_lab_that_a_process_uses_stays_and_the_process_is_named(
    *, sites: tuple[str, ...], every: bool
) -> None:
    with pytest.raises(StageLocked, match=r"of site 77ab01") as caught:
        chosen((LEFT, USED), sites, every=every)
    assert caught.value.why == "process 4711 (python -m stages serve)"
    others = "promote lab clean 3fa2b1" if every else "end these processes, and repeat the command"
    assert caught.value.next == others


def test_a_site_that_has_machines_beside_its_lab_is_refused_whatever_else_is_named(there: Lab) -> None:
    beyond = replace(there, on_machines=("rack",))
    with pytest.raises(UsageProblem, match="1d2e3f has more than a lab") as caught:
        chosen((LEFT, beyond), (LEFT.site, beyond.site), every=False)
    assert "rack" in caught.value.why
    assert caught.value.next == f"promote lab down --site {there.path}"


def test_nothing_is_taken_from_machines_by_who_cleans_labs(desk: Desk, there: Lab) -> None:
    desk.bench.tools.labs = (replace(there, on_machines=("rack",)),)
    assert desk("lab", "clean", there.site, "--yes") != 0
    assert not desk.bench.tools.calls
    desk("lab", "list")
    assert "1d2e3f has a stage on machines: rack" in desk.out


def test_the_list_says_of_each_whether_its_folder_is_there(desk: Desk, there: Lab) -> None:
    desk.bench.tools.labs = (LEFT, UNKNOWN, USED, there)
    assert desk("lab", "list") == 0
    lines = {line.split()[0]: line.split() for line in desk.out.splitlines()}
    assert lines["3fa2b1"][1:4] == ["/gone", "gone", "dev"]
    assert lines["000abc"][1:3] == ["unknown", "unknown"]
    assert "5.0" in lines["3fa2b1"]
    assert "2023-11-14T22:13:20Z" in desk.out
    assert "77ab01 is in use: process 4711" in desk.out
    desk.bench.tools.labs = ()
    desk("lab", "list")
    assert desk.out == "this machine has no lab of any site\n"


@pytest.mark.parametrize("more", [(), ("-o", "json")])
def test_without_yes_and_where_nobody_can_be_asked_it_only_looks(desk: Desk, more: tuple[str, ...]) -> None:
    assert desk("lab", "clean", "--all", *more) == 0
    assert "3fa2b1" in desk.out
    assert more or "to remove 1 lab, with all data: promote lab clean --all --yes\n" in desk.out
    assert not desk.bench.tools.calls


def test_with_yes_it_removes_and_names_what(desk: Desk) -> None:
    desk.bench.tools.labs = (LEFT, UNKNOWN)
    assert desk("lab", "clean", "--all", "--yes") == 0
    assert desk.out == "removed sg-3fa2b1-dev-database-1\n"
    assert desk.bench.tools.calls == ["clean 3fa2b1"]
    desk.bench.tools.labs = (UNKNOWN,)
    desk("lab", "clean", "--all", "--yes")
    assert desk.out == "there is nothing to remove\n"
    assert desk.bench.tools.calls == ["clean 3fa2b1"]


@pytest.mark.parametrize(("answer", "code", "calls"), [(True, 0, ["clean 3fa2b1"]), (False, 2, [])])
def test_a_person_is_shown_what_goes_and_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *, answer: bool, code: int, calls: list[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked: list[str] = []
    monkeypatch.setattr("click.confirm", lambda what, **_: asked.append(what) or answer)
    assert desk("lab", "clean", "--all") == code
    assert "/gone" in desk.err
    assert asked == ["remove 1 lab, with all data?"]
    assert desk.bench.tools.calls == calls


def test_a_site_with_its_folder_is_taken_down_as_itself(desk: Desk, there: Lab) -> None:
    desk.bench.tools.labs = (LEFT, there)
    assert desk("lab", "clean", LEFT.site, there.site, "--yes") == 0
    assert desk.bench.tools.calls == ["down None", "clean 3fa2b1"], "what may be locked comes first"
    assert [place.site for place in desk.places][1] == Path(there.path)


def test_while_a_run_holds_one_of_its_stages_nothing_is_removed(desk: Desk, there: Lab) -> None:
    desk(*green(desk))
    desk.bench.shop().ledger.acquire("dev", "a promotion", 3600)
    desk.alive = True
    desk.bench.tools.labs = (LEFT, there)
    assert desk("lab", "clean", LEFT.site, there.site, "--yes") == 5
    assert "dev is locked: a promotion" in desk.err
    assert not desk.bench.tools.calls

"""The lab's hosts together get more CPU time than one session, and what makes them more than they."""

import os
from pathlib import Path

import pytest

from stages.errors import ProgramFailed
from stages.machine.substrates.weight import NICENESS, SESSIONS, go_first, raise_kernel_threads, weigh


@pytest.mark.parametrize(
    ("file", "one"), [("cpu/pods/cpu.shares", 1024), ("pods/cpu.weight", 100)], ids=["version 1", "version 2"]
)
def test_the_group_of_all_containers_weighs_as_several_sessions(tmp_path: Path, file: str, one: int) -> None:
    weight = tmp_path / file
    weight.parent.mkdir(parents=True)
    weight.write_text(str(one))
    weigh("/pods/container-1", tmp_path)
    assert weight.read_text() == str(SESSIONS * one)


def test_where_no_group_is_around_it_nothing_is_weighed(tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.shares").write_text("1024")
    weigh("/container-1", tmp_path)
    assert (tmp_path / "cpu" / "cpu.shares").read_text() == "1024"


def test_a_weight_that_the_kernel_refuses_is_told_with_the_command_that_sets_it(tmp_path: Path) -> None:
    refusing = tmp_path / "pods" / "cpu.weight"
    refusing.mkdir(parents=True)  # what can't be written to
    with pytest.raises(ProgramFailed) as refused:
        weigh("/pods/container-1", tmp_path)
    assert refused.value.where == str(refusing)
    assert refused.value.next == f"as root: echo {SESSIONS * 100} > {refusing}"


def test_threads_of_the_kernel_keep_up_and_nobody_else_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "setpriority", lambda _which, who, niceness: raised.append((who, niceness)))
    rest = " 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 "  # session to priority
    for pid, name, parent, niceness in [
        (71, "kdamond.0", 2, 0),
        (72, "kworker/0:1H-a) b", 2, -20),
        (73, "(sd-pam) 2", 1, 0),
    ]:
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} 0{rest}{niceness} 1 0 9")
    (tmp_path / "74").mkdir()  # it has just ended
    raise_kernel_threads(tmp_path)
    assert raised == [(71, NICENESS)]


def test_a_thread_of_the_kernel_that_may_not_be_raised_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setpriority", refuse)
    (tmp_path / "71").mkdir()
    (tmp_path / "71/stat").write_text("71 (kdamond.0) S 2 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9")
    with pytest.raises(ProgramFailed) as refused:
        raise_kernel_threads(tmp_path)
    assert (refused.value.where, refused.value.why) == (str(tmp_path / "71"), "Operation not permitted")


def test_what_makes_hosts_goes_before_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getsid", lambda _process: os.getpid())
    autogroup = tmp_path / "autogroup"
    go_first(autogroup)
    assert autogroup.read_text() == str(NICENESS)


def test_where_the_kernel_refuses_hosts_are_made_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getsid", lambda _process: os.getpid())
    go_first(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_session_that_others_share_keeps_its_priority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getsid", lambda _process: os.getpid() + 1)
    autogroup = tmp_path / "autogroup"
    go_first(autogroup)
    assert not autogroup.exists()

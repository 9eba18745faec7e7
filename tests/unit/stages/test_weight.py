"""The lab's hosts together get more CPU time than one session, and what makes them more than they."""

import os
from pathlib import Path

import pytest

from stages.errors import ProgramFailed
from stages.machine.substrates.weight import (
    NICENESS,
    REAL_TIME_OF_ALL_US,
    REAL_TIME_US,
    SESSIONS,
    allow_real_time,
    go_first,
    raise_kernel_threads,
    weigh,
)


@pytest.mark.parametrize(
    ("file", "container", "before", "after"),
    [
        pytest.param("cpu/pods/cpu.shares", "/pods/one", 1024, SESSIONS * 1024, id="version 1"),
        pytest.param("pods/cpu.weight", "/pods/one", 100, SESSIONS * 100, id="version 2"),
        pytest.param("cpu/cpu.shares", "/one", 1024, 1024, id="in no group"),
    ],
)
def test_the_group_of_all_containers_weighs_as_several_sessions(
    tmp_path: Path, file: str, container: str, before: int, after: int
) -> None:
    weight = tmp_path / file
    weight.parent.mkdir(parents=True)
    weight.write_text(str(before))
    weigh(container, tmp_path)
    assert weight.read_text() == str(after)


def test_a_weight_that_the_kernel_refuses_is_told_with_the_command_that_sets_it(tmp_path: Path) -> None:
    refusing = tmp_path / "pods" / "cpu.weight"
    refusing.mkdir(parents=True)  # what can't be written to
    with pytest.raises(ProgramFailed) as refused:
        weigh("/pods/container-1", tmp_path)
    assert refused.value.where == str(refusing)
    assert refused.value.next == f"as root: echo {SESSIONS * 100} > {refusing}"


def test_a_host_may_run_programs_at_real_time_priority_within_what_all_may(tmp_path: Path) -> None:
    own, above = (tmp_path / "cpu" / group / "cpu.rt_runtime_us" for group in ("pods/one", "pods"))
    own.parent.mkdir(parents=True)
    allow_real_time("/pods/one", tmp_path)
    assert not own.exists(), "a kernel that does not share it by groups"
    allow_real_time("", tmp_path)  # a container that is in no group
    own.write_text("0")
    above.write_text("100000")
    allow_real_time("/pods/one", tmp_path)
    assert (own.read_text(), above.read_text()) == (str(REAL_TIME_US), str(REAL_TIME_OF_ALL_US))
    above.write_text("900000")
    allow_real_time("/pods/one", tmp_path)
    assert above.read_text() == "900000", "what somebody else has given is not taken away"


def thread(proc: Path, pid: int, name: str, parent: int, niceness: int) -> None:
    (proc / str(pid)).mkdir()
    rest = " 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 "  # session to priority
    (proc / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} 0{rest}{niceness} 1 0 9")


def test_kernel_threads_at_the_default_priority_are_raised_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "setpriority", lambda _which, who, niceness: raised.append((who, niceness)))
    thread(tmp_path, 71, "kdamond.0", parent=2, niceness=0)
    thread(tmp_path, 72, "kworker/0:1H-a) b", parent=2, niceness=-20)
    thread(tmp_path, 73, "(sd-pam) 2", parent=1, niceness=0)
    (tmp_path / "74").mkdir()  # it has just ended
    raise_kernel_threads(tmp_path)
    assert raised == [(71, NICENESS)]


def test_a_kernel_thread_that_may_not_be_raised_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setpriority", refuse)
    thread(tmp_path, 71, "kdamond.0", parent=2, niceness=0)
    with pytest.raises(ProgramFailed) as refused:
        raise_kernel_threads(tmp_path)
    assert (refused.value.where, refused.value.why) == (str(tmp_path / "71"), "Operation not permitted")


@pytest.mark.parametrize(
    ("others", "found"), [pytest.param(0, str(NICENESS), id="alone"), pytest.param(1, "", id="shared")]
)
def test_a_session_gets_priority_over_the_hosts_unless_others_share_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: int, found: str
) -> None:
    monkeypatch.setattr(os, "getsid", lambda _process: os.getpid() + others)
    autogroup = tmp_path / "autogroup"
    autogroup.touch()
    go_first(autogroup)
    assert autogroup.read_text() == found


def test_a_priority_that_the_kernel_refuses_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getsid", lambda _process: os.getpid())
    go_first(tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_load_balancers_of_many_stages_may_stand_on_one_machine() -> None:
    """The kernel refuses what would be more, for all load balancers together, than their parent has."""
    assert 32 * REAL_TIME_US <= REAL_TIME_OF_ALL_US

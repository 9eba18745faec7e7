"""A cluster is bootstrapped once: on the first host, and only when no other one can hold it."""

import runpy
import socket
from pathlib import Path

import pytest
from stage_sample import blueprint

from stages.clusters.bootstrap import Bootstrap
from stages.design.manifest import Command, Wait

BOOTSTRAP = Bootstrap(
    "bus",
    "Bus",
    ("bus.service", "watch.service"),
    member="/data/member",
    port=7000,
    within=90,
    also=("/data/memory",),
)
MEMBERS = blueprint("whole-prod").hosts_of("messaging")


def test_the_first_may_bootstrap_it_and_every_member_is_waited_for() -> None:
    formations = BOOTSTRAP.formations(MEMBERS)
    runs = [[part.run for part in item.commands if isinstance(part, Command)] for item in formations]
    assert [(BOOTSTRAP.script("bootstrap"),) in run for run in runs] == [True, False, False]
    whole = (BOOTSTRAP.script("whole"),)
    assert {item.commands[-1] for item in formations} == {Wait("whole", whole, within=90)}
    assert {item.done for item in formations} == {whole}


def test_a_start_is_not_waited_for_so_that_members_without_data_can_wait_for_each_other() -> None:
    starts = [command for command in BOOTSTRAP.start if command.name.startswith("start ")]
    assert [command.run for command in starts] == [
        ("systemctl", "start", "--no-block", unit) for unit in BOOTSTRAP.units
    ]


def bootstrap(folder: Path, monkeypatch: pytest.MonkeyPatch, *answers: Exception | None) -> bool:
    """Run the first member's script where the others answer so; return whether it may bootstrap now."""
    heard = dict(zip((member.address for member in MEMBERS[1:]), answers, strict=True))

    def connect(place: tuple[str, int], timeout: float) -> socket.socket:
        assert (place[1], timeout) == (7000, 3)
        if (error := heard[place[0]]) is not None:
            raise error
        return socket.socket()

    monkeypatch.setattr(socket, "create_connection", connect)
    mark = folder / "bootstrap"
    (text,) = (
        file.content
        for file in BOOTSTRAP.files(MEMBERS[0], MEMBERS)
        if file.path == BOOTSTRAP.script("bootstrap")
    )
    script = folder / "script"
    script.write_text(text.replace(BOOTSTRAP.mark, str(mark)).replace("/data/", f"{folder}/"))
    try:
        runpy.run_path(str(script))
    except SystemExit as end:
        if end.code:
            raise
    return mark.exists()


REFUSED, SILENT = ConnectionRefusedError(), TimeoutError("timed out")


@pytest.mark.parametrize(
    ("has", "answers", "may"),
    [
        ((), (REFUSED, REFUSED), True),  # nobody listens, say all others
        ((), (REFUSED, None), False),  # there is one
        (("member", "memory"), (REFUSED, REFUSED), False),  # the host has its data
        (("member",), (None, REFUSED), False),  # it lost a part of them, and asks
        (("member",), (REFUSED, REFUSED), True),
    ],
)
def test_it_is_bootstrapped_only_where_no_host_can_have_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    has: tuple[str, ...],
    answers: tuple[Exception | None, ...],
    *,
    may: bool,
) -> None:
    for name in has:
        (tmp_path / name).touch()
    assert bootstrap(tmp_path, monkeypatch, *answers) is may


def test_it_is_not_bootstrapped_while_a_peer_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match=r"messaging-3 can't be asked \(timed out\), and may hold"):
        bootstrap(tmp_path, monkeypatch, REFUSED, SILENT)
    assert not (tmp_path / "bootstrap").exists()

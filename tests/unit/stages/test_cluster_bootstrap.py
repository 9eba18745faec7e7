"""A cluster is bootstrapped once: on the first host, and only when no other one can hold it."""

import runpy
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from programs import ended
from stage_sample import blueprint

from stages.clusters.bootstrap import Bootstrap
from stages.clusters.first import FRESH, MEMBER, UNMARKED, WHOLE
from stages.design.manifest import LIB, Command, Wait
from stages.design.parts import Formation

BOOTSTRAP = Bootstrap(
    "bus",
    "Bus",
    ("bus.service", "watch.service"),
    member="/data/member",
    port=7000,
    within=90,
    data={"/data/queues/*/": 0, "/data/keys/*.log": 10},
    also=("/data/memory",),
)
MEMBERS = blueprint("whole-prod").everywhere("messaging")


def formed(*states: str, chosen: str = "", program: Bootstrap = BOOTSTRAP) -> tuple[Formation, ...]:
    """The steps of three hosts that say so; an empty one says nothing."""
    facts = {
        host.name: {"bus": state} | ({"chosen": "yes"} if host.name == chosen else {})
        for host, state in zip(MEMBERS, states, strict=False)
        if state
    }
    found = program.formations("prod", MEMBERS, facts)
    assert isinstance(found, tuple)
    return found


def test_the_first_may_bootstrap_it_and_every_member_is_waited_for() -> None:
    formations = formed()
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


def scripts(formations: tuple[Formation, ...]) -> dict[str, list[str]]:
    """The scripts of the program that each host's step runs, in the order of the steps."""
    return {
        item.host: [
            Path(part.run[0]).name
            for part in item.commands
            if isinstance(part, Command) and part.run[0].startswith(f"{LIB}/")
        ]
        for item in formations
    }


def test_a_chosen_host_is_first_and_the_others_discard_their_data_before_those_without_join() -> None:
    formations = formed(FRESH, UNMARKED, MEMBER, chosen="messaging-2")
    assert scripts(formations) == {
        "messaging-2": ["bus-chosen", "bus-bootstrap"],
        "messaging-3": ["bus-discard"],
        "messaging-1": [],
    }
    assert [item.title for item in formations] == [
        "start Bus's cluster on messaging-2, from its data",
        "join Bus's cluster on messaging-3, discarding its own data",
        "join Bus's cluster on messaging-1",
    ]
    assert {item.id: item.done for item in formations} == {item.id: item.done for item in formed()}


def test_where_members_follow_they_keep_their_data() -> None:
    following = replace(BOOTSTRAP, follow=True)
    formations = formed(MEMBER, MEMBER, UNMARKED, chosen="messaging-2", program=following)
    assert [name for name, runs in scripts(formations).items() if "bus-discard" in runs] == ["messaging-3"]


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ((), FRESH),
        (("queues", "keys"), FRESH),
        (("queues/one",), UNMARKED),
        (("member", "queues/one"), UNMARKED),
        (("member", "memory"), MEMBER),
    ],
)
def test_a_host_says_what_it_has(tmp_path: Path, made: tuple[str, ...], says: str) -> None:
    for name in made:
        (tmp_path / name).mkdir(parents=True)
    assert state(tmp_path) == says


@pytest.mark.parametrize(("size", "says"), [(10, FRESH), (11, UNMARKED)])
def test_a_file_of_an_empty_program_is_no_data(tmp_path: Path, size: int, says: str) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/a.log").write_bytes(b"x" * size)
    assert state(tmp_path) == says


def test_a_member_that_is_whole_says_so(tmp_path: Path) -> None:
    assert state(tmp_path, whole="true") == WHOLE


def state(folder: Path, whole: str = "false") -> str:
    """What the script says on a host whose data are in this folder."""
    (text,) = (
        file.content
        for file in BOOTSTRAP.files(MEMBERS[0], MEMBERS)
        if file.path == BOOTSTRAP.script("state")
    )
    program = folder / "state-script"
    program.write_text(text.replace(BOOTSTRAP.script("whole"), whole).replace("/data/", f"{folder}/"))
    done = ended(sys.executable, "-I", program, check=True)
    return done.stdout.strip()

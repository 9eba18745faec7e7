"""What a host of OVN does by itself: with a missing database, with a backup, and once it was taken out."""

import json
from pathlib import Path
from typing import Any

import pytest
from stage_sample import defined

from stages.roles.ovn.role import PROGRAM


@pytest.fixture
def program() -> dict[str, Any]:
    return defined("whole-prod", "ovn-1", PROGRAM)


@pytest.mark.parametrize(
    ("answers", "may_bootstrap", "does"),
    [
        (("open", "silent"), True, "join-cluster"),
        (("open", "closed"), False, "join-cluster"),
        (("closed", "closed"), True, "create-cluster"),
        (("closed", "closed"), False, "there is no cluster"),
        (("closed", "silent"), True, "can't be asked"),
    ],
)
def test_a_missing_database_is_made_new_only_where_all_peers_say_that_they_have_none(
    program: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    answers: tuple[str, ...],
    does: str,
    *,
    may_bootstrap: bool,
) -> None:
    heard, ran = dict(zip(program["PEERS"], answers, strict=True)), []
    monkeypatch.setitem(program, "knock", lambda peer, _port: heard[peer])
    monkeypatch.setitem(program, "must", lambda *argv: ran.append(" ".join(argv)))
    monkeypatch.setattr(program["os"], "rename", lambda *_: None)
    monkeypatch.setattr(program["Database"], "is_restored", lambda _: False)
    try:
        program["make"](program["DATABASES"][0], may_bootstrap)
    except SystemExit as ended:
        ran.append(str(ended.code))
    assert len(ran) == 1
    assert does in ran[0]


def test_an_earlier_self_has_this_address_and_is_not_this_server(
    program: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    northbound, *_ = program["DATABASES"]
    peer = northbound.at(program["PEERS"][0])
    text = f"Servers:\n    aaaa (aaaa at {northbound.here}) (self)\n    bbbb (bbbb at {peer}) next_index=3\n"
    monkeypatch.setattr(program["Database"], "control", lambda *_: text)
    assert northbound.earlier_selves() == []
    text += f"    cccc (cccc at {northbound.here})\n"
    assert northbound.earlier_selves() == ["cccc"]


def told(program: str, verb: str, path: str) -> str:
    """What ovsdb-tool says of one of these files, which is of the cluster c1."""
    assert program == "ovsdb-tool"
    if verb == "db-cid":
        return "c1\n"
    assert verb == "show-log"
    note = ' note: "left"\n' if Path(path).read_text() == "left" else ""
    return f'record 0:\n name: "OVN_Northbound"\nrecord 9:\n comment: "note: left"\n{note}'


@pytest.fixture
def folder(program: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The databases are in this folder, and nothing runs; `program["ran"]` has what would."""
    ran = program["ran"] = []

    def must(*argv: str) -> None:
        ran.append(" ".join(argv).replace(f"{tmp_path}/", ""))
        if argv[:2] == ("ovsdb-tool", "cluster-to-standalone"):
            Path(argv[2]).write_text("alone")
        elif argv[:2] == ("ovsdb-tool", "join-cluster"):
            Path(argv[2]).write_text("new member")
        elif argv[0] == "ovsdb-tool":
            Path(argv[3]).write_text(f"cluster of {Path(argv[4]).read_text()}")

    monkeypatch.setattr(program["Database"], "file", property(lambda self: f"{tmp_path}/{self.short}.db"))
    monkeypatch.setattr(program["Database"], "is_restored", lambda self: restored(self.file))
    monkeypatch.setitem(program, "out", told)
    monkeypatch.setitem(program, "must", must)
    monkeypatch.setitem(program, "knock", lambda *_: "closed")
    monkeypatch.setitem(program, "runs", lambda _: False)
    return tmp_path


def restored(path: str) -> bool:
    return Path(path).exists() and Path(path).read_text() == "backup"


def test_a_restored_backup_is_the_content_of_a_new_cluster_and_is_kept(
    program: dict[str, Any], folder: Path
) -> None:
    for name in ("nb.db", "sb.db"):
        (folder / name).write_text("backup")
    program["start"]()
    assert program["ran"] == [], "a server would replace it"
    assert program["is_started"]()
    program["enter"](may_bootstrap=True)
    assert (folder / "nb.db").read_text() == (folder / "sb.db").read_text() == "cluster of backup"
    assert (folder / "nb.db.backup").read_text() == "backup"


def test_a_restored_backup_is_not_replaced_by_the_data_of_peers(
    program: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "nb.db").write_text("backup")
    monkeypatch.setitem(program, "knock", lambda *_: "open")
    with pytest.raises(SystemExit, match=r"is a backup of no cluster.*it is not replaced.*discard"):
        program["enter"](may_bootstrap=False)
    assert (folder / "nb.db").read_text() == "backup"


def test_a_chosen_copy_is_founded_anew_and_kept(program: dict[str, Any], folder: Path) -> None:
    (folder / "nb.db").write_text("member")
    (folder / "sb.db").write_text("backup")
    for _ in range(2):  # as often as it is interrupted
        program["found"]()
        assert program["ran"][0].startswith("systemctl stop ovn-central")
        assert (folder / "nb.db").read_text() == "cluster of alone"
    assert (folder / "sb.db").read_text() in {"cluster of backup", "cluster of alone"}
    assert "member" in {path.read_text() for path in folder.glob("nb.db.of-*")}


def test_a_copy_that_was_discarded_is_laid_aside(program: dict[str, Any], folder: Path) -> None:
    (folder / "nb.db").write_text("member")
    program["discard"]()
    assert [path.read_text() for path in folder.iterdir()] == ["member"]
    assert not (folder / "nb.db").exists()


def answers(cid: str = "c1", *, connected: bool = True) -> str:
    return json.dumps([{"rows": [{"connected": connected, "cid": ["uuid", cid]}]}])


@pytest.fixture
def peers(program: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What each peer's servers say of their clusters; this host's were taken out of them, and run on."""
    said = dict.fromkeys(program["PEERS"], answers())
    for name in ("nb.db", "sb.db"):
        (folder / name).write_text("left")

    def out(*argv: str) -> str:
        if argv[0] != "ovsdb-client":
            return told(*argv)
        assert json.loads(argv[-1])[1]["where"][0][2] in {"OVN_Northbound", "OVN_Southbound"}
        return said[argv[3].split(":")[1]]

    monkeypatch.setitem(program, "out", out)
    monkeypatch.setitem(program, "knock", lambda *_: "open")
    return said


def test_a_server_that_was_taken_out_and_stays_joins_anew_and_what_it_had_is_laid_aside(
    program: dict[str, Any], folder: Path, peers: dict[str, str]
) -> None:
    """A redeployment that ends before the host is gone leaves it so. A repeated join changes nothing."""
    assert len(peers) == 2
    program["enter"](may_bootstrap=False)
    stops, joins, *_ = program["ran"]
    assert stops == "systemctl stop ovn-ovsdb-server-nb.service"
    assert joins.startswith("ovsdb-tool join-cluster nb.db.new ")
    program["enter"](may_bootstrap=False)
    assert (folder / "nb.db").read_text() == (folder / "sb.db").read_text() == "new member"
    assert [path.read_text() for path in sorted(folder.glob("*.left-*"))] == ["left", "left"]
    assert len([one for one in program["ran"] if "join-cluster" in one]) == 2


@pytest.mark.parametrize("said", ["", "[]", "no json", answers("c2"), answers(connected=False)], ids=range(5))
@pytest.mark.parametrize("may_bootstrap", [True, False])
def test_what_may_be_the_last_copy_is_not_laid_aside(
    program: dict[str, Any], folder: Path, peers: dict[str, str], said: str, *, may_bootstrap: bool
) -> None:
    """Of two others, both must be seen in the cluster that the file is of."""
    peers[program["PEERS"][1]] = said
    with pytest.raises(SystemExit, match=r"taken out of the cluster of OVN_Northbound.*is kept.*discard"):
        program["enter"](may_bootstrap=may_bootstrap)
    assert program["ran"] == []
    assert (folder / "nb.db").read_text() == "left"


def test_one_that_has_no_peers_lays_nothing_aside(
    program: dict[str, Any], folder: Path, peers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert peers
    monkeypatch.setitem(program, "PEERS", [])
    with pytest.raises(SystemExit, match="is kept"):
        program["enter"](may_bootstrap=True)
    assert (folder / "nb.db").read_text() == "left"


def test_a_server_that_would_refuse_what_it_has_is_not_started_with_its_manifest(
    program: dict[str, Any], folder: Path
) -> None:
    (folder / "nb.db").write_text("left")
    (folder / "sb.db").write_text("member")
    assert not program["is_started"]()
    program["start"]()
    assert program["ran"] == ["systemctl start ovn-ovsdb-server-sb.service"]
    (folder / "sb.db").write_text("left")
    assert program["is_started"]()


def test_nothing_waits_for_a_server_that_was_taken_out(
    program: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(program, "runs", lambda _: True)
    monkeypatch.setitem(program, "knock", lambda *_: "open")
    monkeypatch.setattr(program["Database"], "is_joined", lambda _: False)
    for text, settled in (("member", False), ("left", True)):
        for name in ("nb.db", "sb.db"):
            (folder / name).write_text(text)
        assert program["is_settled"]() is settled

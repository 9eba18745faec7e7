"""A server of OVN's databases that was taken out of its cluster while its host stays joins as a new one."""

import json
from pathlib import Path
from typing import Any

import pytest
from stage_sample import content

from stages.roles.ovn.role import PROGRAM


@pytest.fixture
def program() -> dict[str, Any]:
    """What the program on a host defines, without its being run."""
    found: dict[str, Any] = {"__name__": "program"}
    text = content("whole-prod", "ovn-1", PROGRAM)
    exec(compile(text, PROGRAM, "exec", dont_inherit=True), found)  # noqa: S102 - our own text
    return found


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
    monkeypatch.setattr(program["Database"], "file", property(lambda self: f"{tmp_path}/{self.short}.db"))
    monkeypatch.setattr(program["Database"], "is_restored", lambda _: False)
    monkeypatch.setitem(program, "out", told)
    monkeypatch.setitem(program, "must", lambda *argv: ran.append(" ".join(argv)))
    monkeypatch.setitem(program, "runs", lambda _: False)
    return tmp_path


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

    def must(*argv: str) -> None:
        program["ran"].append(" ".join(argv[:3]).replace(f"{folder}/", ""))
        if argv[:2] == ("ovsdb-tool", "join-cluster"):
            Path(argv[2]).write_text("new member")

    monkeypatch.setitem(program, "out", out)
    monkeypatch.setitem(program, "must", must)
    monkeypatch.setitem(program, "knock", lambda *_: "open")
    return said


def test_a_server_that_was_taken_out_and_stays_joins_anew_and_what_it_had_is_laid_aside(
    program: dict[str, Any], folder: Path, peers: dict[str, str]
) -> None:
    """A redeployment that ends before the host is gone leaves it so. A repeated join changes nothing."""
    assert len(peers) == 2
    program["enter"](may_bootstrap=False)
    assert program["ran"][:2] == [
        "systemctl stop ovn-ovsdb-server-nb.service",
        "ovsdb-tool join-cluster nb.db.new",
    ]
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

"""Where a member's data end, and which start would lose them: the program with commands of the test."""

import json
import os
import re
from pathlib import Path

import pytest
from database_stand_in import CLUSTER, NOBODY, OTHER, grastate
from programs import ended, executable
from stage_sample import content

from stages.roles.database.data import Data, DataError, cluster_of
from stages.roles.database.role import DATA, MARIADB_UNIT


class Host:
    """A host below a folder: its programs say what the test wants, and write what ran into a file."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.programs = root, root / "programs"
        self.folder = root / "var/lib/mysql"
        for folder in (self.programs, self.folder, root / "run"):
            folder.mkdir(parents=True)
        members = {f"database-{number}": f"10.0.0.{number}" for number in (1, 2, 3)}
        (self.programs / "galera-member.json").write_text(
            json.dumps({"name": "database-1", "members": members})
        )
        monkeypatch.setenv("PATH", f"{self.programs}{os.pathsep}{os.environ['PATH']}")
        self.says("systemctl", "inactive")
        self.says("galera-member", "stopped data")
        self.says("curl", "")
        self.data = Data(root, self.programs)

    def says(self, program: str, text: str, *, err: str = "", code: int = 0) -> None:
        executable(
            self.programs / program,
            f"#!/bin/sh\necho {program} >> {self.root}/ran\ncat <<'END'\n{text}\nEND\n"
            f"cat >&2 <<'END'\n{err}\nEND\nexit {code}\n",
        )

    def saved(self, text: str) -> None:
        (self.folder / "grastate.dat").write_text(text)

    @property
    def ran(self) -> list[str]:
        path = self.root / "ran"
        return path.read_text().split() if path.exists() else []


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_after_a_clean_stop_the_position_is_recorded(host: Host) -> None:
    host.saved(grastate(7))
    assert host.data.position() == f"{CLUSTER}:7"
    assert "mariadbd" not in host.ran


@pytest.mark.parametrize("saved", ["", grastate(-1), grastate(-1, uuid=NOBODY)])
@pytest.mark.parametrize("position", [f"{CLUSTER}:9", f"{NOBODY}:-1"])
def test_else_it_is_recovered_from_the_data(host: Host, saved: str, position: str) -> None:
    host.saved(saved)
    host.says("mariadbd", "", err=f"[Note] WSREP: Recovered position: {position}")
    assert host.data.position() == position


@pytest.mark.parametrize("state", ["active", "activating", "deactivating"])
def test_a_server_that_runs_has_no_position(host: Host, state: str) -> None:
    host.saved(grastate(7))
    host.says("systemctl", state, code=3)
    with pytest.raises(DataError, match=f"mariadb is {state}"):
        host.data.position()


def test_what_can_not_be_recovered_is_not_known(host: Host) -> None:
    host.says("mariadbd", "", err="[ERROR] InnoDB: corrupted", code=1)
    with pytest.raises(DataError, match=r"(?s)end is not known: `promote bootstrap`.*InnoDB: corrupted"):
        host.data.position()


def serving(uuid: str) -> str:
    return f"wsrep_cluster_state_uuid={uuid} wsrep_local_state=4 wsrep_ready=ON"


def start_position(uuid: str, seqno: int = 9) -> dict[str, str]:
    return {"_WSREP_START_POSITION": f"--wsrep_start_position={uuid}:{seqno}"}


@pytest.mark.parametrize("environment", [start_position(CLUSTER), start_position(NOBODY, -1), {}])
def test_a_member_joins_the_cluster_that_its_data_are_of(host: Host, environment: dict[str, str]) -> None:
    host.saved(grastate(-1))
    host.says("curl", serving(CLUSTER))
    host.data.guard(environment)


def test_it_does_not_join_another_cluster(host: Host) -> None:
    host.saved(grastate(-1))
    host.says("curl", serving(OTHER))
    with pytest.raises(DataError, match=rf"of cluster {CLUSTER}, and the peers are cluster {OTHER}.*discard"):
        host.data.guard(start_position(CLUSTER))


def test_a_restored_backup_is_not_replaced(host: Host) -> None:
    host.says("curl", serving(OTHER))
    host.says("mariadbd", "", err=f"[Note] WSREP: Recovered position: {NOBODY}:-1")
    with pytest.raises(DataError, match="of no cluster, as a restored backup has"):
        host.data.guard(start_position(NOBODY, -1))


def test_a_member_without_data_joins_any_cluster(host: Host) -> None:
    host.says("galera-member", "stopped fresh")
    host.says("curl", serving(OTHER))
    host.data.guard(start_position(NOBODY, -1))
    assert "curl" not in host.ran


@pytest.mark.parametrize(
    "answer",
    [
        "",  # nobody answers
        "draining",
        f"wsrep_cluster_state_uuid={OTHER} wsrep_local_state=0 wsrep_ready=OFF",  # it is in no cluster itself
        "wsrep_local_state=4 wsrep_ready=ON",  # an older release
    ],
)
def test_where_no_peer_names_its_cluster_the_start_goes_on(host: Host, answer: str) -> None:
    host.says("curl", answer)
    host.data.guard(start_position(CLUSTER))
    assert host.ran.count("curl") == 2


def test_the_first_peer_that_serves_is_enough(host: Host) -> None:
    host.says("curl", serving(CLUSTER))
    host.data.guard(start_position(CLUSTER))
    assert host.ran.count("curl") == 1
    assert cluster_of(["draining", serving(OTHER), serving(CLUSTER)]) == OTHER


FOUNDS = {"_WSREP_NEW_CLUSTER": "--wsrep-new-cluster"}


def test_who_founds_a_cluster_goes_on_where_no_peer_serves(host: Host) -> None:
    host.says("curl", "wsrep_local_state=0 wsrep_ready=OFF")
    host.data.guard(start_position(CLUSTER) | FOUNDS)
    assert set(host.ran) == {"curl"}


def test_no_second_cluster_is_founded_and_the_next_start_joins(host: Host) -> None:
    host.says("curl", serving(CLUSTER))
    (host.root / "run/mariadb-wsrep-new-cluster").write_text("_WSREP_NEW_CLUSTER=--wsrep-new-cluster\n")
    with pytest.raises(DataError, match=rf"the peers are one already \({CLUSTER}\).*systemctl start mariadb"):
        host.data.guard(start_position(CLUSTER) | FOUNDS)
    assert "systemctl" in host.ran, "the older unit has it in the manager's environment"
    assert not (host.root / "run/mariadb-wsrep-new-cluster").exists()


@pytest.mark.parametrize("saved", ["", grastate(-1, uuid=NOBODY)])
def test_where_the_record_is_lost_the_data_say_which_cluster_they_are_of(host: Host, saved: str) -> None:
    """Since 10.11.19 Debian's unit recovers the position in the start itself, after the guard."""
    host.saved(saved)
    host.says("curl", serving(CLUSTER))
    host.says("mariadbd", "", err=f"[Note] WSREP: Recovered position: {CLUSTER}:9")
    host.data.guard({})
    host.says("curl", serving(OTHER))
    with pytest.raises(DataError, match=f"of cluster {CLUSTER}, and the peers are cluster {OTHER}"):
        host.data.guard({})


def test_only_a_start_that_needs_it_waits_for_a_recovery(host: Host) -> None:
    host.saved(grastate(-1))
    host.says("curl", serving(CLUSTER))
    host.data.guard({})
    assert "mariadbd" not in host.ran


def test_data_that_were_discarded_are_lost_to_one_start(host: Host) -> None:
    host.says("curl", serving(OTHER))
    host.data.discard()
    host.data.guard(start_position(CLUSTER))
    with pytest.raises(DataError):
        host.data.guard(start_position(CLUSTER))


def test_a_transfer_that_was_interrupted_goes_on(host: Host) -> None:
    host.says("curl", serving(OTHER))
    (host.folder / "sst_in_progress").touch()
    host.data.guard(start_position(CLUSTER))


def test_each_start_is_guarded_after_the_position_was_found() -> None:
    unit = content("prod", "database-1", MARIADB_UNIT)
    assert f"ExecStartPre=+{DATA} guard\n" in unit
    assert "ExecStartPre=\n" not in unit, "Debian's own commands come first"


def test_a_start_forgets_what_was_said_to_it_alone() -> None:
    """A list of commands that is emptied loses Debian's, one of which forgets the position."""
    emptied, *own = re.findall(
        r"^ExecStartPost=(.*)$", content("prod", "database-1", MARIADB_UNIT), re.MULTILINE
    )
    assert not emptied
    assert "+/usr/bin/systemctl unset-environment _WSREP_START_POSITION _WSREP_NEW_CLUSTER" in own
    assert "+/bin/rm -f /run/mariadb-wsrep-new-cluster" in own


def test_a_host_has_the_program(tmp_path: Path) -> None:
    done = ended(executable(tmp_path / "galera-data", content("prod", "database-1", DATA)), "positon")
    assert done.stderr == "usage: galera-data position | guard | discard\n"

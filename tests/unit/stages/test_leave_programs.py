"""What hosts that stay do for one that leaves: their programs, with stand-ins for what these call."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from programs import ended
from stage_sample import blueprint, content, defined
from stand_in import install

from stages.design.leaving import Going, Leave
from stages.design.manifest import LIB
from stages.roles.coordination.leave import DISMISS as REDIS_DISMISS
from stages.roles.database.leave import leave as database_leave
from stages.roles.messaging.leave import DISMISS
from stages.roles.ovn.role import PROGRAM

STAGE = "whole-prod"
DRAWN = blueprint(STAGE)


def ran(argv: tuple[str, ...] | list[str]) -> subprocess.CompletedProcess[str]:
    return ended(*argv)


def left(role: str, name: str, **facts: dict[str, str]) -> Leave:
    (leave,) = DRAWN.roles[role].leave(DRAWN, facts, (Going(name, "10.0.0.9", runs=True),))  # type: ignore[misc] # each role has an answer
    assert isinstance(leave, Leave)
    return leave


# Stands for rabbitmq-erl: it says what the file `broker.json` has for what is in the Erlang that it gets.
ERL = """
import json, pathlib, sys
at, text = (sys.argv[1:] or ["here"])[0], sys.stdin.read()
store = pathlib.Path(__file__).with_name("broker.json")
broker = json.loads(store.read_text())
calls = ("rabbit_nodes:all", "shrink_all", "file:delete", "forget_cluster_node", "init, stop")
(did,) = [call for call in calls if call in text]
broker["did"].append(f"{did} {at}")
assert "rabbit@messaging-3" in text or did in ("file:delete", "init, stop"), text
if did == "rabbit_nodes:all":
    print(broker["seen"])
if did == "shrink_all":
    print(broker["failed"].pop(0) if broker["failed"] else "[]")
store.write_text(json.dumps(broker))
sys.exit(did == broker.get("fails"))
"""


def dismissed(folder: Path, **broker: Any) -> tuple[list[str], subprocess.CompletedProcess[str]]:  # noqa: ANN401 - JSON
    install(folder, "rabbitmq-erl", ERL)
    store = folder / "broker.json"
    store.write_text(json.dumps({"did": [], "seen": "true pong", "failed": [], **broker}))
    text = content(STAGE, "messaging-1", DISMISS).replace(LIB, str(folder))
    assert "AGAIN_AFTER = 5, 1.0" in text
    (folder / "dismiss").write_text(text.replace("AGAIN_AFTER = 5, 1.0", "AGAIN_AFTER = 5, 0.0"))
    done = ran([sys.executable, "-I", str(folder / "dismiss"), "messaging-3"])
    return json.loads(store.read_text())["did"], done


def test_a_broker_leaves_its_queues_then_stops_then_is_forgotten_and_its_node_stops_last(
    tmp_path: Path,
) -> None:
    did, done = dismissed(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert did == [
        "rabbit_nodes:all here",
        "shrink_all here",
        "file:delete messaging-3",
        "forget_cluster_node here",
        "shrink_all here",
        "init, stop messaging-3",
    ]
    assert "/var/lib/rabbitmq/stagegate-member" in content(STAGE, "messaging-1", DISMISS)


@pytest.mark.parametrize(
    ("seen", "did"),
    [
        ("true pang", ["shrink_all here", "forget_cluster_node here", "shrink_all here"]),
        ("false pong", ["init, stop messaging-3"]),  # again, after a run that was killed before the last step
        ("false pang", []),
    ],
)
def test_a_broker_that_is_lost_or_no_member_is_only_told_what_it_can_hear(
    tmp_path: Path, seen: str, did: list[str]
) -> None:
    assert dismissed(tmp_path, seen=seen)[0][1:] == did


def test_a_queue_that_can_not_let_go_is_asked_again_and_a_last_replica_stays(tmp_path: Path) -> None:
    did, done = dismissed(tmp_path, failed=['[{<<"x">>,cluster_change_not_permitted}]'])
    assert (done.returncode, did.count("shrink_all here")) == (0, 3)
    assert "try 1 of 5" in done.stdout
    did, done = dismissed(tmp_path, failed=['[{<<"x">>,last_node}]'] * 5)
    assert done.returncode == 1
    assert "last_node" in done.stderr
    assert not [one for one in did if one.startswith(("file:delete", "forget"))], "it still is a whole member"


def test_a_broker_that_does_not_stop_is_not_forgotten(tmp_path: Path) -> None:
    did, done = dismissed(tmp_path, fails="file:delete")
    assert done.returncode == 1
    assert did[-1] == "file:delete messaging-3"


# Stands for redis-cli: three hosts, and what the Sentinel that is asked knows.
REDIS = """
import json, pathlib, sys
host, port, command = sys.argv[3], sys.argv[5], sys.argv[6:]
store = pathlib.Path(__file__).with_name("redis.json")
redis = json.loads(store.read_text())
redis["did"].append(" ".join([host, *command]))
def rows(addresses):
    return "".join(f"name\\nx\\nip\\n{one}\\nport\\n1\\n" for one in addresses)
match command:
    case ["SENTINEL", "MASTER", _]:
        print(rows([redis["master"]]))
    case ["ROLE"]:
        print("master" if host == redis["master"] else "slave")
    case ["SENTINEL", "FAILOVER", _]:
        redis["master"] = redis["next"]
    case ["SENTINEL", kind, _] if kind in redis:
        print(rows(redis[kind]))
    case ["SENTINEL", "RESET", _]:
        redis["SENTINELS"], redis["REPLICAS"] = redis["alive"], redis["alive"]
store.write_text(json.dumps(redis))
"""
ADDRESSES = [host.address for host in DRAWN.everywhere("coordination")]
FIRST, SECOND, THIRD = ADDRESSES
GONE = "10.0.0.9"


def redis(
    programs: Path,
    tmp_path: Path,
    verb: str,
    address: str,
    **state: Any,  # noqa: ANN401 - JSON
) -> tuple[list[str], int, str]:
    install(programs, "redis-cli", REDIS)
    (tmp_path / "client.env").write_text("REDISCLI_AUTH=x\n")
    known = {
        "did": [],
        "master": FIRST,
        "next": SECOND,
        "alive": [SECOND, THIRD],
        "SENTINELS": [],
        "REPLICAS": [],
    }
    (programs / "redis.json").write_text(json.dumps({**known, **state}))
    text = content(STAGE, "coordination-1", REDIS_DISMISS)
    text = text.replace("/etc/redis/stagegate-client.env", str(tmp_path / "client.env"))
    assert "WITHIN, AGAIN_AFTER = 60, 0.5" in text
    assert "LEARNT_AFTER = 2.0" in text
    text = text.replace("WITHIN, AGAIN_AFTER = 60, 0.5", "WITHIN, AGAIN_AFTER = 0.3, 0.1")
    (tmp_path / "dismiss").write_text(text.replace("LEARNT_AFTER = 2.0", "LEARNT_AFTER = 0"))
    done = ran([sys.executable, "-I", str(tmp_path / "dismiss"), verb, address])
    return json.loads((programs / "redis.json").read_text())["did"], done.returncode, done.stderr


def test_a_master_that_goes_has_a_successor_first_and_can_not_be_chosen_again(
    programs: Path, tmp_path: Path
) -> None:
    did, code, _ = redis(programs, tmp_path, "succeed", THIRD, master=THIRD)
    assert code == 0
    assert did[0] == f"{THIRD} CONFIG SET replica-priority 0"
    assert f"{FIRST} SENTINEL FAILOVER stagegate" in did
    did, code, _ = redis(programs, tmp_path, "succeed", THIRD)
    assert (code, [one for one in did if "FAILOVER" in one]) == (0, [])


def test_a_master_that_stays_one_is_told(programs: Path, tmp_path: Path) -> None:
    _, code, said = redis(programs, tmp_path, "succeed", THIRD, master=THIRD, next=THIRD)
    assert code == 1
    assert f"{THIRD} is still the master" in said


def test_a_sentinel_forgets_who_is_gone_and_knows_the_others_again(programs: Path, tmp_path: Path) -> None:
    everyone = [SECOND, THIRD, GONE]
    did, code, _ = redis(programs, tmp_path, "forget", GONE, SENTINELS=everyone, REPLICAS=everyone)
    assert code == 0
    assert f"{FIRST} SENTINEL RESET stagegate" in did
    assert f"{FIRST} SENTINEL SET stagegate quorum 2" in did
    did, code, _ = redis(programs, tmp_path, "forget", GONE, SENTINELS=[SECOND, THIRD])
    assert (code, [one for one in did if "RESET" in one]) == (0, []), "a second time it has nothing to forget"


def test_a_sentinel_forgets_one_that_comes_back_later(programs: Path, tmp_path: Path) -> None:
    both = [SECOND, THIRD]
    did, code, _ = redis(programs, tmp_path, "forget", THIRD, SENTINELS=both, REPLICAS=both, alive=[SECOND])
    assert (code, f"{FIRST} SENTINEL RESET stagegate" in did) == (0, True)


def test_a_sentinel_that_does_not_find_the_others_again_is_told(programs: Path, tmp_path: Path) -> None:
    _, code, said = redis(programs, tmp_path, "forget", GONE, SENTINELS=[GONE], alive=[SECOND])
    assert code == 1
    assert THIRD in said


@pytest.fixture
def ovn() -> dict[str, Any]:
    program = defined(STAGE, "ovn-1", PROGRAM)
    program["REQUEST_WITHIN"] = 0.3  # in place: its functions read it there
    return program


@pytest.mark.parametrize(
    ("lost", "ends"), [(0, None), (2, None), (99, "OVN_Northbound still has 10.0.0.9, or can't be asked")]
)
def test_a_member_is_kicked_out_of_both_clusters_and_a_request_that_is_lost_is_repeated(
    ovn: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lost: int,
    ends: str | None,
) -> None:
    asked: list[str] = []

    def control(database: Any, *command: str) -> str:  # noqa: ANN401 - of the program
        if command[0] == "cluster/kick":
            asked.append(f"{command[1]} {command[2]}")
        there = sum(one.startswith(database.name) for one in asked) <= lost
        gone = f"    bbbb (bbbb at {database.at(GONE)})\n" if there else ""
        return f"Servers:\n    aaaa (aaaa at {database.here}) (self)\n{gone}"

    monkeypatch.setattr(ovn["Database"], "control", control)
    if ends is None:
        ovn["dismiss"](GONE)
        assert set(asked) <= {"OVN_Northbound bbbb", "OVN_Southbound bbbb"}
        assert len(asked) == 2 * (lost + 1)
        assert capsys.readouterr().out.count("still has") == 2 * lost
        return
    with pytest.raises(SystemExit, match=ends):
        ovn["dismiss"](GONE)


def test_a_server_that_can_not_be_asked_is_no_proof(
    ovn: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ovn["Database"], "control", lambda *_: "")
    with pytest.raises(SystemExit, match="can't be asked"):
        ovn["dismiss"](GONE)


@pytest.mark.parametrize(("said", "holds"), [("3", True), ("2", True), ("4", False), ("", False)])
def test_databases_wait_until_the_cluster_counts_without_the_one_that_is_gone(
    programs: Path, said: str, *, holds: bool
) -> None:
    install(programs, "mariadb", f"print('wsrep_cluster_size\\t{said}')" if said else "raise SystemExit(1)")
    (leave,) = database_leave(DRAWN, {}, (Going("database-4", GONE, runs=True),))  # type: ignore[misc] # not refused
    assert isinstance(leave, Leave)
    counted, *fit = leave.after[0].commands
    assert (ran(counted.to_json()["until"]).returncode == 0) == holds
    assert [wait.name for wait in fit] == [f"database-{number} is Synced" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("code", "said", "ends"),
    [
        (0, "removed", 0),
        (2, "Host not found. Failed to remove", 0),
        (2, "usage: cinder-manage", 1),
        (1, "no database", 1),
    ],
)
def test_a_scheduler_that_has_no_record_is_no_error(programs: Path, code: int, said: str, ends: int) -> None:
    install(
        programs,
        "runuser",
        f"import sys\nassert 'volume-api-blue-9' in sys.argv\nprint({said!r})\nsys.exit({code})",
    )
    act, _queues = left("volume-api", "volume-api-blue-9").after
    (command,) = act.commands
    assert ran(command.to_json()["run"]).returncode == ends


def test_both_rows_of_a_chassis_are_removed_and_a_chassis_without_any_is_no_error(programs: Path) -> None:
    install(
        programs,
        "ovn-sbctl",
        "import pathlib, sys\nlog = pathlib.Path(__file__).with_name('log')\n"
        "if 'find' in sys.argv and sys.argv[-2] == 'Chassis_Private':\n    print('0a1b')\n"
        "if 'destroy' in sys.argv:\n    log.open('a').write(' '.join(sys.argv[-2:]) + '\\n')\n",
    )
    _records, act, _queues = left("compute", "compute-9", **{"compute-api-blue-1": {"servers": ""}}).after
    (command,) = act.commands
    assert ran(command.to_json()["run"]).returncode == 0
    assert (programs / "log").read_text() == "Chassis_Private 0a1b\n"
    install(programs, "ovn-sbctl", "raise SystemExit(1)")
    assert ran(command.to_json()["run"]).returncode == 1

"""The step that backs the databases up, and what hosts have for it."""

import configparser
import json

from stage_sample import blueprint, content, manifest

from pipeline.adapters.heard import LIMIT_S
from stages.design.backing_up import Baseline
from stages.design.manifest import Command, telling
from stages.roles.database.backed_up import BACKUP, KEPT_IN, UNIT, back_up
from stages.roles.database.role import ROLE

STATE = Baseline("2025.2", "2026.1", {"keystone": ("abc",)})
PRIMARY = {"galera": "primary"}


def test_the_service_yields_to_the_server_and_undoes_what_it_did_however_it_ends() -> None:
    said = configparser.ConfigParser(interpolation=None)
    said.read_string(content("prod", "database-3", UNIT))
    service = said["Service"]
    assert service["ExecStopPost"] == f"{BACKUP} end"
    assert service["ExecStart"] == f"{BACKUP} make"
    assert (service["Nice"], service["IOSchedulingClass"], service["User"]) == ("19", "idle", "mysql")


def test_the_service_ends_before_the_step_and_the_step_before_the_engine_ends_it() -> None:
    run, *_ = back_up(blueprint(), {}, STATE).commands
    assert isinstance(run, Command)
    said = configparser.ConfigParser(interpolation=None)
    said.read_string(content("prod", "database-3", UNIT))
    assert float(said["Service"]["TimeoutStartSec"]) < run.within < LIMIT_S


def test_backups_outlive_hosts_and_only_the_servers_account_reads_them() -> None:
    assert KEPT_IN in ROLE.keeps
    (folder,) = [one for one in manifest("prod", "database-1").directories if one.path == KEPT_IN]
    assert (folder.mode, folder.owner) == (0o700, "mysql")


def test_the_member_that_gets_writes_last_of_those_that_serve_is_backed_up() -> None:
    assert back_up(blueprint("dev"), {"database-1": PRIMARY}, STATE).host == "database-1"
    serving = {"database-1": PRIMARY, "database-2": PRIMARY, "database-3": {"galera": "running"}}
    assert back_up(blueprint("prod"), serving, STATE).host == "database-2"


def test_the_step_says_what_it_is_of_and_where_it_is_told() -> None:
    made = back_up(blueprint("prod"), {}, STATE)
    assert (made.id, made.kind, made.done, made.irreversible) == ("backup/database-3", "backup", None, None)
    assert made.commands[-1] == telling(BACKUP, "told")
    run = made.commands[0]
    assert isinstance(run, Command)
    assert json.loads(run.run[2])["heads"] == {"keystone": ["abc"]}

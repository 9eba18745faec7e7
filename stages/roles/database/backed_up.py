"""The step that makes a backup of the databases and proves it, and what a host needs for it. Pure."""

import json
from pathlib import Path

from stages.design import accounts
from stages.design.backing_up import Baseline
from stages.design.blueprint import Blueprint, Facts, Host
from stages.design.manifest import LIB, Command, Directory, File, Wait, telling
from stages.design.parts import Formation, Phase
from stages.design.text import text
from stages.roles.database.choice import PRIMARY

HERE = Path(__file__).parent
KEPT_IN = "/var/lib/galera-backups"
BACKUP, PROOF = f"{LIB}/galera-backup", f"{LIB}/galera-proof"
UNIT = "/etc/systemd/system/galera-backup.service"
LIMIT = 50 * 60  # seconds until the service is ended; the engine ends any call after an hour
MARGIN = 120  # seconds for what it started to end, and to be undone


def directory() -> Directory:
    """Where backups are kept: only the server's account reads what is in its databases."""
    owner = accounts.user("mysql").name
    return Directory(KEPT_IN, mode=0o700, owner=owner, group=owner)


def files(blueprint: Blueprint, host: Host) -> tuple[File, ...]:
    """The programs, and the service that runs them with what the server leaves over."""
    return (
        File(BACKUP, (HERE / "backup.py").read_text(encoding="utf-8"), mode=0o755),
        File(PROOF, (HERE / "proof.py").read_text(encoding="utf-8"), mode=0o755),
        File(UNIT, text(blueprint, host, UNIT, limit=LIMIT)),
    )


def back_up(blueprint: Blueprint, facts: Facts, state: Baseline) -> Formation:
    """A backup of the last member that serves: writes come to it only if it is alone."""
    members = blueprint.members("database")
    serving = [one for one in members if facts.get(one.name, {}).get("galera") == PRIMARY]
    host = (serving or members)[-1].name
    spec = {
        "what": f"backup on {host}, before the upgrade from {state.before} to {state.after}",
        "then": f"promote --stage {blueprint.stage}",
        "host": host,
        "name": f"{state.before}-{state.after}",
        "heads": {name: list(heads) for name, heads in state.heads.items()},
    }
    within = blueprint.settings["database"].sync_timeout
    run = Command("back up", (BACKUP, "run", json.dumps(spec, sort_keys=True)), within=LIMIT + MARGIN)
    in_step = Wait(f"{host} is Synced again", until=(BACKUP, "ended"), within=within)
    return Formation(
        id=f"backup/{host}",
        kind="backup",
        phase=Phase.EXPAND,
        host=host,
        title=f"back up the databases as {state.before} has them, and prove that by restoring it",
        commands=(run, in_step, telling(BACKUP, "told")),
    )

"""Systemd units: starts, restarts, reloads and stops them as the manifest and their files require."""

from __future__ import annotations

import hashlib

from stages.applier.failures import last_lines
from stages.applier.protocol import Problem, canonical

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from stages.applier.files import Files
    from stages.applier.host import Host
    from stages.applier.protocol import Json

UNIT_DIRECTORIES = ("/etc/systemd/", "/run/systemd/", "/usr/lib/systemd/", "/lib/systemd/")
SYSTEMCTL_WITHIN = 300.0
UP = ("active", "reloading", "activating")


class Units:
    """The units of a host, and the files that each was last started with."""

    def __init__(self, host: Host, files: Files) -> None:
        self.host, self.files = host, files

    def loaded(self, paths: list[str], files: dict[str, Json], *, steady: bool = False) -> str:
        """A digest of the files that a unit reads, as they are once the manifest's files are in place.

        With `steady`, of their steady texts, where they have one.
        """
        parts: list[list[str]] = []
        for path in paths:
            if path in files:
                entry = files[path]
                if steady and "steady" in entry:
                    entry = {**entry, "content": entry["steady"]}
                told = self.files.digest(self.files.content(entry), keyed=self.files.keyed(entry))
                parts.append([path, told, entry["mode"], entry["owner"], entry["group"]])
            else:  # the image's or a command's file, which may hold a secret unknown to this program
                old, _ = self.files.found(path)
                parts.append(
                    [
                        path,
                        "absent" if old is None else self.files.digest(old, keyed=bool(self.host.digest_key)),
                    ]
                )
        return hashlib.sha256(canonical(parts)).hexdigest()

    def daemon_reload(self, files: list[Json]) -> None:
        """Reload systemd when its unit files differ from those at the last reload."""
        ours = sorted(entry["path"] for entry in files if entry["path"].startswith(UNIT_DIRECTORIES))
        now = self.loaded(ours, {entry["path"]: entry for entry in files}) if ours else ""
        if now != self.host.state.kept["systemd"] and not self.host.dry:
            self.host.must(
                "systemd can't read its unit files", ["systemctl", "--no-ask-password", "daemon-reload"]
            )
            self.host.state.put(systemd=now)

    def seen_units(self, names: list[str]) -> dict[str, Json]:
        """The state of units as systemd reports it, in one call."""
        if not names:
            return {}
        properties = "--property=ActiveState,UnitFileState"
        code, out, err = self.host.shell.run(
            ["systemctl", "--no-ask-password", "show", properties, *names], 60.0
        )
        blocks = [
            dict(line.split("=", 1) for line in block.splitlines()) for block in out.strip().split("\n\n")
        ]
        if code or len(blocks) != len(names):
            raise Problem("systemd can't be queried", last_lines(err) or f"{len(blocks)} answers")
        return dict(zip(names, blocks, strict=True))

    def retire(self, units: list[Json]) -> None:
        """Stop units that an earlier manifest named and this one does not, while their files still exist."""
        gone = sorted(set(self.host.state.kept["units"]) - {unit["name"] for unit in units})
        for name, seen in self.seen_units(gone).items():
            self.unit({"name": name, "wanted": "stopped"}, seen, {})

    def apply(self, units: list[Json], files: list[Json]) -> None:
        """Bring each unit to its wanted state, in the manifest's order."""
        seen = self.seen_units([unit["name"] for unit in units])
        by_path = {entry["path"]: entry for entry in files}
        for unit in units:
            now = {
                "restart": self.loaded(unit["restart_on"], by_path, steady=True),
                "reload": self.loaded(unit["reload_on"], by_path),
            }
            self.unit(unit, seen[unit["name"]], now)

    def unit(self, unit: Json, seen: Json, now: Json) -> None:
        """Bring one unit to its wanted state. `now` has digests of what it would read if started now."""
        name, wanted = unit["name"], unit["wanted"]
        known = self.host.state.kept["units"].get(name)
        up = seen["ActiveState"] in UP
        if wanted == "stopped":
            self.systemctl("stop", name, needed=up)
            self.systemctl("disable", name, needed=seen["UnitFileState"] == "enabled")
            self.remember(name, None)
            return
        # An empty state is a unit whose file is not written yet (a dry run), or that does not exist.
        self.systemctl(
            "enable", name, needed=wanted == "running" and seen["UnitFileState"] in ("disabled", "")
        )
        if not up:
            # Whatever starts it from here on, it reads the files in place now. So its digests can be stored
            # before the start, also for a unit that a cluster step starts.
            self.remember(name, now)
            if wanted == "running":
                if seen["ActiveState"] == "failed" and not self.host.dry:
                    self.host.shell.run(["systemctl", "--no-ask-password", "reset-failed", name], 60.0)
                self.systemctl("start", name)
            return
        if known is None or known["restart"] != now["restart"]:
            self.systemctl("restart", name)
        elif known["reload"] != now["reload"]:
            self.systemctl("reload", name)
        elif wanted == "running":
            self.systemctl("start", name, needed=seen["ActiveState"] == "activating")
        self.remember(name, now)

    def remember(self, name: str, now: Json | None) -> None:
        """Store the digests of what a unit runs with; None forgets the unit."""
        if not self.host.dry:
            others = {key: value for key, value in self.host.state.kept["units"].items() if key != name}
            self.host.state.put(units=others if now is None else {**others, name: now})

    def systemctl(self, verb: str, name: str, *, needed: bool = True) -> None:
        """Run `systemctl VERB` on a unit. Raises Problem with the end of the unit's journal when it fails."""
        if not needed:
            return
        self.host.note("unit", name, verb)
        if self.host.dry:
            return
        code, _, err = self.host.shell.run(["systemctl", "--no-ask-password", verb, name], SYSTEMCTL_WITHIN)
        if code:
            asked = ["journalctl", "--no-pager", "--output=cat", "--lines=100", f"--unit={name}"]
            journal = self.host.shell.run(asked, 30.0)[1]
            raise self.host.failed(f"systemctl {verb} {name} failed", last_lines(err, 5), journal)

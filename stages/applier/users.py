"""Users and groups."""

from __future__ import annotations

from stages.applier.protocol import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from stages.applier.host import Host
    from stages.applier.protocol import Json


class Users:
    """The accounts of a host."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def names(self, table: str) -> dict[str, list[str]]:
        """The rows of /etc/passwd or /etc/group by name."""
        try:
            with open(self.host.at(f"/etc/{table}"), encoding="utf-8") as stream:
                rows = [line.rstrip("\n").split(":") for line in stream if ":" in line]
        except FileNotFoundError:
            rows = []
        return {row[0]: row for row in rows}

    def apply(self, users: list[Json]) -> None:
        """Create missing groups and accounts; correct accounts with another home, shell or group.

        Raises Problem if any account has another number than it must have, before anything is changed.
        """
        for user in users:
            self.require_number(user)
        for user in users:
            self.account(user)

    def require_number(self, user: Json) -> None:
        """Raise Problem if an account exists with another number.

        A dry run tells it as a change instead: a host that can't be asked would be replaced.
        """
        shifted = self.shifted(user)
        if shifted and self.host.dry:
            self.host.note("user", user["name"], "refuse")
        elif shifted:
            raise Problem(
                f"user {user['name']} has the wrong number",
                f"{shifted}: data that outlives a host belongs to a number (stages/design/accounts.py)."
                " Nothing was changed. Next: docs/operate.md, 'A user has the wrong number'",
            )

    def shifted(self, user: Json) -> str:
        """What is wrong with the numbers of an account that exists; empty if nothing is."""
        there = {"uid": self.names("passwd").get(user["name"]), "gid": self.names("group").get(user["group"])}
        wrong = [
            f"its {kind} is {row[2]}, and must be {user[kind]}"
            for kind, row in there.items()
            if row is not None and user[kind] is not None and int(row[2]) != user[kind]
        ]
        return " and ".join(wrong)

    def account(self, user: Json) -> None:
        """Create or correct one account and its group."""
        prefix = ["--root", self.host.root] if self.host.root else []
        name, group = user["name"], user["group"]
        if group not in self.names("group") and not self.host.dry:
            made = ["groupadd", *prefix, "--system", *numbered("--gid", user["gid"]), group]
            self.host.must(f"group {group} can't be created", made)
        known = self.names("passwd").get(name)
        wanted = [self.names("group").get(group, ["", "", ""])[2], user["home"], user["shell"]]
        if known is not None and [known[3], *known[5:7]] == wanted:
            return
        self.host.note("user", name, "update" if known else "create")
        program = ["useradd", *prefix, "--system", "--no-create-home", *numbered("--uid", user["uid"])]
        home = "--home-dir"
        if known:
            program, home = ["usermod", *prefix], "--home"
        options = ["--gid", group, home, user["home"], "--shell", user["shell"]]
        if not self.host.dry:
            self.host.must(f"user {name} can't be created or changed", [*program, *options, name])

    def ids(self, entry: Json) -> tuple[int, int] | None:
        """The entry's uid and gid; None when owners are left unchanged."""
        if not self.host.owners:
            return None
        user, group = self.names("passwd").get(entry["owner"]), self.names("group").get(entry["group"])
        if user is None or group is None:
            if self.host.dry:
                return (-1, -1)
            raise Problem(
                f"{entry['path']} can't be owned by {entry['owner']}:{entry['group']}",
                "no such user or group",
            )
        return int(user[2]), int(group[2])


def numbered(option: str, number: int | None) -> list[str]:
    """The option for a number; none where the system chooses it."""
    return [] if number is None else [option, str(number)]

"""What the manifests of a stage say, in pyinfra's words. The inventory has each host's part of it."""

from pyinfra import host
from pyinfra.operations import files, server, systemd

work = host.data.work
for user in work["users"]:
    server.group(group=user["group"], system=True)
    server.user(
        user=user["name"],
        group=user["group"],
        home=user["home"],
        shell=user["shell"],
        system=True,
        ensure_home=False,
    )
for entry in work["directories"]:
    files.directory(path=entry["path"], mode=entry["mode"], user=entry["owner"], group=entry["group"])
for entry in work["files"]:
    files.put(
        src=entry["src"],
        dest=entry["path"],
        mode=entry["mode"],
        user=entry["owner"],
        group=entry["group"],
        create_remote_dir=False,
    )
for unit in work["units"]:
    systemd.service(service=unit["name"], running=unit["up"], enabled=unit["up"])

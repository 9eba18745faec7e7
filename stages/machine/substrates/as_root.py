"""Where root may not log in on a machine, a user does, and sudo starts an sshd for root behind it.

It serves one connection, on its stdin and stdout, and no port. So all that is done on hosts, by suites as
well, is done as where root logs in, and none of it knows of sudo. It shows the machine's own host key, and
lets in who has the user's key.
"""

import shlex
from pathlib import Path

ROOT = "root"
WAY = ".way"  # after the name of a host: the user's connection
# Where the machine's shell finds both ends of the user's connection: behind it, sshd knows of none.
CAME_BY = "STAGEGATE_SSH"
# A service of its own, since PAM does not open a second session within the user's. Without PAM, an account
# that has no password, as root on most machines, would count as locked. Nothing is read of the machine's own
# configuration, which forbids what this is for.
_SSHD = (
    "sudo -n systemd-run --quiet --collect --pipe --wait /usr/sbin/sshd -i -f /dev/null -o UsePAM=yes "
    "-o PermitRootLogin=prohibit-password -o AllowUsers=root -o StrictModes=no "
    "-o PasswordAuthentication=no -o KbdInteractiveAuthentication=no "
    f'-o AuthorizedKeysFile="$HOME/.ssh/authorized_keys" -o "SetEnv=\\"{CAME_BY}=$SSH_CONNECTION\\""'
)


def proxy(folder: Path, name: str, user: str, direct: str | None) -> tuple[str, str]:
    """What ssh's configuration says of a host for that: for the host, and for the user's connection.

    `direct` is the program that leads ssh to the machine, if it does not connect by itself.
    """
    words = ("ssh", "-F", str(folder / "ssh_config"), name + WAY, _SSHD)
    told = shlex.join(words).replace("%", "%%")
    way = [f"User {user}", "ControlMaster no", "ControlPath none", f"ProxyCommand {direct or 'none'}"]
    return f"  ProxyCommand {told}\n", "".join(f"  {line}\n" for line in way)

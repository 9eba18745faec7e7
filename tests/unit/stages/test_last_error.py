"""What a person is told when a program on a host fails: its last error, out of all that it printed.

`printed/` has what programs of OpenStack 2026.1 printed, shortened.
"""

import re
from pathlib import Path

import pytest
from applier_on import HostDirectory

from stages.design.manifest import Command

PRINTED = Path(__file__).parent / "printed"
NO_DATABASE = (
    "oslo_db.exception.DBConnectionError: (pymysql.err.OperationalError) (2003, "
    "\"Can't connect to MySQL server on '127.0.0.1' ([Errno 111] ECONNREFUSED)\")"
)
NO_IDENTITY = (
    "nova.exception.InvalidConfiguration: No local node identity found, but this is not our first startup on "
    "this host. Refusing to start after potentially having lost that state!"
)
BANNER = (PRINTED / "nova-manage-no-database.stderr").read_text()
JOURNAL = (PRINTED / "nova-compute-without-identity.journal").read_text()


def why(host: HostDirectory, stdout: str, stderr: str = "") -> str:
    """What the applier tells of a command that prints this and fails."""
    (host.top / "out").write_text(stdout)
    (host.top / "err").write_text(stderr)
    script = f"cat {host.top}/out; cat {host.top}/err >&2; exit 4"
    commands = [Command("sync", ("sh", "-c", script)).to_json()]
    error = host.ask("run", token=1, commands=commands)["error"]
    assert error["what"] == "command sync ended with 4"
    return str(error["why"])


def test_the_exception_is_told_and_not_the_banner_of_a_library(host: HostDirectory) -> None:
    printed = (PRINTED / "nova-manage-no-database.stdout").read_text()
    told = why(host, printed, BANNER)
    assert told.splitlines()[0] == NO_DATABASE
    assert "Eventlet" not in told


@pytest.mark.parametrize(
    ("stdout", "stderr", "told"),
    [
        (JOURNAL, "", f"{NO_IDENTITY}\nAttributeError: 'NoneType' object has no attribute 'stop'"),
        ("", "ERROR 2003 (HY000): no route\n", "ERROR 2003 (HY000): no route"),
        (
            "starting\n",
            "error: no such database\nhint: make one\n",
            "error: no such database\nhint: make one",
        ),
        ("Joining\n", "", "Joining"),
        ("one\ntwo\n", BANNER, "one\ntwo"),
        ("", BANNER, BANNER.strip()),  # nothing else was printed, so that is what there is
        ("a.py:3: UserWarning: old\nwarned of nothing\n", "", "warned of nothing"),
    ],
)
def test_the_reason_is_the_last_error_or_else_what_was_printed_besides_warnings(
    host: HostDirectory, stdout: str, stderr: str, told: str
) -> None:
    assert why(host, stdout, stderr) == told


def test_all_that_was_printed_stays_on_the_host(host: HostDirectory) -> None:
    why(host, "Tr0ub4dor&3 was refused\n", BANNER)
    kept = host.root / "var/lib/stagegate/last-failure.txt"
    assert "EventletDeprecationWarning" in kept.read_text()
    assert "[secret] was refused" in kept.read_text()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ command sync ended with 4\n", kept.read_text())
    assert kept.stat().st_mode & 0o077 == 0

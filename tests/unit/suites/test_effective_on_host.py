"""What the program tells that asks a host what is in effect: here, of this machine and of made-up units."""

import json
import os
import resource
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from programs import executable

from suites.readings.effective import asking, on_host

UNIT = """\
Id=made-up.service
Type=notify
RemainAfterExit=no
ActiveState=active
MainPID={pid}
InvocationID=5d27ad
NeedDaemonReload=no
FragmentPath={fragment}
DropInPaths={drop_in}
ReloadResult=success
ExecMainStartTimestamp=Sun 2026-11-29 15:58:27.811177 UTC
ActiveEnterTimestamp=Sun 2026-11-29 15:58:27.854956 UTC
StateChangeTimestamp=Sun 2026-11-29 15:58:28.000000 UTC
Environment=CONFIG=/etc/a.cfg "OPTIONS=-S /run/a.sock" PLAIN=b
EnvironmentFiles={more} (ignore_errors=yes)
EnvironmentFiles=/nowhere/at-all (ignore_errors=yes)
ExecStart={{ path=/bin/a ; argv[]=/bin/a -f $CONFIG ${{PLAIN}} $NONE $OPTIONS ; ignore_errors=no ; pid=0 }}
LimitNOFILE=524288

Id=other.timer
ActiveState=active
NeedDaemonReload=yes
ActiveEnterTimestamp=Sun 2026-11-29 15:58:35.336817 UTC
StateChangeTimestamp=n/a
"""


def ask(request: dict[str, object]) -> asking.Effective:
    program = Path(on_host.__file__)
    argv = [sys.executable, "-IS", str(program), json.dumps(request)]
    return asking.parse(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    more = tmp_path / "more"
    more.write_text("# a comment\nPLAIN='of the file'\nESCAPED=a\\nb\n")
    fragment = tmp_path / "made-up.service"
    fragment.write_text("[Service]\n")
    text = UNIT.format(pid=os.getpid(), fragment=fragment, drop_in=tmp_path / "gone.conf", more=more)
    (tmp_path / "shown").write_text(text)
    program = f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat {tmp_path}/shown\n'
    (tmp_path / "bin").mkdir()
    executable(tmp_path / "bin" / "systemctl", program)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    return tmp_path


def request(**parts: object) -> dict[str, object]:
    return {"units": [], "files": {}, "users": [], "names": [], "kernel": [], "packages": ["a"], **parts}


def test_units_are_told_with_their_files_and_their_command(systemctl: Path) -> None:
    found = ask(request(units=["made-up.service", "other.timer"]))
    unit, timer = found.units["made-up.service"], found.units["other.timer"]
    assert "--timestamp=us+utc" in (systemctl / "asked").read_text()
    assert unit.start == "/bin/a -f /etc/a.cfg of the file -S /run/a.sock"
    assert (unit.started, unit.changed) == (1795967907.811177, 1795967908.0)
    assert (unit.stale, timer.stale, unit.reload_failed) == (False, True, False)
    assert unit.files == {
        str(systemctl / "made-up.service"): (systemctl / "made-up.service").stat().st_ctime,
        str(systemctl / "gone.conf"): None,
        str(systemctl / "more"): (systemctl / "more").stat().st_ctime,
        "/nowhere/at-all": None,
        "/bin/a": None,
    }
    assert unit.loaded["LimitNOFILE"] == "524288"
    assert (timer.started, timer.changed, timer.process) == (1795967915.336817, None, None)


def test_a_process_is_told_without_any_value_of_its_environment(systemctl: Path) -> None:
    environment = {"INVOCATION_ID": "5d27ad", "CONFIG": "/etc/a.cfg", "OPTIONS": "-S /run/a.sock"}
    environment |= {"PLAIN": "s3cret"}
    with subprocess.Popen(["/bin/sleep", "60"], env=environment) as running:
        shown = (systemctl / "shown").read_text().replace(f"MainPID={os.getpid()}", f"MainPID={running.pid}")
        (systemctl / "shown").write_text(shown)
        process = ask(request(units=["made-up.service"])).units["made-up.service"].process
        running.kill()
    assert process is not None
    assert process.words == "/bin/sleep 60"
    assert (process.title, process.of_this_start) == (False, True)
    assert process.other_environment == {"PLAIN": str(systemctl / "more")}
    assert set(process.environment) == set(environment)
    assert set(process.limits) == {"open files", "nice", "scheduling", "oom score"}
    assert process.limits["open files"] == str(resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    assert "s3cret" not in str(process)


def test_a_process_that_has_ended_is_told() -> None:
    assert on_host.process(2**22 + 1, "", {}) is None


def test_a_file_is_told_by_a_digest_without_the_lines_to_leave_out(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one\nsecret\nthree\n")
    found = ask(request(files={str(path): [1], str(tmp_path / "gone"): []})).files
    seen = found[str(path)]
    assert seen is not None
    assert seen.sha256 == sha256(b"one\nthree\n").hexdigest()
    assert seen.changed == path.stat().st_ctime
    assert found[str(tmp_path / "gone")] is None


def test_an_interface_is_known_by_each_of_its_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = r"1: lo    inet 10.71.9.1/24 brd 10.71.9.255 scope global lo\       valid_lft forever"
    second = r"1: lo    inet 10.71.3.5/32 scope global secondary lo\       valid_lft forever"
    executable(tmp_path / "ip", f"#!/bin/sh\ncase $* in *address*) echo '{first}'; echo '{second}';; esac\n")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = on_host.interfaces()
    assert set(found) == {"10.71.9.1", "10.71.3.5"}
    assert found["10.71.3.5"]["name"] == "lo"
    assert int(found["10.71.3.5"]["MTU"]) > 0


def test_accounts_names_kernel_and_interfaces_are_told() -> None:
    users, names, kernel = ["root", "nobody-1"], ["localhost", "no.such.name"], ["vm.swappiness", "no.x"]
    found = ask(request(users=users, names=names, kernel=kernel))
    assert found.users == {"root": (0, 0), "nobody-1": None}
    assert "127.0.0.1" in found.names["localhost"]
    assert found.names["no.such.name"] == ()
    assert (found.kernel["vm.swappiness"] or "").isdecimal()
    assert found.kernel["no.x"] is None
    assert int(found.interfaces["127.0.0.1"]["MTU"]) > 0
    assert found.interfaces["127.0.0.1"]["queue"] not in {"", "unknown"}
    assert found.packages == {"a": None}

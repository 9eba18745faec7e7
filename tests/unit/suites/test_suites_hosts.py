import json
from pathlib import Path
from typing import Any

import pytest

from suites.errors import ReadingFailed
from suites.hosts.host import reach
from suites.seam.target import read_target


@pytest.fixture
def ssh(tmp_path: Path) -> Path:
    """Stand for ssh: run what it is asked to run, here; say no to the host database-2."""
    program = tmp_path / "ssh"
    program.write_text(
        "#!/bin/sh\nwhile [ $# -gt 2 ]; do shift; done\n"
        '[ "$1" = database-2 ] && echo "connect: no route" >&2 && exit 255\nexec sh -c "$2"\n'
    )
    program.chmod(0o755)
    return program


def test_a_host_is_asked_over_ssh_and_says_what_failed(
    tmp_path: Path, target_document: dict[str, Any], ssh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(ssh.parent), prepend=":")
    path = tmp_path / "target.json"
    path.write_text(json.dumps(target_document))
    hosts = reach(read_target(path))
    one = hosts["database-1"]
    assert one.read("echo 'it''s 100%'") == "its 100%\n"
    output = one.ask("echo no >&2; exit 3")
    assert (output.status, output.stderr) == (3, "no\n")
    with pytest.raises(ReadingFailed, match="database-1: a reading ended with 3: no"):
        one.read("echo first >&2; echo no >&2; exit 3")
    assert one.ask("sleep 9", within=1).status == 124
    with pytest.raises(ReadingFailed, match="database-2: no answer over ssh: connect: no route"):
        hosts["database-2"].ask("true")

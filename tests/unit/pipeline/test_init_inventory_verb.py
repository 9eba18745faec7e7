"""`promote init inventory` tells each machine, every problem, and what to do next."""

from pathlib import Path

import pytest
from desk import Desk, unfit

ARGV = ("init", "inventory", "--stage", "rack", "--vip", "192.0.2.5", "--key", "/root_key")
COMPARE = (
    "compare the fingerprints, at each machine's console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
)
MACHINES = ("database=192.0.2.24,192.0.2.25:2222",)


def test_it_shows_what_each_machine_is_and_every_step_up_to_the_plan(desk: Desk) -> None:
    assert desk(*ARGV, *MACHINES, "--site", "/srv/site") == 0
    lines = desk.out.splitlines()
    assert lines[:3] == [
        "HOST        ADDRESS          HOST KEY    FIT  SEEN",
        "database-1  192.0.2.24       SHA256:abc  ok   8000 MB",
        "database-2  192.0.2.25:2222  SHA256:abc  ok   8000 MB",
    ]
    assert lines[4:] == [
        "wrote config/stages/rack.yaml: rack has 2 hosts",
        f"next: {COMPARE}",
        "next: add to `stages` in config/stagegate.yaml, in order: - rack",
        "next: promote check --site /srv/site",
        "next: promote doctor --stage rack --site /srv/site",
        "next: git add config",
        "next: git commit --message 'The stage rack on machines of its own'",
        "next: promote plan --stage rack --site /srv/site",
    ]
    assert desk.bench.tools.calls == ["init inventory rack 192.0.2.5 /root_key None"]
    assert desk.bench.store.rows == []


def test_in_a_config_of_its_own_repository_the_next_commands_are_about_that(
    desk: Desk, tmp_path: Path
) -> None:
    assert desk(*ARGV, *MACHINES, "--config", str(tmp_path)) == 0
    assert desk.places[0].config == str(tmp_path)
    assert desk.out.splitlines()[-5:] == [
        f"next: promote check --config {tmp_path}",
        f"next: promote doctor --stage rack --config {tmp_path}",
        f"next: git -C {tmp_path} add --all",
        f"next: git -C {tmp_path} commit --message 'The stage rack on machines of its own'",
        f"next: promote plan --stage rack --config {tmp_path}",
    ]


def test_no_file_is_written_into_a_repository_elsewhere(desk: Desk) -> None:
    assert desk(*ARGV, *MACHINES, "--config", "https://me:secret@git.example/config.git") == 2
    assert "where: https://git.example/config.git" in desk.err.replace("***@", "")
    assert desk.bench.tools.calls == []


def test_a_stage_that_is_listed_already_needs_no_line(desk: Desk) -> None:
    desk.bench.tools.listed = True
    desk(*ARGV, *MACHINES)
    assert "stagegate.yaml" not in desk.out


def test_problems_of_machines_are_told_with_where_why_and_what_next(desk: Desk) -> None:
    unfit(desk)
    assert desk(*ARGV, *MACHINES) == 2
    assert (
        "database-1: root can't log in by ssh\n  why: Connection refused\n  next: ssh root@it\n" in desk.out
    )
    assert desk.out.endswith("2 problems; nothing was written or changed\n")


def test_paths_are_made_absolute_since_the_config_is_used_from_anywhere(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    desk(*ARGV[:-1], "etc/key", "--namespace", "run/netns/rack", *MACHINES)
    assert desk.bench.tools.calls == ["init inventory rack 192.0.2.5 /etc/key /run/netns/rack"]


def test_all_words_that_are_no_machines_are_told_and_no_machine_is_asked(desk: Desk) -> None:
    assert desk(*ARGV, "database", "image=", "ovn=rack-7", "a=1.1.1.1", "a=1.1.1.2", "b=1.1.1.1:x") == 2
    for words in (
        "'database' is not",
        "'image=' is not",
        "'ovn=rack-7' is not",
        "a is given",
        "'b=1.1.1.1:x'",
    ):
        assert words in desk.err
    assert desk.bench.tools.calls == []

"""The doctor's report on the command line: of the machine, and of each host of a stage."""

from desk import Desk, unfit


def test_doctor_says_what_a_machine_lacks(desk: Desk) -> None:
    assert desk("doctor") == 0
    desk(*unfit(desk))
    assert "sudo -i" in desk.out


def test_doctor_says_of_a_stage_what_each_host_lacks_where_why_and_what_next(desk: Desk) -> None:
    assert desk("doctor", "--stage", "dev") == 0
    assert "database-1  database  ok   8000 MB" in desk.out
    unfit(desk)
    assert desk("doctor", "--stage", "dev") == 2
    assert desk.out.endswith(
        "database-1: it has 1 MB of memory\n  why: 260 MB are needed\n  next: give it more memory\n"
    )

"""What load balancers answer for each plane, as points: from HAProxy's counters, and from HAProxy itself."""

import io
import json
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from haproxy_running import running
from stage_sample import CONFIG

from stages.machine.site import Site
from stages.machine.substrates.connections import Connections
from stages.machine.substrates.remote import RemoteHost
from stages.requests.answering import answer
from stages.requests.traffic import Look, point
from stages.requests.verbs import Listener
from stages.roles.loadbalancer import counters
from stages.roles.loadbalancer.counted import Counters
from stages.roles.loadbalancer.traffic import rows


def counted(blue: int, green: int, **of_green: int) -> Counters:
    return {
        "identity": {"req_tot": blue, "hrsp_2xx": blue, "hrsp_5xx": 0, "rtime": 20, "act": 2},
        "identity-green": {"req_tot": green, "hrsp_2xx": green, "rtime": 9, "act": 3, **of_green},
        "database": {"req_tot": 5, "hrsp_2xx": 5},
    }


def told(rows_: list[Mapping[str, Any]]) -> dict[str, Mapping[str, int]]:
    return {row["plane"]: row["counts"] for row in rows_}


def test_each_plane_has_what_it_answered_between_two_looks_and_no_zeros() -> None:
    blue, green = rows(("identity",), counted(10, 0), counted(14, 6, hrsp_5xx=1, wretr=2))
    assert (blue.plane, blue.counts, blue.wait_ms, blue.up) == ("blue", {"2xx": 4}, 19.5, 2)
    assert green.counts == {"2xx": 6, "5xx": 1, "retries": 2}
    assert (green.service, green.up) == ("identity", 3)


def test_a_pool_of_which_nothing_has_changed_has_no_row_but_a_server_that_went_is_told() -> None:
    assert rows(("identity",), counted(10, 3), counted(10, 3)) == ()
    (green,) = rows(("identity",), counted(10, 3), counted(10, 3, act=2))
    assert (green.plane, green.counts, green.up) == ("green", {}, 2)


def test_a_worker_that_started_in_between_has_counted_since_then() -> None:
    (blue, _green) = rows(("identity",), counted(100, 9), counted(3, 9, act=0))
    assert blue.counts == {"2xx": 3}


def test_a_point_has_the_time_that_passed_on_the_host_and_a_boot_in_between_is_seen() -> None:
    before, after = Look(100.0, counted(10, 0)), Look(100.5, counted(14, 0))
    seen = point("loadbalancer-1", 7.0, ("identity",), before, after)
    assert (seen["at"], seen["seconds"], seen["source"]) == (7.0, 0.5, "loadbalancer-1")
    assert told(seen["rows"]) == {"blue": {"2xx": 4}}
    booted = point("loadbalancer-1", 7.0, ("identity",), replace(before, clock=900.0), after)
    assert (booted["seconds"], told(booted["rows"])["blue"]) == (0.5, {"2xx": 14})


def request(site: Site, **parts: object) -> dict[str, Any]:
    common = {"protocol": 1, "site": str(site.path), "config": str(CONFIG), "stage": "prod", "seconds": 0.3}
    return {**common, **parts}


def asked(site: Site, **parts: object) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    points: list[Mapping[str, Any]] = []
    result = answer(
        "traffic", request(site, **parts), lambda *_: None, Connections(), Listener(points.append)
    )
    assert result["ok"], result
    return result, points


Says = Mapping[str, list[tuple[float, Counters]]]


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Says], None]:
    """Let `ssh` print these looks of a host, and fail for any other."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "ssh"
    # Options come first: -F and the configuration, -o and what it sets.
    program.write_text(f'#!/bin/sh\nexec cat "{folder}/$5.looks"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin")

    def say(looks: Says) -> None:
        for host, seen in looks.items():
            text = "".join(json.dumps({"clock": at, "counted": one}) + "\n" for at, one in seen)
            (folder / f"{host}.looks").write_text(text)

    return say


def test_every_load_balancer_is_followed_and_a_silent_one_keeps_nobody_from_telling(
    site: Site, says: Callable[[Says], None]
) -> None:
    says({"loadbalancer-1": [(5.0, counted(1, 0)), (5.5, counted(3, 1))]})
    result, points = asked(site)
    assert [(one["source"], told(one["rows"])) for one in points] == [
        ("loadbalancer-1", {"blue": {"2xx": 2}, "green": {"2xx": 1}})
    ]
    assert set(result["silent"]) == {"loadbalancer-2"}
    assert "a program on loadbalancer-2 failed: cat:" in result["silent"]["loadbalancer-2"]


def test_a_line_that_is_cut_off_is_silence_of_its_load_balancer_alone(
    site: Site, says: Callable[[Says], None], tmp_path: Path
) -> None:
    says({"loadbalancer-1": [(5.0, counted(1, 0)), (5.5, counted(3, 1))]})
    (tmp_path / "bin" / "loadbalancer-2.looks").write_text('{"clock": 5.0, "coun\n')
    result, points = asked(site)
    assert {one["source"] for one in points} == {"loadbalancer-1"}
    assert "loadbalancer-2 told no counters" in result["silent"]["loadbalancer-2"]


def test_the_next_call_goes_on_from_the_last_look_of_the_one_before(
    site: Site, says: Callable[[Says], None]
) -> None:
    says({"loadbalancer-1": [(5.0, counted(1, 0))]})
    since = asked(site)[0]["since"]
    says({"loadbalancer-1": [(9.0, counted(8, 0))]})
    _, (first,) = asked(site, since=json.loads(json.dumps(since)))
    assert (first["seconds"], told(first["rows"])) == (4.0, {"blue": {"2xx": 7}})


def test_nothing_more_is_told_once_nobody_waits_for_it(site: Site, says: Callable[[Says], None]) -> None:
    looks = [(5.0 + number, counted(number, 0)) for number in range(9)]
    says({"loadbalancer-1": looks, "loadbalancer-2": looks})
    points: list[Mapping[str, Any]] = []
    began = time.monotonic()
    listener = Listener(points.append, lambda: len(points) >= 2)
    answer("traffic", request(site, seconds=60), lambda *_: None, Connections(), listener)
    assert 2 <= len(points) <= 4
    assert time.monotonic() - began < 30


def test_a_load_balancer_that_hangs_keeps_nobody_waiting_at_the_end(
    site: Site, says: Callable[[Says], None], tmp_path: Path
) -> None:
    says({})
    hanging = tmp_path / "bin" / "ssh"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    began = time.monotonic()
    listener = Listener([].append, lambda: time.monotonic() > began + 0.3)
    result = answer("traffic", request(site, seconds=60), lambda *_: None, Connections(), listener)
    assert time.monotonic() - began < 8
    assert (result["ok"], result["silent"]) == (True, {})


def test_who_takes_no_more_lines_ends_the_program_on_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\necho one\necho two\nread line\n")  # for ever, unless its stdin ends
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin")
    taken = RemoteHost("loadbalancer-1", tmp_path / "config").lines("watch", 30)
    began = time.monotonic()
    assert next(taken) == b"one\n"
    taken.close()
    assert time.monotonic() - began < 10


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="there is no haproxy here")
def test_haproxy_itself_is_watched_while_clients_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path) as one:
        monkeypatch.setattr(counters, "SOCKET", one.admin)
        printed = io.StringIO()
        monkeypatch.setattr(sys, "stdout", printed)
        with (tmp_path / "pipe").open("w+") as nobody:
            monkeypatch.setattr(sys, "stdin", nobody)
            # A file is always ready to be read, which is what the end of stdin looks like.
            monkeypatch.setattr(counters.select, "select", lambda *_: (time.sleep(0.2), ([], [], []))[1])
            watching = threading.Thread(target=counters.watch, args=(0.2, 1.0))
            watching.start()
            time.sleep(0.1)
            asked_of = one.asked(20)
            watching.join(10)
    looks = [json.loads(line) for line in printed.getvalue().splitlines()]
    assert asked_of == {"blue": 20}
    assert len(looks) >= 3
    (blue,) = (row for row in rows(("identity",), looks[0]["counted"], looks[-1]["counted"])
               if row.plane == "blue")  # fmt: skip
    assert (blue.counts, blue.up) == ({"2xx": 20}, 1)
    assert all("/" not in name for look in looks for name in look["counted"])

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from observed import met, unmet
from suites_sample import Recorded

from suites.components.cinder import coordination
from suites.components.glance import crossing
from suites.components.glance.crossing import Crossing
from suites.components.neutron import binding
from suites.components.nova_api import cells, pools, server, upgrade
from suites.components.nova_api.pools import Connections
from suites.components.nova_api.server import Made
from suites.components.ovn_controller.component import connected
from suites.components.placement import providers
from suites.errors import ReadingFailed
from suites.faults.drills import Drilled
from suites.hosts.host import Output
from suites.readings.journal import Line

SHA = "ab" * 64
CROSSED = Crossing("active", SHA, SHA, {"image-2": SHA}, {"image-2": True})


def test_an_image_that_arrives_whole_and_goes_is_well() -> None:
    seen = met(crossing.crossed(CROSSED, "image-1"))
    assert seen == "sha512 abababababab uploaded on image-1, read on image-2, deleted"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"read": {"image-2": "cd" * 64}}, "image-2 gives cdcdcdcdcdcd"),
        ({"read": {"image-2": "ServiceUnavailable: no (HTTP 503)"}}, "image-2 gives ServiceUnavailable: no"),
        ({"read": {}}, "nobody read it"),
        ({"status": "queued"}, "the image is queued"),
        ({"told": ""}, "Glance notes nothing as its digest"),
        ({"gone": {"image-2": False}}, "image-2 still has it"),
    ],
)
def test_what_became_of_an_image_is_told(change: dict[str, Any], said: str) -> None:
    assert said in unmet(crossing.crossed(replace(CROSSED, **change), "image-1"))


def test_providers_are_the_compute_hosts() -> None:
    assert met(providers.are(["compute-1"], ["compute-1"])) == "compute-1"
    seen = unmet(providers.are(["fake-mini"], ["compute-1"]))
    assert seen == "compute-1 has no provider, fake-mini is not a compute host"


MADE = Made("ACTIVE", "compute-2", "", 3.21, gone=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "BUILD", "seconds": 45.0}, "BUILD after 45.0 s"),
        ({"status": "ERROR", "fault": "No valid host"}, "ERROR after 3.2 s: No valid host"),
        ({"host": "stranger"}, "on stranger, which is not a compute host of the stage"),
        ({"gone": False}, "still there 20 s after it was deleted"),
    ],
)
def test_a_server_must_become_active_on_a_compute_host_and_go(change: dict[str, Any], said: str) -> None:
    hosts = ["compute-1", "compute-2"]
    assert "ACTIVE after 3.2 s on compute-2, deleted" in met(server.became_active(MADE, hosts))
    assert said in unmet(server.became_active(replace(MADE, **change), hosts))
    one_of_two = {server.VIP: MADE, "compute-api-1": MADE, "compute-api-2": replace(MADE, **change)}
    assert unmet(server.all_became_active(one_of_two, hosts)).startswith("compute-api-2: ")


def test_every_api_must_have_been_asked_for_a_server() -> None:
    asked = {server.VIP: MADE, "compute-api-1": MADE}
    seen = met(server.all_became_active(asked, ["compute-2"]))
    assert seen == "; ".join(f"{place}: ACTIVE after 3.2 s on compute-2, deleted" for place in asked)
    refused = Made("refused", "", "Unauthorized: the host has another password", 0.1, gone=False)
    assert unmet(server.all_became_active({**asked, "compute-api-2": refused}, ["compute-2"])) == (
        "compute-api-2: refused after 0.1 s: Unauthorized: the host has another password"
    )
    for too_few in ({}, {server.VIP: MADE}, {"compute-api-1": MADE}):
        assert not server.all_became_active(too_few, ["compute-2"]).holds


def test_every_compute_host_is_in_a_cell() -> None:
    found = cells.parse(f"cell\t{cells.CELL0}\tcell0\ncell\tc1\tcell1\nhost\tcompute-1\tc1\n")
    assert met(cells.mapped(found, ["compute-1"])) == "2 cells, one of them cell0, compute-1 in cell1"
    assert "compute-2 is mapped to no cell" in unmet(cells.mapped(found, ["compute-2"]))
    gone = unmet(cells.mapped(cells.parse(""), ["compute-1"]))
    assert gone.startswith("cell0 is not mapped, no cell but cell0 is mapped")
    with pytest.raises(ReadingFailed):
        cells.parse("ERROR 1146 (42S02)")


def test_the_table_of_nova_status_is_read_and_a_warning_for_libvirt_is_borne(recorded: Recorded) -> None:
    findings = upgrade.parse(Output(2, recorded("nova-status-upgrade-check.txt"), ""))
    assert [one.result for one in findings] == ["Success", "Failure", "Warning"]
    failed = unmet(upgrade.succeeds(findings))
    assert failed == "Placement API: Failure: Placement service credentials do not work."
    borne = met(upgrade.succeeds((findings[0], findings[2])))
    assert borne.startswith("Success: Cells v2; hw_machine_type unset: Warning, it is for libvirt")
    assert findings[2].details.endswith("does not contain libvirt based compute hosts.")
    assert not upgrade.succeeds((replace(findings[0], result="Warning"),)).holds


def test_a_nova_status_without_a_table_is_a_failed_reading() -> None:
    with pytest.raises(ReadingFailed, match="ended with 255: no database"):
        upgrade.parse(Output(255, "Error:\n", "Traceback\nno database\n"))


def test_a_pool_that_ran_dry_is_named_unless_a_fault_explains_it() -> None:
    at, minute = datetime(2026, 11, 22, 20, tzinfo=UTC), timedelta(minutes=1)
    dry = Line(at, "uwsgi", "QueuePool limit of size 2 overflow 0 reached")
    seen = unmet(pools.none_dry({"a": [dry], "b": []}, ()))
    assert seen == "no connection was left on a: 1 times, first at 20:00:00 by uwsgi"
    assert pools.none_dry({"a": [dry]}, [Drilled(at - minute, at + minute)]).holds
    assert not pools.none_dry({}, ()).holds


def test_a_database_server_must_have_connections_left() -> None:
    counted = pools.counted("Max_used_connections\t150\nThreads_connected\t100\nmax_connections\t200\n")
    assert counted == Connections(100, 150, 200)
    assert met(pools.have_room({"db": counted})) == "connections: db 100 of 200 (at most 150)"
    assert unmet(pools.have_room({"db": Connections(199, 199, 200)})).endswith("; no room on db")
    assert not pools.have_room({}).holds
    with pytest.raises(ReadingFailed):
        pools.counted("Threads_connected\t1\n")


def test_a_port_is_bound_where_ovn_lives() -> None:
    assert binding.all_bound({"compute-1": "ovs"}).holds
    failed = {"compute-1": "ovs", "compute-2": "binding_failed"}
    assert unmet(binding.all_bound(failed)) == "a port on compute-2 is binding_failed"
    assert not binding.all_bound({}).holds


def test_a_lock_must_shut_the_second_out() -> None:
    lock = '{"backend": "redis", "steps": [true, false, true, true, true], "error": ""}'
    assert coordination.shuts_out(coordination.parse(lock)).holds
    both = coordination.parse(lock.replace("true, false", "true, true"))
    assert "the second has it too: yes" in unmet(coordination.shuts_out(both))
    refused = coordination.parse('{"backend": "redis", "steps": [], "error": "ToozConnectionError"}')
    assert unmet(coordination.shuts_out(refused)) == "no lock by redis: ToozConnectionError"
    with pytest.raises(ReadingFailed):
        coordination.parse("Segmentation fault")


def test_the_api_must_be_connected_to_who_keeps_locks_and_a_sentinel_does_not() -> None:
    peers = coordination.addresses("10.71.3.25:6379\n[::ffff:10.71.3.5]:3306\n10.71.3.24:26379\n")
    assert peers == {"10.71.3.25", "10.71.3.5"}
    assert coordination.connected(peers, ["10.71.3.24", "10.71.3.25"]).holds
    seen = unmet(coordination.connected(peers, ["10.71.3.24"]))
    assert seen == "cinder-api.service is connected to none of 10.71.3.24"
    assert not coordination.connected(peers, []).holds


def test_ovn_controller_must_say_connected() -> None:
    assert connected(Output(0, "connected\n", "")).holds
    assert unmet(connected(Output(0, "not connected\n", ""))) == "not connected"
    assert "no pid" in unmet(connected(Output(1, "", "ovn-appctl: no pid\n")))

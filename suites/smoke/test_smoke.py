from collections.abc import Iterator, Sequence

import pytest

from suites.faults.drills import Drilled
from suites.harness.component import Component
from suites.harness.fixtures import MustHold, Seeing, inconclusive
from suites.harness.gathering import OfTarget, asks, asks_last
from suites.hosts.host import Host
from suites.hosts.reading import Observation, look, until
from suites.openstack import dependencies, named, own_queue
from suites.openstack.round_trips import MADE_BY, RoundTrips, came_round
from suites.openstack.services import some_serve
from suites.readings import clocks, disk, journal, journal_gaps, ownership, packages
from suites.readings.effective import checks
from suites.readings.inventory import Listing
from suites.readings.inventory_fixtures import Listed, Note
from suites.seam.target import Target


@asks(lambda component, host: [one.script for one in component.healthy(host)])
def test_healthy(component: Component, host: Host, must_hold: MustHold) -> None:
    # A short grace period: peers may not see the component as up yet.
    must_hold(until(lambda: look(host, component.healthy(host)), within=5, every=0.5))


def test_some_serve(component: Component, hosts: Sequence[Host], must_hold: MustHold) -> None:
    if not component.one_is_enough:
        pytest.skip("each host is needed: healthy says how it is")

    def seen() -> Observation:
        return some_serve({host.name: look(host, component.healthy(host)) for host in hosts})

    must_hold(until(seen, within=5, every=0.5))


@asks(lambda component, host: [dependencies.script(host)] if component.depends_on else ())
def test_dependencies_answer(component: Component, host: Host, must_hold: MustHold) -> None:
    if not component.depends_on:
        pytest.skip("it depends on nothing that its host asks")
    must_hold(dependencies.all_ok(dependencies.read(host), component.depends_on))


def test_record_is_read_back(
    component: Component, host: Host, round_trips: RoundTrips, must_hold: MustHold
) -> None:
    if component.name not in MADE_BY:
        pytest.skip("it has no API that makes records")
    must_hold(came_round(round_trips.of(component.name, host.name)))


@asks(lambda component, _: [component.configured.script] if component.configured else ())
def test_all_it_names_answers(component: Component, host: Host, target: Target, must_hold: MustHold) -> None:
    if component.configured is None:
        pytest.skip("no file of it names others")
    said = named.parse(host.read(component.configured.script))
    must_hold(named.all_answer(said, named.to_name(target, host.name)))


@asks(lambda component, host: [component.own_queue.script(host.name)] if component.own_queue else ())
def test_own_queue_is_answered(component: Component, host: Host, must_hold: MustHold) -> None:
    queue = component.own_queue
    if queue is None:
        pytest.skip("it has no queue of its own")
    answer = own_queue.parse(host.read(queue.script(host.name), within=own_queue.ENDS_AFTER))
    must_hold(own_queue.took(queue, host.name, answer))


def versions(component: Component, _host: Host) -> Iterator[str]:
    yield packages.DEBIAN
    if component.python is not None:
        yield packages.python_script(component.python)


@asks(versions)
def test_versions(component: Component, host: Host, target: Target, must_hold: MustHold) -> None:
    installed, recorded = packages.debian(host.read(packages.DEBIAN))
    must_hold(packages.compare("Debian packages", installed, recorded))
    if component.packages:
        must_hold(packages.owned(component.packages, installed))
    if component.python is not None:
        there = packages.listed(host.read(packages.python_script(component.python)))
        wanted = packages.normalised(target.versions_on(target.host(host.name)).python)
        if target.host(host.name).earlier:
            must_hold(packages.from_before("Python distributions", there))
        else:
            must_hold(packages.compare("Python distributions", packages.normalised(there), wanted))


@asks(lambda component, _: [clocks.script(component.clocked)] if component.clocked else ())
def test_clock(component: Component, host: Host, must_hold: MustHold) -> None:
    if not component.clocked:
        pytest.skip("no unit writes its own time")
    must_hold(clocks.look(host, component.clocked))


@asks(OfTarget(checks.scripts))
def test_runs_as_declared(component: Component, host: Host, target: Target, must_hold: MustHold) -> None:
    must_hold(checks.as_declared(component, checks.read(component, host, target), target))


@asks(OfTarget(checks.scripts))
def test_hosts_agree(
    component: Component, hosts: Sequence[Host], target: Target, must_hold: MustHold
) -> None:
    must_hold(checks.agree(component, [checks.read(component, host, target) for host in hosts]))


@asks(disk.SCRIPT)
def test_disk(component: Component, host: Host, target: Target, must_hold: MustHold) -> None:
    first = target.host(host.name).components[0]
    if component.name != first:
        pytest.skip(f"looked at once a host, with {first}")
    must_hold(disk.has_room(disk.parse(host.read(disk.SCRIPT))))


@asks(lambda component, _: [ownership.script(component.keeps)] if component.keeps else ())
def test_data_is_its_own(component: Component, host: Host, must_hold: MustHold) -> None:
    if component.keeps is None:
        pytest.skip("no data of it outlives the host")
    owners = ownership.parse(host.read(ownership.script(component.keeps)))
    must_hold(ownership.are_equal(component.keeps, owners))


def test_inventory_is_noted(
    component: Component, listing: Listing, listed: Listed, note: Note, seen: Seeing
) -> None:
    del component, listing  # they only name the check, and say what is listed
    things = listed()
    note(things)
    seen(f"{len(things)} things noted")


# Runs last, so that it also judges what the checks themselves caused.
@asks_last(lambda component, _: [journal.script(component)], journal_gaps.SCRIPT)
def test_journal(
    component: Component, host: Host, target: Target, drilled: Sequence[Drilled], must_hold: MustHold
) -> None:
    lines = journal.parse(host.read(journal.script(component)))
    must_hold(journal.judge(component, lines, target, drilled))
    kept = journal_gaps.read(host.read(journal_gaps.SCRIPT))
    whole = journal_gaps.is_whole(kept, component.units, target, drilled)
    if not whole.holds:  # that no error was found in it proves nothing
        inconclusive(whole.seen)


@asks_last(lambda component, _: [journal.FIRST, journal.script(component)] if component.ignored else ())
def test_journal_patterns_used(
    component: Component, hosts: Sequence[Host], target: Target, must_hold: MustHold
) -> None:
    if not component.ignored:
        pytest.skip("no line is ignored")
    asked = hosts if target.new else ()
    begun = {host.name: journal.begins(host.read(journal.FIRST)) for host in asked}
    if why := journal.gone(target, begun):
        must_hold(Observation(holds=True, seen=f"no evidence to judge by: {why}"))
        return
    lines = [line for host in hosts for line in journal.parse(host.read(journal.script(component)))]
    must_hold(journal.all_used(component, lines))

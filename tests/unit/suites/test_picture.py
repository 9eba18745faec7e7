import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictured import FAULT, holder_lost, made_up_gate, nothing_bitten, writer_killed

from suites.failover.analysis.measures import Verdict
from suites.failover.marks import Event, Holding
from suites.failover.picture import Broken, FaultPicture, render
from suites.failover.picture.scale import LatencyScale, TimeScale, decade_range, nice_step
from suites.failover.picture.signpost import Moment, Sign, signposts
from suites.failover.picture.tables import spreads
from suites.failover.picture.timeline import segments, timeline

VOID = frozenset(("meta", "br"))
CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--hide-scrollbars", "--window-size=1280,2000"),
)


class Page(HTMLParser):
    """What a page is made of: its elements with their attributes, and whether they all close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def _text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


@pytest.fixture(scope="module")
def html() -> str:
    return render(made_up_gate(writer_killed(), holder_lost(), nothing_bitten()))


def test_every_element_closes_and_nothing_is_loaded_from_anywhere(html: str) -> None:
    page = Page(html)
    assert page.open == []
    for _, attributes in page.elements:
        assert not {"src", "srcset", "data", "xlink:href"} & attributes.keys()
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in html
    assert "@import" not in html
    assert "://" not in html
    assert "default-src 'none'" in html


def test_the_table_on_top_has_a_line_for_each_fault_and_the_page_says_why_it_did_not_pass(html: str) -> None:
    summary = html[html.index('<table class="summary">') : html.index("</table>")]
    lines = [_text(line) for line in summary.split("<tr>")[2:]]
    assert lines[0] == (
        "Galera writer killed database-1 pid 412 is gone +0.08 s 2.94 s 4.25 s 88 0 of 300 2.92 s passed"
    )
    assert lines[1].endswith("75 2 of 300 3.41 s failed")
    assert lines[2].startswith("HAProxy frozen loadbalancer-2 none")
    assert lines[2].endswith("inconclusive")
    assert "the fault did not bite: the longest time without a success was 0.06 s" in html
    assert "nothing succeeded for 3.45 s; the budget is 1.00 s" in html


def test_a_fault_that_came_to_no_judgement_is_on_the_page() -> None:
    broken = Broken("galera_writer_cut_off", Verdict.FAILED, "it <takes> writes")
    shown = _text(render(replace(made_up_gate(), broken=(broken,))))
    assert "galera_writer_cut_off failed it &lt;takes&gt; writes" in shown


def test_every_request_of_the_window_is_drawn_once() -> None:
    fault = writer_killed()
    drawn = 0
    for lane, probe in zip(timeline(fault, ()).lanes, fault.probes, strict=True):
        marks = (lane.ok + lane.errors + lane.timeouts).count("M")
        assert marks == probe.measures.samples
        drawn += marks
    assert drawn == sum(len(probe.trace.requests) for probe in fault.probes)


def test_no_success_is_drawn_in_the_shaded_gap() -> None:
    for lane in timeline(writer_killed(), ()).lanes:
        if lane.gap is not None:
            successes = [float(x) for x in re.findall(r"M([\d.]+) ", lane.ok)]
            inside = (lane.gap.x + 0.2, lane.gap.x + lane.gap.width - 0.2)
            assert not [x for x in successes if inside[0] < x < inside[1]]


def test_the_bands_say_who_held_the_vip_and_who_was_the_writer(html: str) -> None:
    bands = {band.label: [one.name for one in band.segments] for band in timeline(writer_killed(), ()).bands}
    assert bands == {"VIP held by": ["loadbalancer-1"], "writer": ["database-1", "nobody", "database-2"]}
    assert "VIP held by" in _text(html)


def test_every_moment_is_in_the_list_with_the_time_on_the_wall(html: str) -> None:
    listed = _text(html[html.index("What happened") : html.index("What failed")])
    assert "+0.00 s 14:05:05.300 Galera writer killed on database-1" in listed
    assert "+2.30 s 14:05:07.600 database-2 and database-3 evicted database-1" in listed
    assert "recovered, and stayed so" in listed


def test_texts_of_a_run_are_escaped_wherever_they_stand() -> None:
    evil = '"><script>alert(1)</script>'
    fault = writer_killed()
    probe = fault.probes[0]
    requests = tuple(replace(one, error=evil) for one in probe.trace.requests)
    marks = replace(
        fault.marks,
        fault=evil,
        component=evil,
        target=evil,
        formula=evil,
        proof=evil,
        events=(Event(FAULT, evil),),
        holders=(Holding(FAULT, evil),),
    )
    trace = replace(probe.trace, kind=evil, requests=requests)
    evil_fault = replace(fault, marks=marks, why=(evil,), probes=(replace(probe, trace=trace),))
    html = render(replace(made_up_gate(evil_fault), stage=evil, release=evil, gate=evil))
    assert html.count("<script>") == 1
    assert evil not in html
    assert Page(html).open == []


def test_a_run_without_faults_or_requests_is_a_page_too() -> None:
    assert Page(render(made_up_gate())).open == []
    fault = nothing_bitten()
    probe = fault.probes[0]
    silent = replace(probe, trace=replace(probe.trace, requests=()))
    assert Page(render(made_up_gate(replace(fault, probes=(silent,), writes=None)))).open == []


def test_labels_never_lie_on_one_another() -> None:
    time = TimeScale(0.0, 20.0, 0.0, 1000.0)
    crowd = [Moment(5 + number / 50, Sign.EVENT, f"happening number {number}") for number in range(6)]
    posts = signposts([*crowd, Moment(19.9, Sign.UNDONE, "undone")], time)
    assert [post.row for post in posts[:6]] == list(range(6))
    assert posts[6].leftwards
    assert posts[6].row == 0


def test_a_band_lasts_until_the_next_change_and_the_last_to_the_end() -> None:
    time = TimeScale(0.0, 10.0, 0.0, 100.0)
    found = segments([(0.0, "a"), (4.0, None), (6.0, "b")], time, ["a", "b"])
    assert [(one.x, one.width, one.name, one.colour) for one in found] == [
        (0.0, 40.0, "a", 0),
        (40.0, 20.0, "nobody", None),
        (60.0, 40.0, "b", 1),
    ]


@given(st.floats(-1e4, 1e4), st.floats(0.5, 1e3), st.floats(-1e4, 1e4))
def test_ticks_are_few_round_and_within(begin: float, length: float, zero: float) -> None:
    scale = TimeScale(begin, begin + length, 0.0, 1000.0)
    ticks = scale.ticks(zero)
    assert 3 <= len(ticks) <= 16
    assert all(begin - 1e-3 <= zero + tick <= begin + length + 1e-3 for tick in ticks)


@given(st.floats(1e-6, 1e6))
def test_a_step_is_one_two_or_five(least: float) -> None:
    step = nice_step(least)
    assert least * (1 - 1e-6) <= step <= least * 10
    assert float(f"{step:.0e}"[0]) in (1, 2, 5)


@given(st.lists(st.floats(0, 1e3)))
def test_every_latency_has_its_place(latencies: list[float]) -> None:
    least, most = decade_range(latencies)
    scale = LatencyScale(least, most, 10.0, 90.0)
    places = [scale.y(latency) for latency in sorted(latencies)]
    assert places == sorted(places, reverse=True)
    assert all(10.0 <= place <= 90.0 for place in places)
    assert most == scale.decades()[-1]


def test_repeated_faults_are_shown_as_a_distribution() -> None:
    again = holder_lost()
    shown = _text(render(made_up_gate(again, again, again, writer_killed())))
    assert "VIP holder lost 0 of 3 3.45 s 3.45 s 3.45 s 1.00 s" in shown
    assert shown.count("Longest gap of each run") == 1
    (spread,) = spreads((again, again, writer_killed()))
    assert len(spread.dots) == 2
    assert spread.budget_x is not None
    assert spread.dots[0][0] > spread.budget_x


def test_a_host_has_one_colour_on_the_whole_page(html: str) -> None:
    coloured = re.findall(r'class="(holder-\d)"[^>]*><title>([^<]*)', html)
    assert len(set(coloured)) == len({name for _, name in coloured})


def _chromium(tmp_path: Path, *arguments: str) -> str:
    command = [*CHROMIUM, f"--user-data-dir={tmp_path / 'profile'}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.mark.lab
def test_a_browser_draws_the_page_without_overflow_or_error(tmp_path: Path, html: str) -> None:
    page = tmp_path / "report.html"
    # What the browser measured itself goes where --dump-dom shows it.
    probe = """<script>
    const line = document.querySelector("svg.timeline"), box = line.getBoundingClientRect();
    const middle = {clientX: box.left + box.width / 2, clientY: box.top + 9};
    line.dispatchEvent(new PointerEvent("pointermove", middle));
    const low = [...document.querySelectorAll(".lane")].map((lane) => lane.getBBox());
    document.body.dataset.seen = [
      document.documentElement.scrollWidth <= innerWidth ? "fits" : "overflows",
      low.every((box) => box.height > 60 && box.width > 600) ? "drawn" : "empty",
      document.querySelector(".cursor text").textContent].join(" | ");
    </script>"""
    page.write_text(html.replace("</body>", f"{probe}</body>"))
    dom = _chromium(tmp_path, "--dump-dom", page.as_uri())
    seen = re.search(r'data-seen="([^"]*)"', dom)
    assert seen is not None
    assert re.fullmatch(r"fits \| drawn \| \+2\.9\d s", seen[1]), seen[1]
    picture = tmp_path / "report.png"
    _chromium(tmp_path, f"--screenshot={picture}", page.as_uri())
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 100_000


def test_a_fault_of_which_no_probe_has_a_budget_shows_the_longest_wait() -> None:
    fault: FaultPicture = writer_killed()
    bare = replace(fault, probes=tuple(replace(probe, budget=None) for probe in fault.probes))
    assert bare.worst.measures.longest_gap_s == max(probe.measures.longest_gap_s for probe in fault.probes)

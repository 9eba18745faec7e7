"""The picture of a run: what it shows of a made-up upgrade, and how a browser draws it."""

import html as escaping
import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from upgraded import AWAY, upgrade

from pipeline.core.traffic import Point, Row, planes_of
from pipeline.picture.chart import chart, stacked
from pipeline.picture.lanes import lanes
from pipeline.picture.page import has_moved, render
from pipeline.picture.scale import Axis, round_up
from pipeline.picture.subject import Failure, RunPicture, Span

CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--hide-scrollbars", "--window-size=1280,2000"),
)
VOID = {"meta", "br"}
# What the browser measured itself goes where --dump-dom shows it.
PROBE = """<script>
const seen = (page) => [
  page.documentElement.scrollWidth <= page.defaultView.innerWidth ? "fits" : "overflows",
  [...page.querySelectorAll("details[open] .lane .line, section .lane .line")].every(
    (line) => line.getBoundingClientRect().width > page.defaultView.innerWidth / 60) ? "drawn" : "empty",
  [...page.querySelectorAll(".chart text")].every(
    (text) => parseFloat(page.defaultView.getComputedStyle(text).fontSize) >= 11) ? "readable" : "too small",
  page.defaultView.getComputedStyle(page.body).backgroundColor].join(" ");
addEventListener("load", () => {
  const both = [document, document.querySelector("iframe").contentDocument];
  document.body.dataset.seen = both.map(seen).join(" | ");
});
</script>"""


class Page(HTMLParser):
    """A page's elements, with their attributes, and those that are still open at its end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: list[dict[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def picture() -> RunPicture:
    return upgrade()


@pytest.fixture(scope="module")
def html(picture: RunPicture) -> str:
    return render(picture)


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_every_element_closes_and_nothing_is_loaded_from_anywhere(html: str) -> None:
    page = Page(html)
    assert page.open == []
    for attributes in page.attributes:
        assert not {"src", "srcset", "data", "xlink:href"} & attributes.keys()
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in html
    assert "://" not in html


def test_the_table_has_each_leg_with_what_each_plane_answered_and_the_longest_gap(html: str) -> None:
    table = html[html.index("<tbody>") : html.index("</tbody>")]
    rows = [text_of(row) for row in table.split("<tr>")[1:]]
    assert len(rows) == 6
    assert re.fullmatch(r"expand passed 1 min 35 s [\d ]+ 0 \d\d ms 0 0 \N{EN DASH} none too long 0", rows[0])
    assert re.fullmatch(r"cut-over passed 48.0 s .* 3.[56] s 9", rows[2])


def test_legs_in_which_clients_changed_over_are_open_and_the_others_are_not(html: str) -> None:
    opened = re.findall(r'<details id="leg-(\d)" open>', html)
    assert opened == ["3", "4", "5"]


def test_what_planes_answered_adds_up_and_its_line_has_no_hole(picture: RunPicture) -> None:
    requests, errors, wait = lanes(picture.points, ("blue", "green"), picture.begin, picture.end)
    assert [line.line.count("M") for line in requests.lines] == [1, 1]
    assert (errors.empty, wait.empty) == ("", "")
    # No answer has no time: blue's line ends where green has taken over, and again after the way back.
    assert wait.lines[0].line.count("M") == 2


def test_where_nobody_counts_there_is_no_line(picture: RunPicture) -> None:
    without = tuple(one for one in picture.points if not picture.begin + 100 < one.at < picture.begin + 140)
    requests, *_ = lanes(without, ("blue", "green"), picture.begin, picture.end)
    assert [line.line.count("M") for line in requests.lines] == [2, 2]


def test_a_time_in_which_nobody_may_have_asked_is_drawn_as_such_and_listed_nowhere() -> None:
    gates = (Span("gate smoke", 0.0, 10.0), Span("gate api", 30.0, 40.0))
    points = tuple(
        Point(at, 0.5, "lb-1", (Row("identity", "blue", {"2xx": 0 if 10 < at <= 30 else 10}, 5.0, 1),))
        for at in (number / 2 for number in range(1, 81))
    )
    page = render(RunPicture("p1", ("p1",), (Span("build", 0.0, 40.0),), (), gates, points, ()))
    assert '<g class="gap quiet"><title>20.0 s: nobody asked' in page
    assert "<i></i>nobody asked" in page
    assert "Times without an answer</h2>" not in page
    assert "none too long" in page


def test_gaps_and_failed_requests_are_where_they_were(picture: RunPicture, html: str) -> None:
    leg = picture.legs[2]
    drawn = chart(picture, (), ("blue", "green"), leg.began, leg.ended)
    assert drawn.failures is not None
    axis = Axis(leg.began, leg.ended)
    assert drawn.failures[1][0][0] == axis.x(AWAY[0])
    assert html.count('class="failure"') == 2 * 9  # in the whole run and in the leg
    assert "nobody was answered" in html
    assert ">3.5 s</text>" in html or ">3.6 s</text>" in html


def test_steps_at_once_have_rows_of_their_own_and_one_after_the_other_share_one() -> None:
    spans = [Span("a", 0, 10), Span("b", 5, 8), Span("c", 10, 12), Span("d", 9, 11)]
    assert [(span.name, row) for span, row in stacked(spans)] == [("a", 0), ("b", 1), ("d", 1), ("c", 0)]


def test_a_canary_of_a_tenth_is_no_change_over(picture: RunPicture) -> None:
    expand, cut_over = picture.legs[0], picture.legs[2]
    assert not has_moved(picture.points, expand.began, expand.ended)
    assert has_moved(picture.points, cut_over.began, cut_over.ended)


def test_texts_of_a_run_are_escaped_wherever_they_stand(picture: RunPicture) -> None:
    evil = '"><script>alert(1)</script>'
    span = Span(evil, picture.begin, picture.end)
    row = Row(evil, evil, {"5xx": 1, "retries": 1}, 1.0, 1)
    points = tuple(replace(one, source=evil, rows=(row,)) for one in picture.points[:50])
    client = replace(picture.clients[0], name=evil, failures=(Failure(picture.begin + 1, evil),))
    page = render(RunPicture(evil, (evil,), (span, span), (span,), (span,), points, (client,)))
    assert "<script" not in page
    assert Page(page).open == []


def test_a_run_of_which_nobody_counted_anything_is_a_page_too(picture: RunPicture) -> None:
    bare = replace(picture, points=(), clients=(), steps=(), gates=())
    assert "Nobody counted what was answered" in render(bare)
    assert Page(render(replace(bare, legs=()))).open == []


def test_the_top_of_a_lane_is_round_and_not_below_what_is_drawn() -> None:
    assert [round_up(most) for most in (0, 0.4, 1, 61, 100, 101)] == [1, 0.4, 1, 80, 100, 150]


def test_planes_have_one_order_whichever_answered_first(picture: RunPicture) -> None:
    assert planes_of(reversed(picture.points)) == ("blue", "green")


def _chromium(tmp_path: Path, *arguments: str) -> str:
    command = [*CHROMIUM, f"--user-data-dir={tmp_path / 'profile'}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.mark.lab
@pytest.mark.parametrize(
    ("theme", "paper"), [("1", r"rgb\(255, 255, 255\)"), ("0", r"rgb\(20, 24, 30\)")], ids=["light", "dark"]
)
def test_a_browser_draws_it_wide_and_narrow_in_both_themes(
    tmp_path: Path, html: str, theme: str, paper: str
) -> None:
    narrow = f'<iframe style="width:400px;height:900px;border:0" srcdoc="{escaping.escape(html)}"></iframe>'
    page = tmp_path / "report.html"
    # The page forbids all scripts but those that this test adds.
    scripted = html.replace(
        "style-src 'unsafe-inline'", "style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-src 'self'"
    )
    page.write_text(scripted.replace("</body>", f"{narrow}{PROBE}</body>"))
    scheme = f"--blink-settings=preferredColorScheme={theme}"
    dom = _chromium(tmp_path, scheme, "--virtual-time-budget=5000", "--dump-dom", page.as_uri())
    seen = re.search(r'data-seen="([^"]*)"', dom)
    assert seen is not None
    assert re.fullmatch(rf"fits drawn readable {paper} \| fits drawn readable {paper}", seen[1]), seen[1]
    shot = tmp_path / "report.png"
    _chromium(tmp_path, scheme, f"--screenshot={shot}", page.as_uri())
    assert shot.read_bytes().startswith(b"\x89PNG")
    assert shot.stat().st_size > 80_000

"""The pages as HTML. Every text of a site is escaped, and no page loads anything from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from pipeline.board.login import address_of_login
from pipeline.board.plans import PlanSeen
from pipeline.board.reading import Document, Overview, StageShown
from pipeline.board.release_shown import ReleaseShown
from pipeline.board.visitor import ANYBODY, Visitor
from pipeline.cli.attempt_shown import AttemptShown
from pipeline.cli.causes_shown import folded
from pipeline.cli.line_table import exactly
from pipeline.cli.render import about_to_go, counted, lasting, size, span
from pipeline.cli.render import moment as rfc3339
from pipeline.cli.stage_rows import follow_up_text, way_text
from pipeline.core.causes import Cause
from pipeline.core.codec import revive
from pipeline.core.verdict import Finding
from pipeline.engine.gate_preview import GatePreview

HERE = "pipeline.board"
ASSETS: Mapping[str, str] = {
    "board.css": "text/css",
    "board.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_TEMPLATES = (
    "attempt.html.j2",
    "folder.html.j2",
    "layout.html.j2",
    "overview.html.j2",
    "parts.html.j2",
    "plan.html.j2",
    "release.html.j2",
    "stage.html.j2",
    "trouble.html.j2",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder of an attempt's evidence: its path from the attempt's folder, and a file's size."""

    name: str
    path: str
    bytes: int | None


class Pages:
    """Renders the pages of one site."""

    def __init__(self, site: Path) -> None:
        environment = Environment(
            loader=DictLoader({name: asset(name) for name in _TEMPLATES}),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals |= {
            "address_of_login": address_of_login,
            "follow_up_text": follow_up_text,
            "site": str(site),
            "way_text": way_text,
        }
        environment.filters |= {
            "about_to_go": about_to_go,
            "counted": counted,
            "exactly": exactly,
            "folded": _folded,
            "gate": _gate,
            "lasting": lasting,
            "moment": moment,
            "size": size,
            "span": span,
        }
        self._environment = environment
        self._site = site

    def overview(self, seen: Overview, visitor: Visitor = ANYBODY) -> str:
        """The page of the whole line."""
        return self._render("overview.html.j2", "/", visitor, seen=seen, head=seen.head)

    def stage(self, name: str, shown: StageShown, visitor: Visitor = ANYBODY) -> str:
        """The page of one stage."""
        (row,), here = shown.status["stages"], f"/stages/{name}"
        head = _head(shown.status)
        return self._render("stage.html.j2", here, visitor, name=name, row=row, shown=shown, head=head)

    def release(self, shown: ReleaseShown, visitor: Visitor = ANYBODY) -> str:
        """The page of one release, with the forms of who is logged in."""
        here = f"/releases/{shown.release.alias}"
        return self._render("release.html.j2", here, visitor, shown=shown, one=shown.release, head=shown.head)

    def plan(self, alias: str, stage: str, seen: PlanSeen | None, visitor: Visitor = ANYBODY) -> str:
        """The page of a plan that was made here, to be approved by who is logged in."""
        here = f"/releases/{alias}/plans/{stage}"
        at = rfc3339(seen.at) if seen else None
        return self._render(
            "plan.html.j2", here, visitor, alias=alias, stage=stage, seen=seen, at=at, head=None
        )

    def attempt(self, shown: AttemptShown, visitor: Visitor = ANYBODY) -> str:
        """The page of one attempt, with links to what there is of its evidence on this machine."""
        runs, document = self._site / "runs", shown.document
        attempt: Document = document["attempt"]
        picture = runs / attempt["run"] / "report.html"
        places = {one["evidence"]: self._place(attempt["id"], one["evidence"]) for one in attempt["gates"]}
        diagnostics = [(one, self._place(attempt["id"], one)) for one in document["diagnostics"]]
        return self._render(
            "attempt.html.j2",
            f"/attempts/{attempt['id']}",
            visitor,
            document=document,
            legs=shown.legs,
            attempt=attempt,
            head=None,
            longest=max((one["seconds"] or 0.0 for one in document["timeline"]), default=0.0),
            picture=f"/evidence/{attempt['run']}/report.html" if picture.is_file() else None,
            places=places,
            diagnostics=diagnostics,
            reports={path for path in places.values() if path and (runs / path / "report.html").is_file()},
        )

    def folder(self, attempt: str, path: str, entries: Sequence[Entry], visitor: Visitor = ANYBODY) -> str:
        """The page of a folder of evidence."""
        here = f"/evidence/{attempt}/{path}"
        return self._render(
            "folder.html.j2", here, visitor, attempt=attempt, path=path, entries=entries, head=None
        )

    def trouble(
        self, title: str, lines: Sequence[str], visitor: Visitor = ANYBODY, *, live: bool = True
    ) -> str:
        """A page that says why there is no other; `live` is whether its script may fetch it again."""
        return self._render("trouble.html.j2", "/", visitor, title=title, lines=lines, live=live, head=None)

    def _place(self, attempt: str, folder: str) -> str | None:
        """The path of an attempt's folder below `runs`, if it is there."""
        place = Path(folder)
        runs = self._site / "runs"
        here = place.is_dir() and place.is_relative_to(runs / attempt)
        return place.relative_to(runs).as_posix() if here else None

    def _render(self, template: str, here: str, visitor: Visitor, **values: object) -> str:
        """`here` is the page to come back to after a login."""
        return self._environment.get_template(template).render(here=here, visitor=visitor, **values)


def moment(text: str | None) -> Markup:
    """A moment (RFC 3339) as an element that says it to people and to programs."""
    if text is None:
        return Markup("&ndash;")
    shown = f"{text[:10]} {text[11:16]}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(text, text, shown)


def asset(name: str) -> str:
    """The text of one of this package's files."""
    return files(HERE).joinpath("assets", name).read_text(encoding="utf-8")


def _folded(cause: Document, findings: Sequence[Document]) -> str:
    """The likely consequences of a cause, counted."""
    first, *others = (
        revive(Finding, findings[place]) for place in (cause["finding"], *cause["consequences"])
    )
    return folded(Cause(first, tuple(others), cause["shared"]))


def _gate(preview: Document) -> str:
    """A gate of a plan, as `promote plan` tells it."""
    found: GatePreview = revive(GatePreview, preview)
    return found.line()


def _head(status: Document) -> int | None:
    return status["ledger"]["head"] if status["ledger"] else None

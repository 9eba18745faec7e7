"""The paths, links and sections that documents and messages name are there."""

import re

import pytest
from pages import DOCS, FENCE, ROOT, TEXT, names, prose, spans, table

MADE_LATER = {"docs/performance.md": "make prove writes it"}
PLACES = table("CONTRIBUTING.md", "Where to change what")


def test_paths_in_the_documents_exist() -> None:
    top = {path.name for path in ROOT.iterdir()} - {".stagegate", ".venv"}
    missing = []
    for document, span in spans():
        path = re.sub(r"<[^>]+>", "*", span)
        looks = (
            re.fullmatch(r"[\w./*-]+", path) and ("/" in path or "." in path) and path.split("/")[0] in top
        )
        if looks and path not in MADE_LATER and not list(ROOT.glob(path.rstrip("/"))):
            missing.append(f"{document}: {span}")
    assert not missing


def anchors(text: str) -> set[str]:
    found = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in found}


def test_links_lead_somewhere() -> None:
    broken = []
    for document, text in TEXT.items():
        for target in re.findall(r"\]\(([^)]+)\)", prose(text)):
            path, _, anchor = target.partition("#")
            file = (ROOT / document).parent / path if path else ROOT / document
            if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
                broken.append(f"{document}: {target}")
    assert not broken


def test_every_document_can_be_found_from_the_readme() -> None:
    seen, new = set(), {ROOT / "README.md"}
    while new:
        path = new.pop()
        seen.add(path)
        links = re.findall(r"\]\(([^)#]+\.md)[^)]*\)", path.read_text())
        new |= {(path.parent / link).resolve() for link in links} - seen
    assert set(DOCS) <= seen


def test_sections_that_errors_point_to_exist() -> None:
    code = [*ROOT.glob("pipeline/**/*.py"), *ROOT.glob("stages/**/*")]
    named = {
        match
        for path in code
        if path.is_file() and path.suffix != ".pyc"
        for match in re.findall(r"(docs/[\w-]+\.md)(?:, '([^']+)')?", path.read_text())
    }
    assert named
    for document, section in named:
        assert document in TEXT
        assert not section or f"# {section}\n" in TEXT[document]


@pytest.mark.parametrize(("change", "files", "marks"), PLACES, ids=[row[0] for row in PLACES])
def test_what_is_to_be_changed_stands_in_the_file_that_is_named(change: str, files: str, marks: str) -> None:
    found = {name: list(ROOT.glob(name)) for name in names(files) if not name.startswith("make ")}
    assert found, f"{change}: no file"
    assert all(found.values()), found
    texts = [path.read_text() for paths in found.values() for path in paths if path.is_file()]
    assert not [mark for mark in names(marks) if not any(mark in text for text in texts)], change


def test_changes_that_a_newcomer_makes_have_their_file_named() -> None:
    changes = [row[0] for row in PLACES]
    for wanted in ("budget of a fault", "timeout of HAProxy", "verb", "check of RabbitMQ", "event"):
        assert [change for change in changes if wanted in change], wanted


@pytest.mark.parametrize(
    "words",
    [
        r"seamless|powerful|blazing|magic|simply|robust",
        r"whoever|who asks|(?<!--)anew|so long|(gone|taken|goes) back|gives? up|is said of|no pass",
    ],
    ids=["advertising", "idioms that read twice"],
)
def test_words_that_do_not_inform_are_not_used(words: str) -> None:
    found = [
        f"{document}: {match[0]}"
        for document, text in TEXT.items()
        for match in re.finditer(rf"\b({words})\b", text, re.IGNORECASE)
    ]
    assert not found

"""Files of an attempt's evidence, and no others."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from starlette.responses import FileResponse, PlainTextResponse, Response

from pipeline.board.pages import Entry
from pipeline.cli.rollout_log import end_of

# What a release's suites wrote may hold anything: it runs in an origin of its own, and reaches nothing.
_NOTHING = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_CLOSED = f"{_NOTHING}; sandbox"
_DRAWN = f"{_NOTHING}; script-src 'unsafe-inline'; sandbox allow-scripts"
_SHOWN: Mapping[str, tuple[str, str]] = {
    ".html": ("text/html; charset=utf-8", _DRAWN),
    ".svg": ("image/svg+xml", _CLOSED),
    ".png": ("image/png", _CLOSED),
    ".json": ("application/json", _CLOSED),
}
_TEXT = ("text/plain; charset=utf-8", _CLOSED)
_PACKED = {".gz", ".xz", ".zst", ".zip", ".tar"}


def place(runs: Path, attempt: str, path: str) -> Path | None:
    """The file or folder at this path of an attempt's evidence; None if it has none, or only a way out."""
    if "\0" in attempt + path:  # no name of a file has one, and Python refuses to look
        return None
    try:
        folder = (runs / attempt).resolve()
        found = (folder / path).resolve()
    except RuntimeError:  # links that lead to each other, as Python says before 3.13
        return None
    if folder.parent != runs.resolve():
        return None
    return found if found.is_relative_to(folder) and (found.is_file() or found.is_dir()) else None


def entries(runs: Path, attempt: str, folder: Path) -> Sequence[Entry]:
    """What is in a folder, folders first. Links are left out."""
    here = (runs / attempt).resolve()
    shown = sorted(
        (one for one in folder.iterdir() if not one.is_symlink()), key=lambda one: (one.is_file(), one.name)
    )
    return [
        Entry(one.name, one.relative_to(here).as_posix(), one.stat().st_size if one.is_file() else None)
        for one in shown
    ]


def response(site: Path, attempt: str, file: Path) -> Response:
    """A file as a browser can show it; what is packed is for saving.

    Of a log at the top of the attempt's folder, which the engine keeps, it is the end without secrets, as in
    `promote show --logs`. Raises OSError if that, or a secret, cannot be read.
    """
    if file.suffix == ".log" and file.parent == (site / "runs" / attempt).resolve():
        return _log(site, file)
    if file.suffix in _PACKED:
        return FileResponse(file, media_type="application/octet-stream", filename=file.name)
    kind, policy = _SHOWN.get(file.suffix, _TEXT)
    return FileResponse(file, media_type=kind, headers={"content-security-policy": policy})


def _log(site: Path, file: Path) -> Response:
    kept = site / "secrets"
    # Of every stage: what was written of another one is not for the readers of this one either.
    text, cut = end_of(file, sorted(kept.iterdir()) if kept.is_dir() else ())
    told = f"(only the last {len(text.splitlines())} lines)\n{text}" if cut else text
    return PlainTextResponse(told, headers={"content-security-policy": _CLOSED})

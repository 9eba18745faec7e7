"""What a release's own code wrote to stderr during a rollout: the end of it, without secrets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.attempt import Attempt
from pipeline.core.credentials import without_credentials

_LINES, _BYTES = 200, 65536  # the most that is shown, from the end
_SHORT = 8  # characters; no secret has fewer, and in a short text a match would mean nothing


@dataclass(frozen=True, slots=True)
class RolloutLog:
    """The last lines of the log, and whether it has earlier ones. `text` is None where `why` says why."""

    path: Path
    text: str | None
    cut: bool = False
    why: str | None = None

    def data(self) -> dict[str, object]:
        """As JSON data."""
        return {"path": str(self.path), "text": self.text, "cut": self.cut, "why": self.why}

    def lines(self) -> Iterator[str]:
        """Where it is and what is in it."""
        yield f"rollout: failed; {self.path}"
        if self.text is None:
            yield f"it cannot be shown: {self.why}"
            return
        lines = self.text.splitlines()
        if self.cut:
            yield f"(only the last {len(lines)} lines)"
        yield from lines


def rollout_log(attempt: Attempt, site: Path) -> RolloutLog | None:
    """The log of an attempt of which a step failed or no plan was made; None for others and without a log.

    The release's code never writes a secret. Should a program that it runs have done so, its value is hidden
    if the site keeps it, as are credentials in addresses.
    """
    if not attempt.failures and attempt.plan_trouble is None:
        return None
    path = site / "runs" / attempt.id / "stages.log"
    try:
        text, cut = end_of(path, [site / "secrets" / attempt.stage])
        return RolloutLog(path, text, cut)
    except FileNotFoundError:
        return None  # nothing was written, or `promote prune` has removed it
    except OSError as problem:
        return RolloutLog(path, None, why=problem.strerror or str(problem))


def end_of(path: Path, secrets: Iterable[Path]) -> tuple[str, bool]:
    """The last lines of a log without the secrets in these folders, and whether it has earlier ones.

    Raises OSError for a log or a secret that cannot be read.
    """
    text, cut = _end(path)
    for folder in secrets:
        text = _without_secrets(text, folder)
    return without_credentials(text), cut


def _end(path: Path) -> tuple[str, bool]:
    """The last lines, whole ones, and whether there are earlier ones."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _BYTES))
        lines = file.read().decode(errors="replace").splitlines(keepends=True)
    if size > _BYTES and len(lines) > 1:
        del lines[0]  # its beginning is not there
    return "".join(lines[-_LINES:]), size > _BYTES or len(lines) > _LINES


def _without_secrets(text: str, folder: Path) -> str:
    """The text without the secrets that are kept in this folder, a file each. Raises OSError."""
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        value = file.read_text(errors="replace").strip()
        if len(value) >= _SHORT:
            text = text.replace(value, f"(the secret {file.name})")
    return text

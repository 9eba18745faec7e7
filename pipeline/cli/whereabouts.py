"""Where evidence is: in this site, or in the store that it shares."""

from pathlib import Path

from pipeline.core.attempt import Attempt
from pipeline.core.history import History


def whereabouts(history: History, attempt: Attempt, folder: str, site: Path, lost: str = "gone") -> str:
    """The path of a folder of the attempt, with where it is if it is not there; `lost` if nobody knows."""
    place = site / folder
    if place.is_dir():
        return str(place)
    stored = folder in history.archives
    return f"{place} ({f'in the store: promote store fetch {attempt.id}' if stored else lost})"

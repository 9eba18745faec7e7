"""Where the picture of a run is."""

from pathlib import Path

from pipeline.core.attempt import Attempt


def report_path(site: Path, attempt: Attempt) -> Path:
    """The picture of an attempt's run, if there is one: a run has one for all its attempts."""
    return site / "runs" / attempt.run / "report.html"

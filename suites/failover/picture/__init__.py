"""The picture of a gate run: one self-contained HTML file for a post-mortem."""

from suites.failover.picture.page import render
from suites.failover.picture.subject import Broken, FaultPicture, GatePicture, ProbePicture

__all__ = ["Broken", "FaultPicture", "GatePicture", "ProbePicture", "render"]

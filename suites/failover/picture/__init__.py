"""The picture of a gate run: one HTML file for a post-mortem, which needs nothing but itself."""

from suites.failover.picture.page import render
from suites.failover.picture.subject import Broken, FaultPicture, GatePicture, ProbePicture

__all__ = ["Broken", "FaultPicture", "GatePicture", "ProbePicture", "render"]

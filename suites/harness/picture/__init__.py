"""The picture of a gate run: one HTML file for a post-mortem, which needs nothing but itself."""

from suites.harness.picture.page import render
from suites.harness.picture.subject import Broken, FaultPicture, GatePicture, ProbePicture

__all__ = ["Broken", "FaultPicture", "GatePicture", "ProbePicture", "render"]

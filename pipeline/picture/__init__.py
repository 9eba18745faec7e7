"""The picture of a run: one self-contained HTML file, with what planes answered while its legs went on."""

from pipeline.picture.page import render
from pipeline.picture.subject import AttemptTold, Client, Failure, RunPicture, run_picture

__all__ = ["AttemptTold", "Client", "Failure", "RunPicture", "render", "run_picture"]

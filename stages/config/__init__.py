"""Reads the config from a directory: accepts all of it, or reports every problem with its place."""

from stages.config.models import Config, Gate, StageConfig
from stages.config.problems import ConfigProblems, Place, Problem
from stages.config.reading import read

__all__ = ["Config", "ConfigProblems", "Gate", "Place", "Problem", "StageConfig", "read"]

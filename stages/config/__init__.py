"""The config as data: read from a directory, accepted whole or refused with every problem and its place."""

from stages.config.models import Config, Gate, StageConfig
from stages.config.problems import ConfigProblems, Place, Problem
from stages.config.reading import read

__all__ = ["Config", "ConfigProblems", "Gate", "Place", "Problem", "StageConfig", "read"]

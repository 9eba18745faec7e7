"""Compiled Python of releases: apart from their copies, in a folder that only the site's owner can write.

No digest covers compiled Python, and Python runs what it finds in a `__pycache__` without comparing it with
the source. So the code of a release never reads the `__pycache__` beside it, nor the one of its packages.
"""

import os
import shlex
import stat
from pathlib import Path

from pipeline.core.errors import UsageProblem

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def bytecode_folder(site: Path) -> Path:
    """The folder, created if missing. Raises UsageProblem when somebody else can write into it."""
    folder = site / "bytecode"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    owned = stat.S_ISDIR(found.st_mode) and found.st_uid in (0, os.geteuid())
    if not owned or found.st_mode & _OTHERS_MAY_WRITE:
        raise UsageProblem(
            "compiled Python in this site cannot be trusted",
            where=str(folder),
            why=f"user {found.st_uid} owns it, mode {stat.S_IMODE(found.st_mode):o}: others can write there",
            next=f"rm -r {shlex.quote(str(folder))}",
        )
    return folder

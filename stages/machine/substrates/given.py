"""What a host has at boot, read-only: the token of the run that created or started it, and the appliers.

Both are in folders of the site, so files added later are on the host immediately.
"""

import contextlib
import hashlib
import py_compile
import sys
import tempfile
from pathlib import Path

from stages.machine import packed
from stages.machine.site import Site, write, write_once

APPLIERS = "/etc/stagegate/appliers"  # on a host, as is KEYS
KEYS = "/etc/stagegate/ssh"
NAME = "applier"


def digest() -> str:
    """The name of this code's applier on hosts: SHA-256 in hex of its text."""
    return hashlib.sha256(packed.text().encode()).hexdigest()


def appliers(site: Site) -> Path:
    """Add this code's applier to the folder in which hosts find their appliers; return the folder.

    It is compiled for hosts with this machine's Python version. Python itself checks that the bytecode is of
    this text, and compiles it again on hosts with another version.
    """
    folder, text = site.path / "appliers", packed.text()
    module = folder / digest() / f"{NAME}.py"
    if not module.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as draft:
            made = Path(draft, digest(), f"{NAME}.py")
            write(made, text)
            checked = py_compile.PycInvalidationMode.CHECKED_HASH
            # Beside the source, where hosts look for it, wherever this process keeps its own bytecode.
            beside = made.parent / "__pycache__" / f"{NAME}.{sys.implementation.cache_tag}.pyc"
            py_compile.compile(str(made), str(beside), NAME, doraise=True, invalidation_mode=checked)
            with contextlib.suppress(OSError):  # another process was first, with the same result
                made.parent.rename(module.parent)
    if module.read_text() != text:  # whatever wrote there: only this code's own text may run
        write(module, text)
    return folder


def raise_token(keys: Path, token: int) -> None:
    """Make the host with this folder of keys refuse older tokens, even before the first request to it.

    There is one file per token, never changed, so a late writer can't lower what a newer run has written.
    """
    write_once(keys / f"token-{token}", "")

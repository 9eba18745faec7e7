"""What a host finds when it boots, read-only: the token of who made or started it, and the appliers.

Both lie in folders of the site, so what is added later is on the host at once.
"""

import contextlib
import hashlib
import py_compile
import tempfile
from pathlib import Path

from stages.machine import packed
from stages.machine.site import Site, write, write_once

APPLIERS = "/etc/stagegate/appliers"  # on a host, as is the next
KEYS = "/etc/stagegate/ssh"
NAME = "applier"


def digest() -> str:
    """What the applier of this code is called on hosts: SHA-256 in hex of its text."""
    return hashlib.sha256(packed.text().encode()).hexdigest()


def appliers(site: Site) -> Path:
    """The folder that hosts find their appliers in, the one of this code among them.

    It is compiled for hosts with this machine's Python; Python itself checks that this is of that text,
    and compiles again on one with another.
    """
    folder, text = site.path / "appliers", packed.text()
    module = folder / digest() / f"{NAME}.py"
    if not module.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as draft:
            made = Path(draft, digest(), f"{NAME}.py")
            write(made, text)
            checked = py_compile.PycInvalidationMode.CHECKED_HASH
            py_compile.compile(str(made), dfile=NAME, doraise=True, invalidation_mode=checked)
            with contextlib.suppress(OSError):  # somebody else was first, and made the same
                made.parent.rename(module.parent)
    if module.read_text() != text:  # whatever wrote there: nothing but this code's own may run
        write(module, text)
    return folder


def raise_token(keys: Path, token: int) -> None:
    """Let the host that has this folder of keys refuse older tokens, before anybody speaks to it.

    A file for each token, never changed: whoever writes late can't lower what a newer run has written.
    """
    write_once(keys / f"token-{token}", "")

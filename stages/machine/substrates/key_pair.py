"""Pairs of Ed25519 keys in OpenSSH's format, made once each.

They are made in this process: a stage has one for each host, and ssh-keygen takes longer to start than a key
takes to be made.
"""

from pathlib import Path

from stages.errors import KeyUnusable
from stages.machine.site import write_once

COMMENT = "stagegate"


def key_pair(path: Path) -> Path:
    """Make the private key `path` and its public one, `path`.pub, unless they are there; return `path`.

    Several callers in parallel get the same pair: the first draft wins. Raises KeyUnusable where a file
    that is there can't be read as a private key.
    """
    if not path.with_suffix(".pub").exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            write_once(path, _private())
        write_once(path.with_suffix(".pub"), f"{_public(path)} {COMMENT}\n", mode=0o644)
    return path


def _private() -> str:
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - heavy, and seldom needed
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - likewise

    key = Ed25519PrivateKey.generate()
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption()).decode()


def _public(path: Path) -> str:
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - heavy, and seldom needed

    try:
        public = form.load_ssh_private_key(path.read_bytes(), password=None).public_key()
    except ValueError:
        following = "restore the file from a backup of the site: hosts that exist know this key only"
        raise KeyUnusable("this is no private key of ssh", where=str(path), next=following) from None
    return public.public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH).decode()

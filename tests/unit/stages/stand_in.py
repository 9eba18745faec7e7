"""Small programs in Python that run in place of real ones, from a folder that comes first on PATH."""

import sys
from pathlib import Path

from programs import executable


def install(folder: Path, name: str, text: str) -> None:
    """Write a program that needs the standard library alone: it begins quicker without a look for more."""
    executable(folder / name, f"#!{sys.executable} -IS\n{text}")


def with_keystoneauth(folder: Path, text: str) -> None:
    """Write a keystoneauth1 whose modules have this text, and a nova.conf that says who asks Placement."""
    package = folder / "keystoneauth1"
    package.mkdir(exist_ok=True)
    modules = {"__init__": "", "session": text, "v3": text, "identity": "from keystoneauth1 import v3"}
    for name, content in modules.items():
        (package / f"{name}.py").write_text(content)
    (folder / "nova.conf").write_text(
        "[placement]\nauth_url = http://vip:5000/v3\nusername = nova\npassword = x\nproject_name = service\n"
    )

"""The text of a file on a host, from a template of the host's role."""

from pathlib import Path, PurePosixPath
from typing import Any

from stages.design.blueprint import Blueprint, Host
from stages.design.manifest import LIB
from stages.design.rendering import render


def text(blueprint: Blueprint, host: Host, path: str, *, also: Path | None = None, **more: Any) -> str:  # noqa: ANN401 - template values
    """Render the template with the file's name, of the host's role or else from the folder `also`.

    It can use the host, the hosts and settings of its role, what the stage is called, where clients find it,
    the folder of the programs that roles add (`lib`), and `more`. Raises TemplateError.
    """
    own, name = blueprint.roles[host.role].folder / "templates", PurePosixPath(path).name
    # Each folder compiles its templates once, so those in `also` are rendered from there.
    folder = also if also and not (own / name).exists() else own
    return render(
        folder,
        name,
        also=also,
        host=host,
        site=blueprint.site,
        stage=blueprint.stage,
        vip=blueprint.vip,
        lib=LIB,
        members=blueprint.peers(host),
        settings=blueprint.settings[host.role],
        **more,
    )

"""A small stand-in for the program podman: it remembers names with labels, and nothing runs."""

import io
import json
import pathlib
import shutil
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from stand_in import install

from stages.machine import running

PROGRAM = """\
import json, pathlib, sys

MADE = "2026-11-28T17:55:09.497316389Z"
argv = sys.argv[3:]  # behind --runtime runc
store = pathlib.Path(__file__).with_name("podman.json")
kept = json.loads(store.read_text())
kept["log"].append(argv)
taken = kept["taken"]  # names that somebody else takes right before the next run


def after(option):
    return [argv[at + 1] for at, word in enumerate(argv) if word == option]


def known(labels):
    return {*labels, *(label.partition("=")[0] for label in labels)}


def listed(kind):
    wanted = {item.removeprefix("label=") for item in after("--filter")}
    found = {
        name: labels
        for name, labels in kept[kind].items()
        # of several filters podman wants all of a container, but any of a volume
        if (wanted <= known(labels) if kind == "containers" else not wanted or wanted & known(labels))
    }
    if after("--format") != ["json"]:
        return "\\n".join(found)
    pairs = {name: dict(label.split("=", 1) for label in labels) for name, labels in found.items()}
    shapes = {"containers": ("Names", "Labels"), "volumes": ("Name", "Labels")}
    named, labelled = shapes.get(kind, ("name", "labels"))
    made = {"volumes": {"CreatedAt": MADE, "Mountpoint": "/volumes/x"}, "networks": {"created": MADE}}
    return json.dumps(
        [
            {named: [name] if kind == "containers" else name, labelled: had, **made.get(kind, {})}
            for name, had in pairs.items()
        ]
    )


status, kinds = 0, {kind: f"{kind}s" for kind in ("volume", "network", "container", "image")}
match argv[:2]:
    case ["ps", _] if "--external" not in argv:
        print(listed("containers"))
    case ["inspect", _] if "--format" not in argv:
        print(json.dumps([kept["inspected"][name] for name in argv[1:]]))
    case ["images", _]:
        wanted = {item.removeprefix("label=") for item in after("--filter")}
        found = [name for name, labels in kept["images"].items() if wanted <= set(labels)]
        shown = [] if "--all" in argv else found  # there are no layers
        told = {"Created": 1795888457}
        print(
            json.dumps(
                [
                    {"Id": name.removeprefix("sha256:"), "Names": kept["tags"].get(name, [name]), **told}
                    for name in shown
                ]
            )
        )
    case ["ps", _] if "--external" in argv:  # a killed build would have left some
        print("[]")
    case ["inspect", _] if argv[-1] in kept["made"]:
        runs = kept["inspected"][argv[-1]]["State"]["Running"]
        asked = after("--format")[0]
        if ".Running" in asked:
            print(str(runs).lower())
        elif ".SandboxKey" in asked and runs:
            print(f"/nowhere/{argv[-1]}")
    case ["start" | "kill", name] if name in kept["inspected"]:
        kept["inspected"][name]["State"]["Running"] = argv[0] == "start"
    case ["rm", _]:
        for name in argv:
            kept["containers"].pop(name, None)
            kept["inspected"].pop(name, None)
    case ["run", "--rm"]:  # the programs of an image: only the list of its packages is there
        print(kept["packages"] if "dpkg-query" in argv else "", end="")
    case ["build", _]:
        made = f"sha256:built{len(kept['images'])}"
        kept["images"][made], kept["tags"][made] = after("--label"), after("--tag")
    case ["run", _]:
        name = after("--name")[0]
        if taken:
            kept["containers"][taken.pop()] = []
        if name in kept["containers"]:
            print(f"the container name {name} is already in use", file=sys.stderr)
            status = 125
        else:
            kept["containers"][name] = after("--label")
            kept["made"].append(name)
            image = next(word for word in argv if word.startswith("sha256:"))
            labels = [*kept["images"].get(image, []), *after("--label")]  # those of its image, too
            kept["inspected"][name] = {
                "Config": {"Labels": dict(label.split("=", 1) for label in labels)},
                "State": {"Running": True},
                "Image": image.removeprefix("sha256:"),
                "NetworkSettings": {"Networks": {"one": {"IPAddress": after("--ip")[0]}}},
            }
    case ["image", "inspect"] if "--format" not in argv:
        labels = kept["images"][argv[-1]]
        print(json.dumps([{"Labels": dict(label.split("=", 1) for label in labels) or None}]))
    case ["image", "inspect"]:
        print(*(made.removeprefix("sha256:") for made, tags in kept["tags"].items() if argv[-1] in tags))
    case [kind, "exists"]:
        status = int(argv[-1] not in kept[kinds[kind]])
    case [kind, "create"]:
        kept[kinds[kind]][argv[-1]] = after("--label")
    case [kind, "ls"]:
        print(listed(kinds[kind]))
    case [kind, "rm"]:
        for name in argv[2:]:
            kept[kinds[kind]].pop(name, None)
store.write_text(json.dumps(kept))
sys.exit(status)
"""
KINDS = ("containers", "volumes", "networks", "images")
NOTHING = {
    "log": [],
    "taken": [],
    "made": [],
    "inspected": {},
    "tags": {},
    "packages": "",
    **{kind: {} for kind in KINDS},
}


# Without its imports: in this process, it gets its modules from who runs it.
_BODY = compile(PROGRAM.removeprefix("import json, pathlib, sys\n"), "podman", "exec", dont_inherit=True)
_TURN = threading.Lock()


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the program in a folder that is first on PATH, and answer calls of this process without it.

    A process for each call would be most of what a test takes. Another program in its place is run as ever.
    """
    install(folder, "podman", PROGRAM)
    (folder / "podman.json").write_text(json.dumps(NOTHING))
    place, ended = folder / "podman", running._ended  # noqa: SLF001 - the one place where programs are run
    installed = place.read_text()

    def here(
        argv: Sequence[str], text: str | None, within: float, environment: Mapping[str, str] | None
    ) -> subprocess.CompletedProcess[str]:
        if argv[0] == "podman" and shutil.which("podman") == str(place) and place.read_text() == installed:
            return _answered(folder, argv)
        return ended(argv, text, within, environment)

    monkeypatch.setattr(running, "_ended", here)


def _answered(folder: Path, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    out, err = io.StringIO(), io.StringIO()

    def said(*words: object, file: io.StringIO = out, end: str = "\n") -> None:
        print(*words, file=file, end=end)

    process = SimpleNamespace(argv=argv, stderr=err, exit=sys.exit)
    names = {"json": json, "pathlib": pathlib, "sys": process, "print": said}
    with _TURN:
        try:
            exec(_BODY, {**names, "__file__": str(folder / "podman")})  # noqa: S102 - our own text
        except SystemExit as end:
            status = end.code
        except Exception:  # noqa: BLE001 - as Python ends a program
            status, _ = 1, err.write(traceback.format_exc())
    return subprocess.CompletedProcess(argv, status, out.getvalue(), err.getvalue())


@dataclass(frozen=True, slots=True)
class Podman:
    """The stand-in, in a folder of its own; what it was called with and what it remembers."""

    folder: Path

    @property
    def kept(self) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads((self.folder / "podman.json").read_text())
        return kept

    def put(self, **kept: Any) -> None:  # noqa: ANN401 - JSON
        (self.folder / "podman.json").write_text(json.dumps({**self.kept, **kept}))

    def stands(self, site: str, stage: str, **addresses: str) -> None:
        """Let these hosts (their names with _ for -) run, at these addresses."""
        containers, inspected = {}, {}
        for short, address in addresses.items():
            host = short.replace("_", "-")
            labels = {"stagegate.site": site, "stagegate.stage": stage, "stagegate.host": host}
            name = f"sg-{site}-{stage}-{host}"
            containers[name] = [f"{key}={value}" for key, value in labels.items()]
            inspected[name] = {
                "Config": {"Labels": labels},
                "State": {"Running": True},
                "Image": "new",
                "Created": "",
                "NetworkSettings": {"Networks": {"one": {"IPAddress": address}}},
            }
        self.put(containers=containers, inspected=inspected)

    @property
    def calls(self) -> list[str]:
        """The first two words of each call, in order."""
        return [" ".join(argv[:2]) for argv in self.kept["log"]]

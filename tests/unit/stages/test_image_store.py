"""Sites share one image store: they take turns in it, and clear away only what their own dead builds left."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from stages.machine.images.left_over import working_containers
from stages.machine.images.turn import turn

if TYPE_CHECKING:
    from pathlib import Path


def container(id_: str, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"Id": id_, "State": "storage", "Command": ["buildah"], "ImageID": "ours", **other}


def test_only_the_build_tools_containers_of_our_images_are_left_over() -> None:
    containers = [
        container("left"),
        container("somebody-elses", ImageID="theirs"),
        container("a-host", State="running", Command=["/sbin/init"]),
        container("copied", Command=None),
    ]
    assert working_containers(containers, {"ours"}) == ["left"]


def test_the_second_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    order: list[str] = []
    waits = threading.Event()

    def second() -> None:
        with turn(lambda line: (said.append(line), waits.set())[0], tmp_path / "lock"):
            order.append("second")

    thread = threading.Thread(target=second)
    with turn(said.append, tmp_path / "lock"):
        thread.start()
        assert waits.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
    assert "waiting for it" in said[0]

"""An image is a function of its inputs; builds take turns in the store, and clear away what is old."""

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from podman_stand_in import Podman

from stages.errors import UnknownOpenStack
from stages.machine.images import inputs
from stages.machine.images.image_inputs import OF_OPENSTACK
from stages.machine.images.turn import turn
from stages.machine.site import Site
from stages.machine.substrates.image import KEPT, base, base_of, build, packages_of, prunable, tags
from stages.machine.substrates.left_over import ROOT_LABEL, working_containers
from stages.roles import ROLES, load

LOCK = """\
# This file was made by a command.
keystone==29.0.1 \\
    --hash=sha256:00
    # via -r keystone.in
oslo-config==10.3.0 ; python_version >= "3.11"
pyuwsgi==2.0.30
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The shipped inputs, to be changed."""
    here = shutil.copytree(inputs.HERE, tmp_path / "images")
    for path in inputs.ROLES.glob("*/debian.txt"):
        (tmp_path / "roles" / path.parent.name).mkdir(parents=True)
        shutil.copy(path, tmp_path / "roles" / path.parent.name)
    assert read(tmp_path).digest == inputs.read("2026.1").digest
    return here.parent


def test_another_openstack_release_is_another_image_with_the_same_base(code: Path) -> None:
    here = code / "images"
    (here / "locks/2026.2.txt").write_text(LOCK)
    one, other = (inputs.read(release, here, code / "roles") for release in ("2026.1", "2026.2"))
    assert one.digest != other.digest
    assert one.base_digest == other.base_digest


INPUTS = inputs.read("2026.1")
ROOT = f"{ROOT_LABEL}={INPUTS.root_digest}"


def test_the_base_of_an_image_is_known_before_it_is_built_where_debian_is_there_already(lab: Podman) -> None:
    assert base(INPUTS) == "", "what is fetched may be newer than what hosts run"
    lab.put(images={"sha256:one": [ROOT]}, tags={"sha256:one": ["localhost/stagegate-3fa2c1/root:1"]})
    known = base(INPUTS)
    assert known
    assert base(replace(INPUTS, openstack="2026.2", lock=LOCK)) == known
    lab.put(images={"sha256:two": [ROOT]}, tags={"sha256:two": ["localhost/stagegate-3fa2c1/root:1"]})
    assert base(INPUTS) not in {known, ""}, "Debian was fetched again"


def test_an_image_tells_its_base_unless_an_older_release_built_it(lab: Podman) -> None:
    lab.put(images={"sha256:one": ["stagegate.base=b1", "stagegate.inputs=x"], "sha256:old": []})
    assert (base_of("sha256:one"), base_of("sha256:old")) == ("b1", "")


DPKG = "adduser 3.134\nmariadb-server 1:10.11.14-0+deb12u2\nrabbitmq-server 3.10.8-1.1+deb12u1\n"


def test_an_image_tells_the_versions_of_what_roles_name_as_its_root_has_them(
    lab: Podman, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    lab.put(images={"sha256:one": [ROOT]}, tags={"sha256:one": ["localhost/stagegate-3fa2c1/root:1"]})
    lab.put(packages=DPKG)
    assert packages_of(build(site, INPUTS, lambda _: None)) == {
        "mariadb-server": "1:10.11.14-0+deb12u2",
        "rabbitmq-server": "3.10.8-1.1+deb12u1",
    }
    (asked,) = [argv for argv in lab.kept["log"] if "dpkg-query" in argv]
    assert asked[asked.index("dpkg-query") - 1].endswith(f"/root:{INPUTS.root_digest[:16]}")
    assert packages_of("sha256:one") == {}, "an image that an older release built does not tell"


def read(code: Path) -> inputs.ImageInputs:
    return inputs.read("2026.1", code / "images", code / "roles")


ALL = {"digest", "base_digest", "root_digest", "packages"}


@pytest.mark.parametrize(
    ("name", "added", "changed"),
    [
        *(
            (f"images/{name}", "#", {"digest"} if name in OF_OPENSTACK else {"digest", "base_digest"})
            for name in inputs.CONTEXT
        ),
        ("images/locks/2026.1.txt", "#", {"digest"}),
        ("roles/database/debian.txt", "# what it is for\nsysbench\n", ALL),
        # a comment, and a package that another role wants
        ("roles/database/debian.txt", "\n# haproxy asks\nsocat\n", set()),
    ],
)
def test_a_change_of_an_input_changes_what_is_made_of_it(
    code: Path, name: str, added: str, changed: set[str]
) -> None:
    before = read(code)
    with (code / name).open("a") as stream:
        stream.write(added)
    after = read(code)
    assert {part for part in ALL if getattr(before, part) != getattr(after, part)} == changed
    assert (after == before) is (not changed)


def test_the_schemas_of_all_roles_are_an_input(monkeypatch: pytest.MonkeyPatch) -> None:
    before = inputs.read("2026.1")
    told = json.loads(dict(before.context)["schemas.json"])
    assert {entry["database"] for entry in told} == {
        schema.databases[0] for name in ROLES for schema in load(name).schemas
    }
    fewer = json.dumps(told[1:])
    monkeypatch.setattr(inputs, "schemas", lambda: fewer)
    assert inputs.read("2026.1").digest != before.digest
    assert inputs.read("2026.1").root_digest == before.root_digest


def test_a_change_of_other_inputs_does_not_make_the_schemas_again(code: Path) -> None:
    lines = dict(read(code).context)["Containerfile"].splitlines()
    made = next(number for number, line in enumerate(lines) if line.startswith("RUN make-schemas"))
    copied = [line.split()[1:-1] for line in lines[:made] if line.startswith("COPY")]
    assert copied == [["lock.txt"], ["find-plugins"], ["make-schemas", "schema-dump"], ["schemas.json"]]


def test_parts_that_run_together_to_the_same_text_have_other_digests() -> None:
    one = inputs.ImageInputs("2026.1", ("a",), (), "bc", (("f", "g"),))
    other = inputs.ImageInputs("2026.1", ("a",), (), "b", (("cf", "g"),))
    assert one.digest != other.digest


def test_an_openstack_release_without_a_lock_says_which_there_are_and_how_to_add_one() -> None:
    with pytest.raises(UnknownOpenStack) as caught:
        inputs.read("2031.1")
    assert "2026.1" in caught.value.why
    assert "stages/machine/images/lock.sh" in caught.value.next


def test_versions_are_those_that_the_lock_pins() -> None:
    assert inputs.python_versions(LOCK) == {
        "keystone": "29.0.1",
        "oslo-config": "10.3.0",
        "pyuwsgi": "2.0.30",
    }


def test_the_shipped_lock_pins_what_the_roles_want() -> None:
    pinned = inputs.python_versions(inputs.read("2026.1").lock)
    wanted = {
        line.strip()
        for path in inputs.ROLES.glob("*/python.txt")
        for line in path.read_text().splitlines()
        if line.strip() and not line.startswith("#")
    }
    assert wanted
    assert wanted <= set(pinned)


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
    assert "waiting for another run" in said[0]


@pytest.mark.parametrize(
    ("count", "in_use", "pruned"), [(KEPT, set(), []), (KEPT + 2, {"sha256:1"}, ["host:2"])]
)
def test_an_old_image_is_pruned_unless_a_host_runs_it(
    count: int, in_use: set[str], pruned: list[str]
) -> None:
    newest_first = [(f"host:{number}", f"sha256:{number}") for number in range(count, 0, -1)]
    assert prunable(newest_first, in_use=in_use) == pruned


def test_each_name_of_an_image_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen: podman lists an image with two names twice, each time with both."""
    site = Site.at(tmp_path)
    names = [f"localhost/stagegate-{site.id}/host:{number}" for number in (2, 1)]
    listed = json.dumps([{"Names": names}, {"Names": names}, {"Names": None}, {"Names": ["elsewhere"]}])
    monkeypatch.setattr("stages.machine.substrates.image.run", lambda _argv: listed)
    assert tags(site) == names

"""The labs of all sites: read from what podman lists, by labels; only one that nobody uses is removed."""

from pathlib import Path

import pytest
from podman_stand_in import Podman
from stage_sample import SITE

from stages.errors import BadRequest, LabInUse
from stages.machine.site import Site
from stages.machine.substrates import podman, records
from stages.machine.substrates.connections import Connections
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.labs import Lab, Thing, by_site, labs, of_container, of_image
from stages.requests import labs as verb
from stages.requests.answering import answer

OTHER = "77ab01"


def inspected(*, labels: dict[str, str], running: bool = True, mounts: dict[str, str] | None = None) -> dict:
    """A container in the words of `podman inspect`."""
    return {
        "Name": "sg-3fa2c1-dev-database-1",
        "Created": "2026-11-28T17:55:09.497316389+01:00",
        "Config": {"Labels": {"stagegate.site": SITE, "stagegate.stage": "dev", **labels}},
        "State": {"Running": running, "Pid": 4711, "CgroupPath": "/libpod_parent/libpod-1"},
        "Mounts": [{"Destination": inside, "Source": outside} for inside, outside in (mounts or {}).items()],
        "GraphDriver": {"Data": {"UpperDir": "/storage/1/diff"}},
    }


def test_a_container_tells_its_site_folder_and_what_only_it_fills() -> None:
    found = of_container(inspected(labels={"stagegate.folder": "/srv/site"}))
    assert (found.site, found.stage, found.folder) == (SITE, "dev", "/srv/site")
    assert (found.places, found.pid, found.group) == (("/storage/1/diff",), 4711, "/libpod_parent/libpod-1")
    assert found.since == pytest.approx(1795884909.497316)
    stopped = of_container(inspected(labels={}, running=False))
    assert (stopped.pid, stopped.group) == (0, "")


def test_a_host_from_before_the_label_has_its_appliers_from_the_folder() -> None:
    mounts = {
        "/etc/stagegate/ssh": "/srv/site/keys/hosts/dev/x",
        "/etc/stagegate/appliers": "/srv/site/appliers",
    }
    assert of_container(inspected(labels={}, mounts=mounts)).folder == "/srv/site"
    assert of_container(inspected(labels={})).folder == ""


def test_an_image_is_of_each_site_that_named_it_and_of_no_other_program() -> None:
    names = [f"localhost/stagegate-{site}/host:1" for site in (SITE, OTHER)]
    found = of_image({"Names": [*names, "docker.io/library/stagegate-abcdef/host:1"], "Created": 7})
    assert [(thing.site, thing.name) for thing in found] == [(SITE, names[0]), (OTHER, names[1])]
    assert of_image({"Names": None, "Created": 7}) == ()


def test_a_lab_is_as_old_as_its_oldest_thing_but_its_folder_is_what_the_newest_says() -> None:
    image = Thing("image", "i", SITE, 1.0)
    old = Thing("container", "a", SITE, 5.0, stage="prod", folder="/old")
    young = Thing("network", "n", SITE, 9.0, stage="dev", folder="/new")
    (lab,) = by_site([young, image, old])
    assert (lab.since, lab.folder, lab.stages) == (5.0, "/new", ("dev", "prod"))
    assert Lab(SITE, (image,)).since == 1.0


@pytest.fixture
def two(lab: Podman, tmp_path: Path) -> Podman:
    """Volumes of two sites, one of which has its folder, and things of other programs."""
    for site in (SITE, OTHER):
        record = Lease(0, tmp_path / site / "leases/dev.json")
        podman.keep(site, "dev", "database-1", "/var/lib/mysql", record)
    lab.put(
        networks={"podman": []},
        images={f"localhost/stagegate-{OTHER}/host:1": [], "docker.io/library/debian:12": []},
    )
    (tmp_path / SITE).mkdir()
    (tmp_path / SITE / "site.json").write_text(f'{{"id": "{SITE}"}}')
    return lab


@pytest.fixture
def own(tmp_path: Path) -> Site:
    return Site(tmp_path / "own", "0a0a0a")


@pytest.mark.usefixtures("two")
def test_what_carries_no_label_is_of_no_lab() -> None:
    assert [(lab.site, len(lab.things)) for lab in labs()] == [(SITE, 1), (OTHER, 2)]


@pytest.mark.usefixtures("two")
def test_each_row_says_whether_the_folder_is_there(own: Site, tmp_path: Path) -> None:
    rows = {row["site"]: row for row in verb.listing(own)}
    assert (rows[SITE]["folder"], rows[SITE]["path"]) == ("there", str(tmp_path / SITE))
    assert (rows[OTHER]["folder"], rows[OTHER]["path"]) == ("gone", str(tmp_path / OTHER))
    assert (rows[OTHER]["volumes"], rows[OTHER]["images"], rows[OTHER]["networks"]) == (1, 1, 0)
    assert rows[OTHER]["occupants"] == []


@pytest.mark.usefixtures("two")
def test_a_row_names_the_stages_of_its_site_that_are_on_machines(own: Site, tmp_path: Path) -> None:
    there = Site(tmp_path / SITE, SITE)
    records.put(there, "rack", "database-1", records.Record("192.0.2.1", "sha256:1", ()))
    rows = {row["site"]: row["on_machines"] for row in verb.listing(own)}
    assert rows == {SITE: ["rack"], OTHER: []}


@pytest.mark.usefixtures("two")
def test_the_site_of_the_command_has_its_folder_wherever_it_was_before(tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    rows = {row["site"]: row for row in verb.listing(Site(moved, OTHER))}
    assert (rows[OTHER]["folder"], rows[OTHER]["path"]) == ("there", str(moved))


def test_what_is_removed_is_of_that_site_alone(two: Podman, own: Site, tmp_path: Path) -> None:
    removed = verb.clean(own, OTHER, lambda _line: None)
    assert f"sg-{OTHER}-dev-database-1-var-lib-mysql" in removed
    assert list(two.kept["volumes"]) == [f"sg-{SITE}-dev-database-1-var-lib-mysql"]
    assert [argv for argv in two.kept["log"] if argv[:2] == ["rmi", "--force"]] == [
        ["rmi", "--force", f"localhost/stagegate-{OTHER}/host:1"]
    ]
    assert (tmp_path / SITE / "site.json").exists()


@pytest.mark.parametrize(
    ("site", "told"), [(SITE, "has its folder"), ("ffffff", "no lab of a site 'ffffff'")]
)
def test_a_lab_with_its_folder_and_one_that_is_not_there_are_refused(
    two: Podman, own: Site, site: str, told: str
) -> None:
    before = two.kept["volumes"]
    with pytest.raises(BadRequest, match=told):
        verb.clean(own, site, lambda _line: None)
    assert two.kept["volumes"] == before


def test_while_a_process_is_at_work_in_it_nothing_is_removed(
    two: Podman, own: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verb, "occupants", lambda *_: ("process 4711 (python -m stages serve)",))
    before = two.kept["volumes"]
    with pytest.raises(LabInUse, match=r"in use.*process 4711") as caught:
        verb.clean(own, OTHER, lambda _line: None)
    assert caught.value.next.endswith(f"promote lab clean {OTHER}")
    asked = {"protocol": 1, "site": str(own.path), "lab": OTHER}
    told = answer("lab-clean", asked, lambda *_: None, Connections())
    assert (told["ok"], told["in_use"], told["transient"]) == (False, True, False)
    assert two.kept["volumes"] == before

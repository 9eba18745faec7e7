"""A request about a stage whose strategy is blue-green finds the colour that its release is about."""

import json
import shutil
from pathlib import Path

import pytest
from config_sample import append
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_sample import CONFIG, IMAGE, OPENSTACK

from stages.design.blueprint import Colour
from stages.design.colours import Beside, Colours, of, read
from stages.design.manifest import Command, Wait
from stages.draft import draft
from stages.machine.site import Site
from stages.requests.context import Context

BLUE = ("identity-blue-1", "identity-blue-2")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config in which other control planes bring the changes of prod."""
    made = Path(shutil.copytree(CONFIG, tmp_path / "config"))
    append(made, "stages/prod.yaml", "\nstrategy: blue-green\n")
    return made


def stand(lab: Podman, site: Site, *names: str) -> None:
    lab.stands(site.id, "prod", **{name.replace("-", "_"): "10.0.0.9" for name in names})
    inspected = lab.kept["inspected"]
    for one in inspected.values():
        one["Config"]["Labels"]["stagegate.openstack"] = OPENSTACK
    lab.put(inspected=inspected)


def recorded(hosts: Ssh, config: Path, site: Site, *, same: bool) -> None:
    """What blue's hosts say was applied to them: what the release asks for, or something else."""
    drawn = draft(config, "prod", site.id, Colours(Colour.BLUE))
    told = {name: drawn.manifests[name].steady_digest() if same else "another" for name in BLUE}
    hosts.answer(
        **{name.replace("-", "_"): {"says": json.dumps({"applied": one})} for name, one in told.items()}
    )


def asked(site: Site, config: Path, **parts: object) -> Context:
    request = {"site": str(site.path), "config": str(config), "stage": "prod", **parts}
    return Context.of({"artifacts": {"image": IMAGE}, **request})


def test_a_change_of_code_or_config_is_about_the_free_colour(
    lab: Podman, hosts: Ssh, site: Site, config: Path
) -> None:
    stand(lab, site, *BLUE)
    recorded(hosts, config, site, same=False)
    drawn = asked(site, config).draft.blueprint
    assert of(drawn) == Colours(Colour.GREEN, Beside(Colour.BLUE, OPENSTACK, BLUE), ("identity",))


def test_a_rollback_builds_no_colour(lab: Podman, hosts: Ssh, site: Site, config: Path) -> None:
    """What is gone is brought back where clients are answered, as after a change that rolled."""
    stand(lab, site, *BLUE)
    recorded(hosts, config, site, same=False)
    assert of(asked(site, config, rollback=True).draft.blueprint) == Colours(Colour.BLUE)


def test_it_finds_the_colour_that_has_what_it_wants_and_its_steps_say_what_they_are(
    lab: Podman, hosts: Ssh, site: Site, config: Path
) -> None:
    green, balancers = ("identity-green-1", "identity-green-2"), ("loadbalancer-1", "loadbalancer-2")
    stand(lab, site, *BLUE, *green, *balancers)
    drawn = draft(config, "prod", site.id, Colours(Colour.BLUE))
    told = {name: json.dumps({"applied": drawn.manifests[name].steady_digest()}) for name in BLUE}
    told |= dict.fromkeys(green, json.dumps({"applied": "another"})) | dict.fromkeys(
        balancers, "identity 100\n"
    )
    hosts.answer(**{name.replace("-", "_"): {"says": said} for name, said in told.items()})
    beside = Beside(Colour.GREEN, OPENSTACK, green)
    for rollback in (True, False):
        found = of(asked(site, config, rollback=rollback).draft.blueprint)
        assert found == Colours(Colour.BLUE, beside, ("identity",), returns=rollback)


def test_a_change_of_shared_hosts_alone_is_about_the_colour_that_serves(
    lab: Podman, hosts: Ssh, site: Site, config: Path
) -> None:
    stand(lab, site, *BLUE)
    recorded(hosts, config, site, same=True)
    append(config, "stages/prod.yaml", "\nsettings: {database: {donor_timeout: 61s}}\n")
    assert of(asked(site, config).draft.blueprint) == Colours(Colour.BLUE)


def test_in_the_first_stage_the_image_is_the_one_that_was_built_from_the_same_inputs(
    lab: Podman, hosts: Ssh, site: Site, config: Path
) -> None:
    stand(lab, site, *BLUE)
    recorded(hosts, config, site, same=True)
    inputs = draft(config, "prod", site.id).image.digest
    lab.put(images={IMAGE: [f"stagegate.inputs={inputs}"]}, tags={IMAGE: ["localhost/stagegate-x/host:1"]})
    for first, colour in ((True, Colour.BLUE), (False, Colour.GREEN)):
        found = asked(site, config, artifacts={}, first=first)
        assert found.draft.blueprint.colour is colour


def test_a_step_of_a_rollback_is_performed_as_it_was_planned(site: Site, config: Path) -> None:
    """Load balancers let a colour have its clients back with one server up; anywhere else all must be."""
    beside = Beside(Colour.GREEN, OPENSTACK, ("identity-green-1",))
    least = {
        returns: [
            command.run[-1]
            for command in asked_for(site, config, Colours(Colour.BLUE, beside, (), returns=returns))
            if isinstance(command, Command) and "share" in command.run
        ]
        for returns in (True, False)
    }
    assert least == {True: ["blue=0"], False: ["blue=100"]}


def asked_for(site: Site, config: Path, colours: Colours) -> tuple[Command | Wait, ...]:
    """What a load balancer runs by the manifest that a step with these colours carries."""
    action = read(json.loads(json.dumps(colours.to_json())))
    request = {"site": str(site.path), "config": str(config), "stage": "prod"}
    return Context.of(request, known=action).draft.manifests["loadbalancer-1"].commands

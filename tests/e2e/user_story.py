"""A user's whole story, by openstacksdk alone: from a project of their own to a server, and all away again.

Usage: user_story.py, where clouds.yaml and OS_CLOUD name an administrator. Prints what it saw as JSON; when
something goes wrong it ends with the error, and what it made is deleted.
"""

import hashlib
import json
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import openstack
from openstack.proxy import Proxy
from openstack.resource import Resource

SERVICES = ("identity", "image", "network", "compute")
CIDR = "192.168.77.0/24"
ACTIVE_WITHIN, GONE_WITHIN = 120, 60


class Story:
    """What is told: how long each step took, what was seen, and what was seen gone."""

    def __init__(self, made: ExitStack) -> None:
        self.name = f"story-{secrets.token_hex(4)}"
        self.admin = openstack.connect()
        self.seconds: dict[str, float] = {}
        self.seen: dict[str, Any] = {}
        self.gone: list[str] = []
        self._made = made

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began, 2)

    def make(self, service: Proxy, kind: str, **values: object) -> Resource:
        """Make a thing of the story's name; should the story break off, it is deleted."""
        with self.step(kind):
            thing: Resource = getattr(service, f"create_{kind}")(name=self.name, **values)
        self._made.callback(self._away, service, kind, thing.id, ignore_missing=True)
        return thing

    def delete(self, service: Proxy, kind: str, thing: Resource) -> None:
        """Delete a thing that is there, and look until it is gone."""
        with self.step(f"{kind} gone"):
            self._away(service, kind, thing.id, ignore_missing=False)
        self.gone.append(kind)

    @staticmethod
    def _away(service: Proxy, kind: str, identifier: str, *, ignore_missing: bool) -> None:
        getattr(service, f"delete_{kind}")(identifier, ignore_missing=ignore_missing)
        end = time.monotonic() + GONE_WITHIN
        while getattr(service, f"find_{kind}")(identifier, ignore_missing=True) is not None:
            if time.monotonic() > end:
                raise TimeoutError(f"the {kind} is still there {GONE_WITHIN} s after it was deleted")
            time.sleep(0.2)


def main() -> None:
    with ExitStack() as made:
        story = Story(made)
        admin = story.admin
        project = story.make(admin.identity, "project", domain_id="default")
        password = secrets.token_urlsafe(24)
        user = story.make(admin.identity, "user", domain_id="default", password=password)
        role = admin.identity.find_role("member", ignore_missing=False)
        admin.identity.assign_project_role_to_user(project, user, role)
        flavor = story.make(admin.compute, "flavor", ram=64, vcpus=1, disk=1)

        things = as_the_user(story, password, flavor)
        for kind, (service, thing) in things.items():
            story.delete(service, kind, thing)
            if kind == "server":  # a port that was there before its server outlives it
                port = admin.network.get_port(things["port"][1].id)
                story.seen["port_after"] = {"device": port.device_id, "vif_type": port.binding_vif_type}

        story.delete(admin.compute, "flavor", flavor)
        # Neutron gave it to the project, and nobody else would take it away.
        for group in admin.network.security_groups(project_id=project.id):
            admin.network.delete_security_group(group)
        story.delete(admin.identity, "user", user)
        story.delete(admin.identity, "project", project)
        made.pop_all()
    json.dump({"seconds": story.seconds, "seen": story.seen, "gone": story.gone}, sys.stdout)


def as_the_user(story: Story, password: str, flavor: Resource) -> dict[str, tuple[Proxy, Resource]]:
    """A server on a port of the user's own, and all that it needs; by kind, in the order to delete them."""
    person = story.admin.connect_as(username=story.name, password=password, project_name=story.name)
    access = person.session.auth.get_access(person.session)
    content = secrets.token_bytes(1 << 20)
    formats = {"disk_format": "raw", "container_format": "bare"}
    image = story.make(person.image, "image", data=content, wait=True, **formats)
    network = story.make(person.network, "network")
    subnet = story.make(person.network, "subnet", network_id=network.id, ip_version=4, cidr=CIDR)
    port = story.make(person.network, "port", network_id=network.id)
    asked = {"image_id": image.id, "flavor_id": flavor.id, "networks": [{"port": port.id}]}
    server = story.make(person.compute, "server", **asked)
    with story.step("server active"):
        server = person.compute.wait_for_server(server, interval=0.5, wait=ACTIVE_WITHIN)
    bound = story.admin.network.get_port(port.id)  # on which host, only an administrator is told
    story.seen |= {
        "roles": sorted(access.role_names),
        "endpoints": {service: person.endpoint_for(service) for service in SERVICES},
        "uploaded": hashlib.sha256(content).hexdigest(),
        "downloaded": hashlib.sha256(person.image.download_image(image).content).hexdigest(),
        "status": server.status,
        "addresses": [one["addr"] for addresses in server.addresses.values() for one in addresses],
        "port": {
            "addresses": [fixed["ip_address"] for fixed in bound.fixed_ips],
            "of_the_server": bound.device_id == server.id,
            "vif_type": bound.binding_vif_type,
            "host": bound.binding_host_id,
            "status": bound.status,
        },
    }
    return {
        "server": (person.compute, server),
        "port": (person.network, port),
        "subnet": (person.network, subnet),
        "network": (person.network, network),
        "image": (person.image, image),
    }


main()

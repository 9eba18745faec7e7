"""tempest.conf for a stage: what is under test, and as whom. Pure."""

from collections.abc import Mapping
from pathlib import Path

from suites.api.accounts import Account
from suites.api.material import Material
from suites.seam.target import Target

# What tests make begins with this, so that what a killed run left can be told from what is a user's.
RESOURCES = "stagegate-api-made"
REQUEST_WITHIN = 20
# How long what a test asked for may take to become. Longer than a test may take in all would say nothing.
BECOMING_WITHIN = 50
# Tempest takes each of these for there unless told otherwise, and a test of what isn't there skips itself.
# By the option, the endpoint of target.json that says that it is there.
SERVICES = {
    "cinder": "volume",
    "glance": "image",
    "horizon": "dashboard",
    "neutron": "network",
    "nova": "compute",
    "swift": "object-store",
}
# Services that hold their policies to the scopes and the roles of today: there, tests read as a reader.
SCOPED = ("glance", "neutron", "nova")
# Tempest takes every extension that it has heard of for there. These are the ones that its chosen tests ask
# about, and Neutron has with OVN.
EXTENSIONS = (
    "agent", "allowed-address-pairs", "binding", "external-net", "ext-gw-mode", "extra_dhcp_opt",
    "extraroute", "provider", "quotas", "router", "security-group", "subnet_allocation",
)  # fmt: skip
# The file in a folder of tempest's own that lists the accounts.
ACCOUNTS = "accounts.yaml"

Options = Mapping[str, Mapping[str, str]]


def options(target: Target, region: str, administrator: Account, own: Path, material: Material) -> Options:
    """Return the options by section. `own` is a folder for tempest's own files, ACCOUNTS among them.

    They hold the administrator's password: many administrative tests make accounts of their own with it,
    whatever accounts.yaml offers. Raises ValueError for an account that has no project.
    """
    present = {service: endpoint in target.endpoints for service, endpoint in SERVICES.items()}
    if administrator.project is None:
        raise ValueError(f"{administrator.user} has no project to be the administrator in")
    return {
        "DEFAULT": {
            "debug": "false",
            "log_dir": str(own),
            "resource_name_prefix": RESOURCES,
        },
        "oslo_concurrency": {"lock_path": str(own / "locks")},
        "auth": {
            "use_dynamic_credentials": "false",
            "test_accounts_file": str(own / ACCOUNTS),
            "create_isolated_networks": "false",
            "default_credentials_domain_name": "Default",
            "admin_username": administrator.user,
            "admin_project_name": administrator.project,
            "admin_domain_name": "Default",
            "admin_password": administrator.password,
        },
        "identity": {
            "auth_version": "v3",
            "uri_v3": target.endpoints["identity"],
            "region": region,
            "v3_endpoint_type": "public",
        },
        "service-clients": {"http_timeout": str(REQUEST_WITHIN)},
        "service_available": {service: str(there).lower() for service, there in present.items()},
        "enforce_scope": {service: str(present[service]).lower() for service in SCOPED},
        # Nobody logs in to a server here: what runs it is no hypervisor.
        "validation": {"run_validation": "false"},
        "network-feature-enabled": {"api_extensions": ",".join(EXTENSIONS)},
        **{
            section: {"build_timeout": str(BECOMING_WITHIN), **_references(section, material)}
            for section in ("compute", "image", "network")
        },
    }


def _references(section: str, material: Material) -> Mapping[str, str]:
    if section != "compute":
        return {}
    named = {"flavor_ref": material.flavors, "image_ref": material.images}
    return {
        f"{name}{suffix}": identifier
        for name, identifiers in named.items()
        for suffix, identifier in zip(("", "_alt"), identifiers, strict=False)
    }


def render(sections: Options) -> str:
    """Return the text of tempest.conf. Raises ValueError for a value that would not be read back as it is."""
    lines: list[str] = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        for name, value in values.items():
            if value != value.strip() or "$" in value or not value.isprintable():
                raise ValueError(f"{section}.{name} can't be written as an option")
            lines.append(f"{name} = {value}")
        lines.append("")
    return "\n".join(lines)

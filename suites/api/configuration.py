"""tempest.conf for a stage: the services under test, and the accounts to use. Pure."""

from collections.abc import Mapping
from pathlib import Path

from suites.api.accounts import Account
from suites.api.material import Material
from suites.seam.target import Target

# The name prefix of what tests create, which tells what a killed run left from what belongs to users.
RESOURCES = "stagegate-api-made"
REQUEST_WITHIN = 20
# How long a resource that a test creates may take to become ready. Must be less than a test's own timeout.
BECOMING_WITHIN = 50
# Tempest assumes that each of these exists unless configured otherwise; tests of an absent service skip
# themselves. Maps each option to the endpoint in target.json that shows that the service exists.
SERVICES = {
    "cinder": "volume",
    "glance": "image",
    "horizon": "dashboard",
    "neutron": "network",
    "nova": "compute",
    "swift": "object-store",
}
# Services whose policies enforce today's scopes and roles: their tests read as a reader.
SCOPED = ("glance", "neutron", "nova")
# Tempest assumes that every extension it knows exists. These are the ones that the chosen tests ask about
# and that Neutron has with OVN.
EXTENSIONS = (
    "agent", "allowed-address-pairs", "binding", "external-net", "ext-gw-mode", "extra_dhcp_opt",
    "extraroute", "provider", "quotas", "router", "security-group", "standard-attr-tag",
    "subnet_allocation",
)  # fmt: skip
# The file in tempest's own folder that lists the accounts.
ACCOUNTS = "accounts.yaml"

Options = Mapping[str, Mapping[str, str]]


def options(target: Target, region: str, administrator: Account, own: Path, material: Material) -> Options:
    """Return the options by section. `own` is a folder for tempest's own files, among them ACCOUNTS.

    They contain the administrator's password: many administrative tests use it to create accounts, whatever
    accounts.yaml offers. Raises ValueError if the administrator has no project.
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
        # Tests never log in to a server: no real hypervisor runs it.
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
    """Return the text of tempest.conf. Raises ValueError if a value would not be read back unchanged."""
    lines: list[str] = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        for name, value in values.items():
            if value != value.strip() or "$" in value or not value.isprintable():
                raise ValueError(f"{section}.{name} can't be written as an option")
            lines.append(f"{name} = {value}")
        lines.append("")
    return "\n".join(lines)

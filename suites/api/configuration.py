"""tempest.conf for a stage: what is under test, and as whom. Pure."""

from collections.abc import Mapping
from pathlib import Path

from suites.api.accounts import Account
from suites.harness.target import Target

# What tests make begins with this, so that what a killed run left can be told from what is a user's.
RESOURCES = "stagegate-api-made"
REQUEST_WITHIN = 20
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

Options = Mapping[str, Mapping[str, str]]


def options(target: Target, region: str, administrator: Account, accounts: Path, own: Path) -> Options:
    """Return the options by section. `accounts` is accounts.yaml, `own` a folder for tempest's own files.

    They hold the administrator's password: many administrative tests make accounts of their own with it,
    whatever accounts.yaml offers. Raises ValueError for an account that has no project.
    """
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
            "test_accounts_file": str(accounts),
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
        "service_available": {
            service: str(endpoint in target.endpoints).lower() for service, endpoint in SERVICES.items()
        },
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

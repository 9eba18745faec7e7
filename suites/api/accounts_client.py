"""A client that enables and disables the accounts that tempest's tests use.

Request: `{"verb": "open" or "close", "access": …, "accounts": path}`. The file has the accounts' passwords.
Answer: `{"accounts": number, "made": number, "left": number, "projects": {name: id}}`: how many accounts, how
many of them are new, how many users and projects left behind by a killed run were deleted, and the accounts'
projects.

`open` creates what is missing, sets the passwords, and enables the accounts. `close` keeps them but disables
them, so that nobody can use them between runs. Both are idempotent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from keystoneauth1 import session

from suites.api.accounts import Account, from_yaml
from suites.api.configuration import RESOURCES
from suites.clients.token_client import password_of_cloud
from suites.openstack.access import Access
from suites.openstack.signed_in import WITHIN


@dataclass(frozen=True, slots=True)
class Keystone:
    """The identity service, called as the administrator."""

    client: session.Session
    url: str
    domain: str

    def listed(self, kind: str, **query: str) -> list[dict[str, Any]]:
        """Return all resources of a kind (`users`, `projects`, `roles`) that match the query."""
        found: list[dict[str, Any]] = self.client.get(f"{self.url}/{kind}", params=query).json()[kind]
        return found

    def have(self, kind: str, name: str, **values: object) -> tuple[str, bool]:
        """Create or update a user or project with these values; return its id, and whether it is new."""
        one = kind.removesuffix("s")
        found = self.listed(kind, name=name, domain_id=self.domain)
        if found:
            identifier = str(found[0]["id"])
            self.client.patch(f"{self.url}/{kind}/{identifier}", json={one: values})
            return identifier, False
        document = {one: {"name": name, "domain_id": self.domain, **values}}
        made = self.client.post(f"{self.url}/{kind}", json=document).json()[one]
        return str(made["id"]), True

    def clear(self, kind: str) -> int:
        """Delete the users or projects that a test run left behind; return their number."""
        left = [found for found in self.listed(kind) if str(found["name"]).startswith(f"{RESOURCES}-")]
        for found in left:
            self.client.delete(f"{self.url}/{kind}/{found['id']}")
        return len(left)


def answer(verb: Literal["open", "close"], access: Access, accounts: Path) -> Mapping[str, object]:
    """Enable or disable the accounts. Raises what keystoneauth1 raises."""
    auth = password_of_cloud(access.identity, access.password)
    client = session.Session(auth=auth, timeout=WITHIN)
    keystone = Keystone(client, access.identity, str(auth.get_access(client).user_domain_id))
    listed = from_yaml(accounts.read_text(encoding="utf-8"))
    made = 0
    if verb == "open":
        roles = {role["name"]: role["id"] for role in keystone.listed("roles")}
        made = sum(_open(keystone, account, roles) for account in listed)
    else:
        for account in listed:
            keystone.have("users", account.user, enabled=False)
    left = keystone.clear("users") + keystone.clear("projects")
    names = {account.project for account in listed}
    projects = {
        str(found["name"]): found["id"] for found in keystone.listed("projects") if found["name"] in names
    }
    return {"accounts": len(listed), "made": made, "left": left, "projects": projects}


def _open(keystone: Keystone, account: Account, roles: Mapping[str, str]) -> bool:
    user, is_new = keystone.have("users", account.user, enabled=True, password=account.password)
    place = "system"
    if account.project is not None:
        project, _ = keystone.have("projects", account.project, enabled=True)
        place = f"projects/{project}"
    keystone.client.put(f"{keystone.url}/{place}/users/{user}/roles/{roles[account.kind.role]}")
    return is_new

"""A session of the administrator with the APIs, for client modules."""

from keystoneauth1 import session

from suites.clients.token_client import password_of_cloud
from suites.openstack.access import Access

WITHIN = 15


def signed_in(access: Access) -> session.Session:
    """Return a session that takes its token when it is first needed, and gives up on a silent API."""
    return session.Session(auth=password_of_cloud(access.identity, access.password), timeout=WITHIN)

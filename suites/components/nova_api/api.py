"""The tempest tests behind each of nova's checks of the `api` gate.

They are all that upstream tags smoke and that need neither a volume nor a guest that answers.
`config/gates.yaml` says what is left out, and why.
"""

from suites.api.groups import Chosen, Groups, full_names
from suites.probes import spec

COMPUTE = "tempest.api.compute"
SERVERS = "tempest.api.compute.servers"
SECURITY_GROUPS = "tempest.api.compute.security_groups"
DETAILS = ("test_list_servers", "test_verify_server_details")

CHOSEN: Chosen = {
    "versions": {
        (COMPUTE, "test_versions.TestVersions"): ("test_get_version_details", "test_list_api_versions"),
    },
    "flavors": {
        (COMPUTE, "flavors.test_flavors.FlavorsV2TestJSON"): ("test_get_flavor", "test_list_flavors"),
    },
    "servers": {
        (SERVERS, "test_create_server.ServersTestJSON"): DETAILS,
        (SERVERS, "test_create_server.ServersTestManualDisk"): DETAILS,
    },
    "server_addresses": {
        (SERVERS, "test_server_addresses.ServerAddressesTestJSON"): (
            "test_list_server_addresses",
            "test_list_server_addresses_by_network",
        ),
    },
    "server_reboots": {
        (SERVERS, "test_server_actions.ServerActionsTestJSON"): ("test_reboot_server_hard",),
    },
    # Nova passes these on to Neutron.
    "security_groups": {
        (SECURITY_GROUPS, "test_security_groups.SecurityGroupsTestJSON"): (
            "test_security_groups_create_list_delete",
        ),
        (SECURITY_GROUPS, "test_security_group_rules.SecurityGroupRulesTestJSON"): (
            "test_security_group_rules_create",
            "test_security_group_rules_list",
        ),
    },
}
GROUPS: Groups = full_names(CHOSEN)
# Nova answers these by itself. All others create a server, or ask Neutron for its security groups.
ALONE = dict.fromkeys(("versions", "flavors"), spec.TOKENS)
LOOKS_AT = dict.fromkeys(CHOSEN, spec.SERVERS) | ALONE

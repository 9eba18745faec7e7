"""The tempest tests behind each of neutron's checks of the `api` gate.

They are all that upstream tags smoke and that need no external network, and those of Neutron's own tags.
Tests that exist for IPv4 and IPv6 run for both. `config/gates.yaml` says what is left out, and why.
"""

from suites.api.groups import Chosen, Groups, full_names
from suites.probes.spec import TOKENS

NETWORK = "tempest.api.network"

NETWORKS = (
    "test_create_update_delete_network_subnet",
    "test_list_networks",
    "test_list_subnets",
    "test_show_network",
    "test_show_subnet",
)
BULK = ("test_bulk_create_delete_network", "test_bulk_create_delete_port", "test_bulk_create_delete_subnet")
PORTS = (
    "test_create_port_in_allowed_allocation_pools",
    "test_create_port_with_no_securitygroups",
    "test_create_update_delete_port",
    "test_list_ports",
    "test_show_port",
)
ROUTERS = (
    "test_add_multiple_router_interfaces",
    "test_add_remove_router_interface_with_port_id",
    "test_add_remove_router_interface_with_subnet_id",
)
TAGS = ("test_create_check_list_and_delete_tags", "test_update_and_delete_all_tags")
SECURITY_GROUPS = (
    "test_create_list_update_show_delete_security_group",
    "test_create_show_delete_security_group_rule",
    "test_list_security_groups",
)

CHOSEN: Chosen = {
    "versions_and_extensions": {
        (NETWORK, "test_versions.NetworksApiDiscovery"): (
            "test_api_version_resources",
            "test_show_api_v2_details",
        ),
        (NETWORK, "test_extensions.ExtensionsTestJSON"): ("test_list_show_extensions",),
    },
    "networks": {
        (NETWORK, "test_networks.NetworksTest"): NETWORKS,
        (NETWORK, "test_networks.NetworksIpV6Test"): NETWORKS,
    },
    "bulk_operations": {
        (NETWORK, "test_networks.BulkNetworkOpsTest"): BULK,
        (NETWORK, "test_networks.BulkNetworkOpsIpV6Test"): BULK,
    },
    "subnet_pools": {
        (NETWORK, "test_subnetpools_extensions.SubnetPoolsTestJSON"): (
            "test_create_list_show_update_delete_subnetpools",
        ),
    },
    "ports": {
        (NETWORK, "test_ports.PortsTestJSON"): PORTS,
        (NETWORK, "test_ports.PortsIpV6TestJSON"): PORTS,
    },
    # Not tagged smoke; a migration changes their table while the release before serves.
    "tags": {(NETWORK, "test_tags.TagsExtTest"): TAGS},
    "routers": {
        (NETWORK, "test_routers.RoutersTest"): ROUTERS,
        (NETWORK, "test_routers.RoutersIpV6Test"): ROUTERS,
    },
    "security_groups": {
        (NETWORK, "test_security_groups.SecGroupTest"): SECURITY_GROUPS,
        (NETWORK, "test_security_groups.SecGroupIPv6Test"): SECURITY_GROUPS,
    },
}
GROUPS: Groups = full_names(CHOSEN)
# These create no server, so no port is on a compute host. Only in doubt is whether ovn-controller takes part
# when an interface of a router comes up.
DATABASES = TOKENS | {"ovn", "rabbitmq"}
LOOKS_AT = dict.fromkeys(CHOSEN, DATABASES) | {"routers": DATABASES | {"ovn-controller"}}

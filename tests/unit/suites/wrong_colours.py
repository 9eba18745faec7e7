"""What can be wrong of two colours, by its name in their stand-in: which checks see it, and what they say."""

from collections.abc import Mapping

from neighbours_stand_in import OTHER, OWN

VERSIONS = tuple(
    f"{component}/versions_meet" for component in ("keystone", "glance", "placement", "nova-api", "cinder")
)
DEFECTS: Mapping[str, Mapping[str, str]] = {
    "other-keys": {
        "keystone/tokens_cross": f"{OTHER}: GET auth/tokens is answered 401: the token is refused"
    },
    "unread-image": {"glance/images_cross": f"{OTHER}: GET v2/images/id-.*/file is answered 404: no such"},
    "hidden-port": {"neutron/networks_cross": f"{OTHER}: does not list port id-"},
    "other-rule": {"neutron/security_groups_cross": f"{OTHER}: does not show the rule for tcp 8443"},
    "other-flavor": {"nova-api/flavors_cross": f"{OWN}: shows the extra specs {{}} of flavor"},
    "other-type": {"cinder/volume_types_cross": f"{OWN}: shows the extra specs {{}} of volume type"},
    "stuck-server": {
        "nova-api/servers_cross": f"{OTHER} shows server id-.* in status BUILD",
        "nova-conductor/conductors_work_for_both": f"{OTHER} shows server id-.* in status BUILD",
    },
    "unstopped-server": {"nova-api/servers_cross": f"{OWN} shows server id-.* in status ACTIVE"},
    "failed-rebuild": {
        "nova-conductor/conductors_work_for_both": f"{OTHER}: server id-.* is in status ERROR: no valid host"
    },
    "far-versions": dict.fromkeys(VERSIONS, f"{OWN} speaks .*, {OTHER} speaks .*: no version in common"),
    "untold-versions": dict.fromkeys(VERSIONS, f"{OWN}: the answer has no versions"),
}

"""The tempest tests behind each of keystone's checks of the `api` gate.

They are all that upstream tags smoke, and tests of what other services depend on: tokens, users, roles, and
the kinds of credentials. `config/gates.yaml` says what is left out, and why.
"""

from suites.api.groups import Chosen, Groups, full_names
from suites.probes.spec import TOKENS

EVERYBODY = "tempest.api.identity.v3"
ADMINISTRATORS = "tempest.api.identity.admin.v3"

CHOSEN: Chosen = {
    "versions_and_catalog": {
        (EVERYBODY, "test_api_discovery.TestApiDiscovery"): (
            "test_api_media_types",
            "test_api_version_resources",
            "test_api_version_statuses",
            "test_identity_v3_existence",
            "test_list_api_versions",
        ),
        (EVERYBODY, "test_catalog.IdentityCatalogTest"): ("test_catalog_standardization",),
    },
    "tokens": {
        (EVERYBODY, "test_tokens.TokensV3Test"): (
            "test_create_token",
            "test_token_auth_creation_existence_deletion",
            "test_validate_token",
        ),
        (ADMINISTRATORS, "test_tokens.TokensV3TestJSON"): (
            "test_get_available_domain_scopes",
            "test_get_available_project_scopes",
            "test_rescope_token",
        ),
    },
    "users": {
        (ADMINISTRATORS, "test_users.UsersV3TestJSON"): (
            "test_get_user",
            "test_list_user_projects",
            "test_update_user_password",
            "test_user_update",
        ),
        (ADMINISTRATORS, "test_users_negative.UsersNegativeTest"): (
            "test_authentication_for_disabled_user",
            "test_create_user_for_non_existent_domain",
        ),
    },
    "projects": {
        (EVERYBODY, "test_projects.IdentityV3ProjectsTest"): (
            "test_list_projects_returns_only_authorized_projects",
        ),
        (ADMINISTRATORS, "test_projects.ProjectsTestJSON"): (
            "test_associate_user_to_project",
            "test_project_create_not_enabled",
            "test_project_create_with_domain",
            "test_project_get_equals_list",
            "test_project_update_enable",
        ),
    },
    "groups_and_domains": {
        (ADMINISTRATORS, "test_groups.GroupsV3TestJSON"): (
            "test_group_users_add_list_delete",
            "test_list_user_groups",
        ),
        (ADMINISTRATORS, "test_domains.DomainsTestJSON"): (
            "test_create_update_delete_domain",
            "test_domain_delete_cascades_content",
        ),
        (EVERYBODY, "test_domains.DefaultDomainTestJSON"): ("test_default_domain_exists",),
    },
    "roles": {
        (ADMINISTRATORS, "test_roles.RolesV3TestJSON"): (
            "test_grant_list_revoke_role_to_group_on_project",
            "test_grant_list_revoke_role_to_user_on_project",
            "test_grant_list_revoke_role_to_user_on_system",
            "test_implied_roles_create_check_show_delete",
            "test_role_create_update_show_list",
        ),
    },
    "credentials": {
        (ADMINISTRATORS, "test_credentials.CredentialsTestJSON"): (
            "test_credentials_create_get_update_delete",
        ),
        (EVERYBODY, "test_ec2_credentials.EC2CredentialsTest"): (
            "test_create_ec2_credential",
            "test_show_ec2_credential",
        ),
        (EVERYBODY, "test_application_credentials.ApplicationCredentialsV3Test"): (
            "test_create_application_credential",
            "test_create_application_credential_access_rules",
            "test_create_application_credential_expires",
        ),
    },
    "trusts": {
        (ADMINISTRATORS, "test_trusts.TrustsV3TestJSON"): ("test_get_trusts_all", "test_trust_impersonate"),
    },
    "services_and_policies": {
        (ADMINISTRATORS, "test_services.ServicesTestJSON"): ("test_create_update_get_service",),
        (ADMINISTRATORS, "test_endpoints.EndPointsTestJSON"): ("test_update_endpoint",),
        (ADMINISTRATORS, "test_regions.RegionsTestJSON"): ("test_create_region_with_specific_id",),
        (ADMINISTRATORS, "test_policies.PoliciesTestJSON"): ("test_create_update_delete_policy",),
    },
}

GROUPS: Groups = full_names(CHOSEN)
LOOKS_AT = dict.fromkeys(CHOSEN, TOKENS)

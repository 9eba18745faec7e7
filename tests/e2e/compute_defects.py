"""Defects of Nova and Placement: what each does to a standing stage, and by which checks it is seen."""

from seeding import Defect, laid_over

WRITER = "database-1"
SQL = "mariadb --batch --skip-column-names -e"
NOVA, PLACEMENT = "/etc/nova/nova.conf", "/etc/placement/placement.conf"
RESTARTED = f"cp -a /run/seeded-placement.conf {PLACEMENT} && systemctl restart placement-api"
ANSWERS = "curl -sf -o /dev/null http://$(hostname -i | cut -d ' ' -f 1):8778/"
BOOTS = "nova-api/(server_is_created|services_are_up_and_stay)|nova-.*/journal"

UNREAD = Defect(
    name="placements-file-changed-and-not-restarted",
    hosts="compute-api-blue-1",
    put_in=f"cp -a {PLACEMENT} /run/seeded-placement.conf && echo '# seeded' >> {PLACEMENT}",
    is_in=f"grep -qx '# seeded' {PLACEMENT}",
    take_out=RESTARTED,
    healed=f"! grep -qx '# seeded' {PLACEMENT} && {ANSWERS}",
    seen_by={
        "placement/runs_as_declared": r"compute-api-blue-1: .*placement\.conf was changed .* after placement",
        "nova-api/runs_as_declared": r"compute-api-blue-1: .*placement\.conf is not as declared",
    },
    cause="placement/runs_as_declared",
)
# It shows once the service is started again, by whomever.
NEXT_PASSWORD = Defect(
    name="a-wrong-password-of-a-database-in-a-file-that-nobody-has-read-yet",
    hosts="compute-api-blue-2",
    put_in=f"cp -a {PLACEMENT} /run/seeded-placement.conf"
    f" && sed -i '/^connection = / s#://placement:[^@]*@#://placement:seeded@#' {PLACEMENT}",
    is_in=f"grep -q '^connection = .*://placement:seeded@' {PLACEMENT}",
    take_out=RESTARTED,
    healed=f"! grep -q '://placement:seeded@' {PLACEMENT} && {ANSWERS}",
    seen_by={
        "placement/all_it_names_answers": r"compute-api-blue-2: .*database placement at [\d.]+: .*1045",
        "placement/runs_as_declared": r"compute-api-blue-2: .*placement\.conf was changed .* after placement",
    },
    cause="placement/all_it_names_answers",
)
PROVIDERS, OF_NONE = "placement.resource_providers", '"seeded-9"'
NO_HOST = Defect(
    name="a-resource-provider-of-no-compute-host",
    hosts=WRITER,
    put_in=f"{SQL} 'INSERT INTO {PROVIDERS} (uuid, name, generation, created_at, updated_at)"
    f" VALUES (UUID(), {OF_NONE}, 0, NOW(), NOW());"
    f" UPDATE {PROVIDERS} SET root_provider_id = id WHERE name = {OF_NONE}'",
    is_in=f"test $({SQL} 'SELECT COUNT(*) FROM {PROVIDERS} WHERE name = {OF_NONE}') = 1",
    take_out=f"{SQL} 'DELETE FROM {PROVIDERS} WHERE name = {OF_NONE}'",
    seen_by={"placement/resource_providers_are_the_computes": "seeded-9 is not a compute host"},
)
WRONG_URL = Defect(
    name="a-wrong-url-of-keystone-in-one-section",
    hosts="compute-api-blue-2",
    put_in=f"cp -a {NOVA} /run/seeded-nova.conf && sed -i '/^.cinder.$/,/^$/ s#:5000/v3$#:5009/v3#' {NOVA}",
    is_in=f"grep -q '^auth_url = .*:5009/v3$' {NOVA}",
    take_out=f"cp -a /run/seeded-nova.conf {NOVA}",
    seen_by={
        "nova-api/all_it_names_answers": r"compute-api-blue-2: nova at http://[\d.]+:5009/v3: \[cinder\]: ",
        "nova-api/runs_as_declared": r"compute-api-blue-2: .*nova\.conf is not as declared",
    },
    cause="nova-api/all_it_names_answers",
)
THERE = 'FROM nova_api.host_mappings WHERE host = "compute-2"'
UNMAPPED = Defect(
    name="a-compute-host-that-no-cell-has",
    hosts=WRITER,
    put_in="mariadb-dump --compact --no-create-info --single-transaction --where='host = \"compute-2\"'"
    f" nova_api host_mappings > /run/seeded-mapping.sql && {SQL} 'DELETE {THERE}'",
    is_in=f"test $({SQL} 'SELECT COUNT(*) {THERE}') = 0",
    take_out="mariadb nova_api < /run/seeded-mapping.sql && rm /run/seeded-mapping.sql",
    seen_by={"nova-api/cells_are_mapped": "compute-2 is mapped to no cell"},
    or_first="nova-api/record_is_read_back",
    may_also=f"nova-api/(upgrade_check|record_is_read_back)|{BOOTS}",
)
OF_COMPUTE_2 = 'WHERE host = "compute-2" AND services.binary = "nova-compute" AND deleted = 0'
DISABLED = Defect(
    name="a-compute-service-that-somebody-has-disabled",
    hosts=WRITER,
    put_in=f"""{SQL} 'UPDATE nova.services SET disabled = 1, disabled_reason = "seeded" {OF_COMPUTE_2}'""",
    is_in=f"test $({SQL} 'SELECT disabled FROM nova.services {OF_COMPUTE_2}') = 1",
    take_out=f"{SQL} 'UPDATE nova.services SET disabled = 0, disabled_reason = NULL {OF_COMPUTE_2}'",
    seen_by={"nova-api/services_are_up_and_stay": "nova-compute on compute-2 is disabled"},
    or_first="nova-api/server_is_created",
    may_also="nova-api/server_is_created|nova-.*/journal",
)
# Its process lives, and systemd calls it active. Restarted, it logs no connection that it has lost meanwhile.
FROZEN = Defect(
    name="a-nova-compute-frozen-on-one",
    hosts="compute-2",
    put_in="systemctl kill --signal=STOP nova-compute",
    is_in="grep -q '^State:.*stopped' /proc/$(systemctl show -p MainPID --value nova-compute)/status",
    take_out="systemctl kill --signal=CONT nova-compute && systemctl restart nova-compute",
    seen_by={"nova-compute/own_queue_is_answered": r"the queue compute\.compute-2: nobody replied"},
    may_also=BOOTS,
)
NO_SCHEDULER = Defect(
    name="nova-scheduler-dead-on-one",
    hosts="compute-api-blue-1",
    put_in="systemctl stop nova-scheduler",
    is_in="! systemctl is-active --quiet nova-scheduler",
    take_out="systemctl start nova-scheduler",
    seen_by={
        "nova-scheduler/healthy": r"compute-api-blue-1: nova-scheduler\.service is inactive",
        "nova-scheduler/own_queue_is_answered": r"the queue scheduler\.compute-api-blue-1: nobody replied",
    },
    cause="nova-scheduler/healthy",
    may_also=BOOTS,
)
OVERRIDE = laid_over("nova-scheduler.service", "Restart=no", "/etc/systemd/system/{}.d/override.conf")
STAYS_DOWN = Defect(
    name="a-scheduler-that-nothing-would-start-again",
    hosts="compute-api-blue-2",
    put_in=OVERRIDE[0],
    is_in="test $(systemctl show -p Restart --value nova-scheduler) = no",
    take_out=OVERRIDE[1],
    seen_by={
        "nova-scheduler/runs_as_declared": r"override\.conf changes nova-scheduler\.service, and no manifest",
        "nova-scheduler/hosts_agree": "Restart differs: .*no on compute-api-blue-2",
    },
    cause="nova-scheduler/runs_as_declared",
)
OTHER_GROUP = Defect(
    name="another-group-of-the-directory-of-servers",
    hosts="compute-2",
    put_in="chgrp root /var/lib/nova",
    is_in="test $(stat --format=%G /var/lib/nova) = root",
    take_out="chgrp nova /var/lib/nova",
    seen_by={"nova-compute/data_is_its_own": r"compute-2: /var/lib/nova belongs to \d+:0, and must be"},
)
DEFECTS = (
    *(UNREAD, NEXT_PASSWORD, NO_HOST, WRONG_URL, UNMAPPED, DISABLED, FROZEN, NO_SCHEDULER, STAYS_DOWN),
    OTHER_GROUP,
)
UNTRIED = {defect.name for defect in DEFECTS}  # not put into a stage so far: they prove nothing yet

"""What a run that was killed leaves in a stage, and the check that names it."""

from seeding import Defect

GATE = "final"
NAME = "smoke-00000000-0000-4000-8000-00000000feed"
OURS = f"FROM flavors WHERE name = '{NAME}'"
SIZE = "memory_mb = 64, vcpus = 1, root_gb = 1, ephemeral_gb = 0, swap = 0, rxtx_factor = 1"
MADE = f"name = '{NAME}', flavorid = 'seeded', {SIZE}, disabled = 0, is_public = 1"
LEFT_OVER = Defect(
    name="a-flavor-that-a-killed-run-left",
    hosts="database-1",
    put_in=f'mariadb nova_api -e "INSERT INTO flavors SET {MADE}"',
    is_in=f'mariadb -BNe "SELECT COUNT(*) {OURS}" nova_api | grep -qx 1',
    take_out=f'mariadb nova_api -e "DELETE {OURS}"',
    seen_by={"nova-api/inventory_is_as_before": f"left over: flavor {NAME}"},
)
DEFECTS = (LEFT_OVER,)
UNTRIED = {defect.name for defect in DEFECTS}  # not put into a stage so far: they prove nothing yet

"""Each role with tables says how they come to the next release, phase by phase."""

import pytest

from stages.design.blueprint import Role
from stages.design.upgrading import Question, Upgrade, UpgradePhase, Work
from stages.machine.images import releases
from stages.roles import ROLES, load

WITH_TABLES = [role for role in map(load, ROLES) if role.schemas]
UPGRADES = {upgrade.project: upgrade for role in WITH_TABLES for upgrade in role.upgrades}
WORKS = [(upgrade, work) for upgrade in UPGRADES.values() for work in upgrade.works]
EVERY_WORK = pytest.mark.parametrize(
    ("upgrade", "work"),
    WORKS,
    ids=[" ".join((upgrade.project, *work.command[-2:])) for upgrade, work in WORKS],
)
NEUTRON = "--config-file /etc/neutron/neutron.conf --config-file /etc/neutron/ml2.ini"
BIN = "/opt/openstack/bin/"


def questions(upgrade: Upgrade) -> list[Question]:
    asked = [question for work in upgrade.works for question in (work.asked_before, work.asked_after)]
    return [upgrade.ready, *(question for question in asked if question is not None)]


@pytest.mark.parametrize("role", WITH_TABLES, ids=lambda role: role.name)
def test_every_schema_of_a_role_is_in_one_upgrade(role: Role) -> None:
    assert [schema for upgrade in role.upgrades for schema in upgrade.schemas] == list(role.schemas)
    assert {upgrade.user for upgrade in role.upgrades} == {schema.user for schema in role.schemas}


@pytest.mark.parametrize("upgrade", UPGRADES.values(), ids=UPGRADES)
def test_phases_come_in_their_order_and_expand_is_never_missing(upgrade: Upgrade) -> None:
    phases = list(UpgradePhase)
    assert upgrade.of(UpgradePhase.EXPAND)
    assert list(upgrade.works) == sorted(upgrade.works, key=lambda work: phases.index(work.phase))


@pytest.mark.parametrize(
    ("project", "phase", "command"),
    [
        ("keystone", UpgradePhase.EXPAND, "keystone-manage db_sync --expand"),
        ("keystone", UpgradePhase.CONTRACT, "keystone-manage db_sync --contract"),
        (
            "glance",
            UpgradePhase.MIGRATE,
            "glance-manage --config-file /etc/glance/glance-api.conf db migrate",
        ),
        ("neutron", UpgradePhase.EXPAND, f"neutron-db-manage {NEUTRON} upgrade --expand"),
        # Nova and Placement write the option with a hyphen, Cinder with an underscore.
        (
            "nova",
            UpgradePhase.ONLINE,
            "nova-manage --config-file /etc/nova/nova.conf db online_data_migrations --max-count 1000",
        ),
        (
            "cinder",
            UpgradePhase.ONLINE,
            "cinder-manage --config-file /etc/cinder/cinder.conf db online_data_migrations --max_count 1000",
        ),
    ],
)
def test_the_command_of_a_phase(project: str, phase: UpgradePhase, command: str) -> None:
    (work,) = UPGRADES[project].of(phase)
    assert " ".join(work.command) == BIN + command


@EVERY_WORK
def test_nothing_can_be_undone_and_from_contract_on_the_release_before_is_out(
    upgrade: Upgrade, work: Work
) -> None:
    assert work.irreversible
    ended = bool(work.ends_before)
    assert ended == (work.phase in {UpgradePhase.CONTRACT, UpgradePhase.ONLINE}), upgrade.project


@EVERY_WORK
def test_only_batches_are_run_again(upgrade: Upgrade, work: Work) -> None:
    assert (work.again == 1) == (work.phase is UpgradePhase.ONLINE), upgrade.project
    assert work.again not in work.failures


@pytest.mark.parametrize("upgrade", UPGRADES.values(), ids=UPGRADES)
def test_a_status_means_one_thing(upgrade: Upgrade) -> None:
    for question in questions(upgrade):
        assert 0 in question.good
        assert question.bad
        assert not question.good.keys() & question.bad.keys()
        assert question.command[0].startswith(BIN)


def test_what_is_left_for_a_later_phase_is_good_before_it_and_bad_after_it() -> None:
    expand, migrate, contract = (work.asked_after for work in UPGRADES["glance"].works)
    assert expand is not None
    assert migrate is not None
    assert contract is not None
    assert [set(question.good) for question in (expand, migrate, contract)] == [{0, 4, 5}, {0, 5}, {0}]
    assert [set(question.bad) for question in (expand, migrate, contract)] == [{3}, {3, 4}, {3, 4, 5}]


def test_before_neutron_contracts_it_is_asked_whether_all_servers_must_be_stopped() -> None:
    (contract,) = UPGRADES["neutron"].of(UpgradePhase.CONTRACT)
    assert contract.asked_before is not None
    assert "all Neutron servers must be stopped" in contract.asked_before.bad[1]


def test_every_database_has_its_heads_in_every_review() -> None:
    heads = {database: upgrade.heads[database] for upgrade in UPGRADES.values() for database in upgrade.heads}
    assert "nova_cell0" in heads
    assert heads["nova"][-1] == "SELECT version_num FROM nova.alembic_version ORDER BY version_num"
    assert heads["placement"][1] == "--defaults-extra-file=/etc/stagegate/database-placement.cnf"
    schemas = {schema.databases[0] for upgrade in UPGRADES.values() for schema in upgrade.schemas}
    for review in releases.read().reviews:
        assert set(review.heads) == schemas

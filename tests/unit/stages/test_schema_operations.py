"""Each kind of operation that is no plain addition is found in a migration script, and plain ones are not."""

import textwrap

import pytest

from stages.machine.schema_review.operations import operations

SEEDED = [
    ("drops", "op.drop_table('agents')"),
    ("drops", "op.drop_index('ix', 'ports')"),
    ("drops", "migration.drop_table_if_exists('agents')"),
    ("drops", "with op.batch_alter_table('ports') as batch_op:\n    batch_op.drop_column('name')"),
    ("drops", "for table in OLD:\n    table.drop(op.get_bind())"),
    ("deletes", "table = sa.table('ports')\nop.execute(table.delete().where(table.c.id == 1))"),
    ("deletes", "session.query(ports).filter_by(id=1).delete()"),
    ("deletes", "op.execute('DELETE FROM ports')"),
    ("deletes", "connection.execute(sa.text('TRUNCATE ' + 'ports'))"),
    ("deletes", "SQL = 'delete from %s'\nop.execute(SQL % 'ports')"),
    ("deletes", "op.get_bind().exec_driver_sql(f'DELETE FROM {table}')"),
    ("deletes", "op.execute(sqltext='DELETE FROM ports')"),
    ("renames", "op.rename_table('a', 'b')"),
    ("renames", "op.alter_column('ports', 'name', new_column_name='label')"),
    ("tightens", "op.alter_column('ports', 'name', nullable=False)"),
    ("tightens", "op.alter_column('ports', 'name', nullable=strict)"),
    ("tightens", "op.alter_column('ports', 'name', type_=sa.String(10))"),
    ("tightens", "op.create_unique_constraint('u', 'ports', ['name'])"),
    ("tightens", "op.create_foreign_key('f', 'ports', 'hosts', ['host'], ['name'])"),
    ("tightens", "op.create_index('i', 'ports', ['name'], unique=True)"),
    ("tightens", "op.add_column('ports', sa.Column('kind', sa.String(9), nullable=False))"),
    ("tightens", "op.add_column('ports', sa.Column('kind', sa.String(9), unique=True))"),
    ("tightens", "column = sa.Column('kind', sa.String(9), nullable=False)\nop.add_column('ports', column)"),
    ("tightens", "op.execute('ALTER TABLE ports MODIFY name VARCHAR(9) NOT NULL')"),
    ("restricts", "op.add_column('ports', sa.Column('kind', sa.ForeignKey('kinds.id')))"),
    ("restricts", "op.create_table('new', sa.Column('id', sa.String(36), sa.ForeignKey('ports.id')))"),
    ("changes", "op.alter_column('ports', 'name', server_default='x')"),
    ("changes", "op.execute('ALTER TABLE ports CONVERT TO CHARACTER SET utf8mb4')"),
    ("changes", "op.execute('''CREATE TRIGGER t BEFORE INSERT ON ports FOR EACH ROW SET x = 1''')"),
    ("writes", "op.execute('UPDATE ports SET name = 1')"),
    ("writes", "op.execute(ports.update().values(name='').where(ports.c.name.is_(None)))"),
    ("writes", "op.bulk_insert(ports, rows())"),
    ("writes", "for row in session.query(ports):\n    row.name = ''"),
    ("writes", "session.add(Port(name=''))"),
    # What can't be seen may do anything.
    ("unseen", "op.execute(statement_of(1))"),
    ("unseen", "op.execute(made)\nmade = somewhere()"),
    ("unseen", "op.execute('CALL clear_up()')"),
    ("unseen", "op.invented('ports')"),
    ("unseen", "op.add_column('ports', somewhere)"),
    ("unseen", "from neutron.db import old_scripts\nold_scripts.upgrade()"),
    ("unseen", "from neutron.db.old_scripts import upgrade as run\nrun()"),
]
PLAIN = [
    "op.create_table('new', sa.Column('id', sa.String(36), nullable=False, unique=True))",
    "op.create_table('new', sa.Column('id', sa.String(36), sa.ForeignKey('ports.id', ondelete='CASCADE')))",
    "op.create_table('one', x)\nop.create_table('two', sa.ForeignKeyConstraint(['a'], ['one.id']))",
    "from neutron.db import types\nop.create_table('new', sa.Column('id', types.Short()))",
    "from neutron._i18n import _\n_('told')",
    "from neutron_lib import constants\nconstants.of('x')",
    "migration.create_table_if_not_exists('new', sa.Column('id', sa.String(36)))",
    "op.create_index('i', 'ports', ['name'])",
    "op.add_column('ports', sa.Column('kind', sa.String(9)))",
    "op.add_column('ports', sa.Column('kind', sa.Boolean(), nullable=False, server_default=sa.sql.false()))",
    "op.alter_column('ports', 'name', nullable=True, existing_type=sa.String(9), comment='x')",
    "op.execute('SELECT 1')",
    "session.execute(sa.select(ports)).fetchall()",
    "found = sa.select(ports)\nsession.execute(found)",
    "inspector = sa.inspect(op.get_bind())",
]


def script(body: str) -> str:
    head = "from alembic import op\nimport sqlalchemy as sa\nrevision = 'aaa'\n\ndef upgrade():\n"
    return head + textwrap.indent(body, "    ")


@pytest.mark.parametrize(("effect", "body"), SEEDED, ids=[body.split("\n")[-1] for _, body in SEEDED])
def test_an_operation_that_is_no_plain_addition_is_found(effect: str, body: str) -> None:
    assert [operation.effect.value for operation in operations(script(body), "neutron")] == [effect]


@pytest.mark.parametrize("body", PLAIN)
def test_what_only_adds_or_reads_is_none(body: str) -> None:
    assert operations(script(body), "neutron") == ()


def test_all_functions_count_but_those_that_no_upgrade_runs() -> None:
    text = script("clear_up()\n")
    text += "def clear_up():\n    op.drop_table('a')\n\ndef downgrade():\n    op.drop_table('b')\n"
    (operation,) = operations(text, "neutron")
    assert (operation.line, operation.what) == (8, "op.drop_table('a')")


def test_operations_are_in_the_order_of_lines_and_their_code_is_one_line() -> None:
    body = "op.drop_column(\n    'ports',\n    'name',\n)\nop.rename_table('a', 'b')"
    assert [operation.what for operation in operations(script(body), "nova")] == [
        "op.drop_column('ports', 'name')",
        "op.rename_table('a', 'b')",
    ]


def test_a_foreign_key_says_of_which_new_table_it_is() -> None:
    (operation,) = operations(
        script("op.create_table('new', sa.ForeignKeyConstraint(['a'], ['old.id']))"), "nova"
    )
    assert operation.what == "new: sa.ForeignKeyConstraint(['a'], ['old.id'])"

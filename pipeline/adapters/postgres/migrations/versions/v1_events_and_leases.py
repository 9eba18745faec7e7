"""Schema 1: events that are only appended, each with a digest, and leases."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None

# Not the digests are checked here, but what a mistake or a replayed statement would do to the events.
_REFUSE = """
CREATE FUNCTION refuse_to_change_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only';
END $$
"""
_NEXT_ONLY = """
CREATE FUNCTION require_next_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM events) THEN
        RAISE EXCEPTION 'the ledger is append-only';
    END IF;
    RETURN NEW;
END $$
"""
_NEVER_CHANGED = """
CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events()
"""
_ONLY_APPENDED = """
CREATE TRIGGER events_are_only_appended BEFORE INSERT ON events
FOR EACH ROW EXECUTE FUNCTION require_next_event()
"""


def upgrade() -> None:
    """Make the tables and the triggers."""
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("stage", sa.Text, primary_key=True),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
    )
    for statement in (_REFUSE, _NEXT_ONLY, _NEVER_CHANGED, _ONLY_APPENDED):
        op.execute(statement)

"""The tables of a shared ledger, as this version reads and writes them. Migrations make them."""

from sqlalchemy import BigInteger, Boolean, Column, Double, MetaData, Table, Text

SCHEMA = 1
# Migrations keep the schema's number in this table; its name tells a ledger from another program's database.
SCHEMA_TABLE = "stagegate_schema"
TABLES = MetaData()

# The text of an event is stored as it was written, since its digest is of that text.
EVENTS = Table(
    "events",
    TABLES,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("event", Text, nullable=False),
    Column("digest", Text, nullable=False),
)
# A lease is renewed too often for an event each time. `token` is the fencing token, and only ever grows.
LEASES = Table(
    "leases",
    TABLES,
    Column("stage", Text, primary_key=True),
    Column("token", BigInteger, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("expires", Double, nullable=False),
)

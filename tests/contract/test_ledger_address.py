"""The address of a shared ledger: what is one, where its password comes from, and that nothing repeats it."""

from pathlib import Path

import psycopg
import pytest
from postgres_server import PASSWORD, Server
from shared_ledgers import migrated, opened

from pipeline.adapters.postgres.address import parse
from pipeline.core.errors import UsageProblem

SECRET = "s3cret-9d1e"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "postgresql://u@db.example:5433/ledger?sslmode=verify-full",
            "postgresql://u@db.example:5433/ledger",
        ),
        ("postgres://db.example/ledger", "postgresql://db.example/ledger"),
        ("postgresql://u@/ledger?host=/run/postgresql", "postgresql://u@/ledger?host=/run/postgresql"),
        ("postgresql://u@a:1,b:2/l?password=env:P", "postgresql://u@a,b:1,2/l"),
    ],
)
def test_an_address_is_shown_without_what_only_the_library_needs(url: str, shown: str) -> None:
    assert parse(url).shown == shown


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"mysql://u:{SECRET}@db/ledger", "begin with postgresql://"),
        (f"u:{SECRET}@db", "begin with postgresql://"),
        (f"postgresql://u:{SECRET}@db/ledger", "it has a password; refer to it"),
        (f"postgresql://u@db/ledger?password={SECRET}", "it has a password; refer to it"),
        (f"postgresql://u@db/ledger?sslpassword={SECRET}", "it has a sslpassword; refer to it"),
        (f"postgresql://u:{SECRET}%zz@db/ledger", "cannot read it as a URL"),
        (f"postgresql://u@db/ledger?{SECRET}=1", "cannot read it as a URL"),
    ],
)
def test_an_address_with_a_password_or_a_mistake_is_refused_and_not_repeated(url: str, why: str) -> None:
    with pytest.raises(UsageProblem) as raised:
        parse(url)

    said = " ".join(raised.value.lines())
    assert why in said
    assert SECRET not in said
    assert raised.value.__cause__ is None


def test_a_password_is_read_from_a_variable_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{SECRET}\n")

    from_variable = parse("postgresql://u@db/l?password=env:P").connection({"P": SECRET})
    from_file = parse(f"postgresql://u@db/l?password=file:{tmp_path}/password").connection({})

    assert from_variable["password"] == from_file["password"] == SECRET


@pytest.mark.parametrize("reference", ["env:P", "file:/does/not/exist"])
def test_a_reference_that_names_nothing_is_told_with_its_name(reference: str) -> None:
    with pytest.raises(UsageProblem) as raised:
        parse(f"postgresql://u@db/l?password={reference}").connection({"P": ""})

    assert reference.partition(":")[2] in raised.value.why


def test_a_server_is_not_waited_for_without_end() -> None:
    usual = parse("postgresql://u@db/l").connection({})
    asked = parse("postgresql://u@db/l?connect_timeout=3").connection({})

    assert (usual["connect_timeout"], asked["connect_timeout"]) == ("10", "3")
    assert {"keepalives_idle", "tcp_user_timeout"} <= usual.keys()


@pytest.fixture
def guarded(postgres: Server, tmp_path: Path) -> str:
    """The address of a ledger whose user must know a password, without it."""
    url = migrated(postgres, tmp_path)
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    postgres.execute(
        name,
        "DROP ROLE IF EXISTS guarded",
        f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}' IN ROLE pg_read_all_data",
    )
    return postgres.url(name, user="guarded")


def test_the_password_that_is_referred_to_opens_the_ledger(guarded: str, tmp_path: Path) -> None:
    with opened(f"{guarded}&password=env:P", tmp_path, environment={"P": PASSWORD}) as ledger:
        assert list(ledger.read()) == []


def test_a_wrong_password_is_refused_at_once_and_not_repeated(guarded: str, tmp_path: Path) -> None:
    said: list[str] = []
    with (
        opened(f"{guarded}&password=env:P", tmp_path, environment={"P": SECRET}, said=said) as ledger,
        pytest.raises(UsageProblem, match="lets nobody in") as raised,
    ):
        ledger.read()

    assert "password authentication failed" in raised.value.why
    assert said == []
    assert SECRET not in " ".join(raised.value.lines())
    assert SECRET not in repr(raised.value.__cause__)


def test_who_may_only_read_is_told_so(guarded: str, tmp_path: Path) -> None:
    with (
        opened(f"{guarded}&password=env:P", tmp_path, environment={"P": PASSWORD}) as ledger,
        pytest.raises(UsageProblem, match="does not allow this"),
    ):
        ledger.acquire("dev", "one", 60)

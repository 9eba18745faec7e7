"""A program for a host: asks everything that the configuration of a service names, as the service would.

It is sent there as text, and runs with OpenStack's own Python and the account of the service. Its arguments
are the service's files; it prints `{name: "ok" or what went wrong}`, without a secret. Each of several
addresses is asked: to a service one that answers is enough, until that one is lost.
"""

import configparser
import json
import re
import socket
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import amqp  # type: ignore[import-untyped]  # ships no types
import pymysql

WITHIN = 10  # seconds for each, on a host where everything is asked at once
MANY = 8
BUS, REDIS, CACHE, MYSQL = 5672, 6379, 11211, 3306
DOMAINS = ("user_domain_name", "project_domain_name")
LOGIN = ("auth_url", "username", "password", "project_name")
Ask = Callable[[], object]


def named(conf: configparser.ConfigParser) -> Mapping[str, Ask]:
    """Return what is named, each with how to ask it. What several sections name alike is asked once."""
    found: dict[tuple[object, ...], tuple[str, Ask]] = {}
    for section in conf.sections():
        for key, (name, ask) in of_section(section, dict(conf[section])):
            before, _ = found.get(key, ("", ask))
            found[key] = (f"{before} [{section}]" if before else f"{name}: [{section}]", ask)
    return dict(found.values())


def of_section(
    section: str, values: Mapping[str, str]
) -> Iterator[tuple[tuple[object, ...], tuple[str, Ask]]]:
    """Yield what a section names: what tells it from others, its name, and how to ask it."""
    if set(LOGIN) <= set(values):
        login = {name: values.get(name, "Default") for name in (*LOGIN, *DOMAINS)}
        name = f"{login['username']} at {login['auth_url']}"
        yield ("login", *login.values()), (name, partial(log_in, login))
    if "://" in (url := values.get("connection", "")):
        at = urlsplit(url)
        yield ("database", url), (f"database {at.path.strip('/')} at {at.hostname}", partial(query, url))
    if "://" in (url := values.get("transport_url", "")) and section == "DEFAULT":
        for user, password, host, port, vhost in brokers(url):
            asking = partial(connect, user, password, f"{host}:{port}", vhost)
            yield ("broker", url, host, port), (f"broker {host}:{port}", asking)
    for option in ("memcached_servers", "memcache_servers"):
        for place in filter(None, re.split(r"[,\s]+", values.get(option, ""))):
            yield ("cache", place), (f"memcached {place}", partial(ask_cache, place))
    for option in ("ovn_nb_connection", "ovn_sb_connection"):
        for place in filter(None, re.split(r"[,\s]+", values.get(option, ""))):
            yield ("ovn", place), (f"ovsdb {place}", partial(list_databases, place))
    if values.get("backend_url", "").startswith("redis"):
        yield from of_redis(values["backend_url"])


def of_redis(url: str) -> Iterator[tuple[tuple[object, ...], tuple[str, Ask]]]:
    """Yield each Sentinel that a URL names, and the master as they name it."""
    parts, options = urlsplit(url), parse_qs(urlsplit(url).query)
    master, secret = options.get("sentinel", [""])[0], options.get("sentinel_password", [None])[0]
    first = f"{parts.hostname}:{parts.port or REDIS}"
    password = unquote(parts.password) if parts.password else None
    if not master:
        yield ("redis", first), (f"Redis {first}", partial(ping, first, password))
        return
    for place in (first, *options.get("sentinel_fallback", ())):
        asking = partial(ask_sentinel, place, secret, master, password)
        yield ("sentinel", place), (f"Sentinel {place} and the master that it names", asking)


def brokers(url: str) -> Iterator[tuple[str, str, str, int, str]]:
    """Yield user, password, host, port and virtual host of each broker of a transport URL."""
    places, _, vhost = url.partition("://")[2].partition("?")[0].partition("/")
    for place in places.split(","):
        account, _, address = place.rpartition("@")
        user, _, password = account.partition(":")
        at = urlsplit(f"//{address}")
        yield unquote(user), unquote(password), at.hostname or "", at.port or BUS, unquote(vhost) or "/"


def log_in(login: Mapping[str, str]) -> None:
    """Get a token. Raises OSError."""
    user, domain = {"name": login["user_domain_name"]}, {"name": login["project_domain_name"]}
    who = {"name": login["username"], "password": login["password"], "domain": user}
    auth = {
        "identity": {"methods": ["password"], "password": {"user": who}},
        "scope": {"project": {"name": login["project_name"], "domain": domain}},
    }
    sent = urllib.request.Request(  # noqa: S310 - the URL is the service's own
        f"{login['auth_url'].rstrip('/')}/auth/tokens",
        json.dumps({"auth": auth}).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sent, timeout=WITHIN).close()


def query(url: str) -> None:
    """Ask a database for nothing. Raises pymysql.Error, OSError."""
    at = urlsplit(url)
    connection = pymysql.connect(
        host=at.hostname,
        port=at.port or MYSQL,
        user=unquote(at.username or ""),
        password=unquote(at.password or ""),
        database=at.path.strip("/"),
        connect_timeout=WITHIN,
        read_timeout=WITHIN,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def connect(user: str, password: str, place: str, vhost: str) -> None:
    """Log in to a broker. Raises amqp.AMQPError, OSError."""
    with amqp.Connection(
        place, user, password, virtual_host=vhost, connect_timeout=WITHIN, read_timeout=WITHIN
    ):
        pass


def ask_cache(place: str) -> None:
    """Ask a memcached for its version. Raises OSError."""
    said = _exchange(place, b"version\r\n", CACHE)
    if not said.startswith(b"VERSION"):
        raise ConnectionError(f"it says {said[:40]!r}")


def list_databases(place: str) -> None:
    """Ask an OVSDB server which databases it has. Raises OSError."""
    said = _exchange(place.partition(":")[2], b'{"method":"list_dbs","params":[],"id":0}', 0)
    if b"OVN_" not in said:
        raise ConnectionError(f"it says {said[:40]!r}")


def _exchange(place: str, question: bytes, port: int) -> bytes:
    host, _, own = place.rpartition(":") if ":" in place else (place, "", str(port))
    with socket.create_connection((host.strip("[]"), int(own)), timeout=WITHIN) as connected:
        connected.sendall(question)
        return connected.recv(4096)


def ping(place: str, password: str | None) -> None:
    """Ask a Redis whether it answers. Raises OSError."""
    _redis(place, password, lambda client: client.ping())


def ask_sentinel(place: str, secret: str | None, master: str, password: str | None) -> None:
    """Ask a Sentinel for the master, and that one whether it answers. Raises OSError."""
    at = _redis(place, secret, lambda client: client.sentinel_get_master_addr_by_name(master))
    if not at:
        raise ConnectionError(f"it knows no master {master}")
    ping(f"{at[0]}:{at[1]}", password)


def _redis(place: str, password: str | None, ask: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any reply
    import redis  # noqa: PLC0415 - only few hosts need it, and it takes a tenth of a second

    host, _, port = place.rpartition(":")
    client = redis.Redis(
        host=host,
        port=int(port),
        password=password,
        decode_responses=True,
        socket_timeout=WITHIN,
        socket_connect_timeout=WITHIN,
    )
    try:
        return ask(client)
    except redis.RedisError as error:
        raise ConnectionError(f"{type(error).__name__}: {error}") from None


def outcome(ask: Ask) -> str:
    """Return "ok", or what went wrong; without its text where a malformed URL may stand in it.

    Whatever answers there, the others are asked all the same: libraries stumble over what is no answer.
    """
    try:
        ask()
    except (OSError, pymysql.Error, amqp.AMQPError) as error:
        return f"{type(error).__name__}: {''.join(str(error).splitlines()[:1])}"
    except Exception as error:  # noqa: BLE001 - whatever it is, the check says it
        return type(error).__name__
    return "ok"


def main() -> int:
    """Ask all that the files name at once; return the exit status."""
    # As oslo.config reads it, DEFAULT is a section like others.
    conf = configparser.ConfigParser(strict=False, interpolation=None, default_section="")
    try:
        read = conf.read(sys.argv[1:])
    except configparser.Error as error:
        sys.exit(f"{type(error).__name__}")  # its text may hold a line of the file, and so a secret
    if lost := set(sys.argv[1:]) - set(read):
        sys.exit(f"there is no {', '.join(sorted(lost))}")
    try:
        asked = named(conf)
    except ValueError as error:
        sys.exit(f"{type(error).__name__}: a URL is malformed")  # its text may hold a part of the password
    with ThreadPoolExecutor(MANY) as pool:
        json.dump(dict(zip(asked, pool.map(outcome, asked.values()), strict=True)), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())

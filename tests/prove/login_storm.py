"""Many clients that log in with a wrong password and have little patience, or that send very slowly.

login_storm.py URL SECONDS CLIENTS: ends by itself after SECONDS, and prints how many logins were sent and
answered. A wrong password costs Keystone as much as a right one.
"""

import http.client
import json
import socket
import sys
import threading
import time
from urllib.parse import urlsplit

PATIENCE_S = 1.0
SLOW_ONE_IN = 4  # clients that send a header a second, and never the last one
METHODS = {"methods": ["password"], "password": {"user": {
    "name": "admin", "domain": {"name": "Default"}, "password": "wrong"}}}  # fmt: skip


def impatient(host: str, port: int, path: str, over: float, counted: dict[str, int]) -> None:
    """Log in again and again; leave after PATIENCE_S without an answer."""
    body = json.dumps({"auth": {"identity": METHODS}})
    while time.monotonic() < over:
        client = http.client.HTTPConnection(host, port, timeout=PATIENCE_S)
        counted["sent"] += 1
        try:
            client.request("POST", path, body, {"Content-Type": "application/json"})
            client.getresponse().read()
            counted["answered"] += 1
        except (OSError, http.client.HTTPException):
            counted["left"] += 1
        finally:
            client.close()


def slow(host: str, port: int, path: str, over: float, counted: dict[str, int]) -> None:
    """Begin a login, and never end it."""
    while time.monotonic() < over:
        counted["slow"] += 1
        try:
            with socket.create_connection((host, port), timeout=PATIENCE_S) as client:
                client.sendall(f"POST {path} HTTP/1.1\r\nHost: {host}\r\n".encode())
                while time.monotonic() < over:
                    time.sleep(1)
                    client.sendall(b"X-Slow: yes\r\n")
        except OSError:
            counted["ended"] += 1


def main() -> None:
    """Have the clients do it, and print the counts as JSON."""
    url, seconds, clients = sys.argv[1:]
    place, over = urlsplit(url), time.monotonic() + float(seconds)
    counted = dict.fromkeys(("sent", "answered", "left", "slow", "ended"), 0)
    asked = (place.hostname, place.port, f"{place.path}/auth/tokens", over, counted)
    threads = [
        threading.Thread(target=slow if number % SLOW_ONE_IN == 0 else impatient, args=asked)
        for number in range(int(clients))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(counted))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()

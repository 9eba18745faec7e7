"""A client inside a stage, a child process: commits rows at a steady pace, prints what it saw as JSON.

Usage: probe.py HOST PASSWORD_FILE SECONDS new|kept
"""

import itertools
import json
import sys
import time
import uuid
from pathlib import Path

import pymysql

PACE = 0.05


def main() -> None:
    host, password_file, seconds, kind = sys.argv[1:]
    password = Path(password_file).read_text()
    begin = time.monotonic()
    commits: list[float] = []
    errors: list[str] = []
    connection = None
    while (due := time.monotonic()) - begin < float(seconds):
        try:
            if connection is None:
                connection = pymysql.connect(
                    host=host, user="probe", password=password, autocommit=True,
                    connect_timeout=2, read_timeout=2, write_timeout=2,
                )  # fmt: skip
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO stagegate.probe (id) VALUES (%s)", (uuid.uuid4().hex,))
            commits.append(time.monotonic())
            if kind == "new":
                connection.close()
                connection = None
        except pymysql.MySQLError as error:
            errors.append(f"{time.monotonic() - begin:.2f}: {error}")
            connection = None
        time.sleep(max(0.0, PACE - (time.monotonic() - due)))
    edges = [begin, *commits, time.monotonic()]
    gaps = [after - before for before, after in itertools.pairwise(edges)]
    json.dump({"commits": len(commits), "errors": errors, "longest_gap": max(gaps)}, sys.stdout)


main()

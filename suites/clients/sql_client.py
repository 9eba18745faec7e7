"""A real SQL client: connects, runs statements in one transaction, commits.

Request: `{"host", "port", "user", "password": {"file"} or {"env"}, "database",
"statements": [[sql, [parameters]]]}`.
Answer: `{"rows": [[…]]}`, the rows of the last statement as text.
"""

import sys
from collections.abc import Mapping

import pymysql
from pydantic import BaseModel

from suites.clients.client_main import serve
from suites.seam.target import SecretReference

WITHIN = 5


class Request(BaseModel):
    """What to run, and where; the password is given by reference."""

    host: str
    port: int
    user: str
    password: SecretReference
    database: str
    statements: list[tuple[str, list[str]]]


def answer(document: dict[str, object]) -> Mapping[str, object]:
    """Run the statements of a request. Raises pymysql's exceptions."""
    request = Request.model_validate(document)
    connection = pymysql.connect(
        host=request.host,
        port=request.port,
        user=request.user,
        password=request.password.read(),
        database=request.database,
        connect_timeout=WITHIN,
        read_timeout=WITHIN,
        write_timeout=WITHIN,
    )
    with connection, connection.cursor() as cursor:
        for statement, parameters in request.statements:
            cursor.execute(statement, parameters)
        rows = [[str(value) for value in row] for row in cursor.fetchall()]
        connection.commit()
    return {"rows": rows}


if __name__ == "__main__":
    sys.exit(serve(answer))

"""A real SQL client: connects, runs statements in one transaction, commits.

Request: `{"host", "port", "user", "password": {"file"} or {"env"}, "database",
"statements": [[sql, [parameters]]]}`.
Answer: `{"rows": [[…]]}`, the rows of the last statement as text.
"""

from collections.abc import Mapping

import pymysql

from suites.seam.target import SecretReference

WITHIN = 5


def answer(  # noqa: PLR0913 - the values of a request
    *,
    host: str,
    port: int,
    user: str,
    password: SecretReference,
    database: str,
    statements: list[tuple[str, list[str]]],
) -> Mapping[str, object]:
    """Run the statements of a request. Raises pymysql's exceptions."""
    connection = pymysql.connect(
        host=host,
        port=port,
        user=user,
        password=password.read(),
        database=database,
        connect_timeout=WITHIN,
        read_timeout=WITHIN,
        write_timeout=WITHIN,
    )
    with connection, connection.cursor() as cursor:
        for statement, parameters in statements:
            cursor.execute(statement, parameters)
        rows = [[str(value) for value in row] for row in cursor.fetchall()]
        connection.commit()
    return {"rows": rows}

"""A connection to PostgreSQL that copies Arrow, and says in one sentence what went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from orchestration.publishing.copying import literal, quoted
from orchestration.serving.errors import ServeError
from orchestration.serving.tables import Column, Table

if TYPE_CHECKING:
    import pyarrow

_EXAMPLE = "postgresql://user:password@host:5432/database"
_SCHEMES = ("postgresql", "postgres")

# Where its words begin in a message that comes without its parts: of the driver, or a broken line.
_BEGINNING = re.compile(r".*?(?:ERROR|FATAL):|.*\[libpq\]", re.DOTALL)

_NOT_ALLOWED = "42501"
_DEPENDED_ON = "2BP01"
_LOCKED = "55P03"
_UNKNOWN = "42704"


class Server:
    """One transaction, or statement by statement with ``autocommit``."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, statement: str) -> int:
        """Executes a statement; returns the number of rows it has touched, -1 where it has none."""
        with _explained(), self._connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.rowcount

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with _explained(), self._connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def copy(self, table: str, rows: pyarrow.RecordBatchReader) -> None:
        """Streams rows into a temporary table of this session."""
        with _explained(), self._connection.cursor() as cursor:
            cursor.adbc_ingest(table, rows, mode="append", temporary=True)

    def commit(self) -> None:
        """Lets everybody see what was done."""
        with _explained():
            self._connection.commit()

    def tables(self, schema: str) -> dict[str, Table]:
        """The ordinary tables in a schema, by name."""
        columns: dict[str, list[Column]] = {}
        for table, *column in self.rows(
            f"""
            select
                relname::text, attname::text, format_type(atttypid, atttypmod), attnotnull,
                coalesce(col_description(attrelid, attnum), '')
            from pg_attribute
            join pg_class on pg_class.oid = attrelid
            where relnamespace = to_regnamespace({literal(quoted(schema))}) and relkind = 'r'
                and attnum > 0 and not attisdropped
            order by relname, attnum
            """
        ):
            columns.setdefault(table, []).append(Column(*column))
        keys: dict[str, list[str]] = {}
        for table, column in self.rows(
            f"""
            select relname::text, attname::text
            from pg_constraint
            join pg_class on pg_class.oid = conrelid
            cross join unnest(conkey) with ordinality as part(number, place)
            join pg_attribute on attrelid = conrelid and attnum = number
            where relnamespace = to_regnamespace({literal(quoted(schema))}) and contype = 'p'
            order by relname, place
            """
        ):
            keys.setdefault(table, []).append(column)
        comments = self.rows(
            f"""
            select relname::text, coalesce(obj_description(oid, 'pg_class'), '')
            from pg_class
            where relnamespace = to_regnamespace({literal(quoted(schema))}) and relkind = 'r'
            """
        )
        return {
            name: Table(name, tuple(columns.get(name, ())), tuple(keys.get(name, ())), comment)
            for name, comment in comments
        }


@contextmanager
def connect(url: str, *, autocommit: bool = False) -> Iterator[Server]:
    """A connection that is closed at the end, and with it a transaction that was not committed.

    Args:
        url: as libpq reads it; its password appears in no message.
        autocommit: whether each statement is a transaction of its own.

    Raises:
        ServeError: the URL is none, the driver is missing, or the server cannot be reached.
    """
    _check(url)
    try:
        from adbc_driver_postgresql import dbapi
    except ModuleNotFoundError:
        raise ServeError(
            "PostgreSQL's driver is not installed: make serve-postgres installs it, as does "
            "pip install -r requirements/postgres.txt."
        ) from None
    try:
        connection = dbapi.connect(url, autocommit=autocommit)
    except dbapi.Error as error:
        raise ServeError(_why_not_connected(str(error), url)) from None
    with connection:
        yield Server(connection)


def _check(url: str) -> None:
    """Refuse what libpq would refuse by repeating it, password included."""
    problem = ""
    try:
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES:
            problem = "it does not begin with postgresql://"
        elif parts.netloc.count("@") > 1:
            problem = "an @ in a user name or password has to be written %40"
        elif "%" in parts.netloc and "\ufffd" in unquote(parts.netloc):
            problem = "something in it is badly encoded"
    except ValueError:
        problem = "it cannot be read"
    if problem:
        raise ServeError(f"NORTH_STAR_POSTGRES is no connection URL such as {_EXAMPLE}: {problem}.")


def _why_not_connected(said: str, url: str) -> str:
    # What is wrong with a URL, libpq says by quoting it; only a real attempt names the server.
    attempts = ("connection to server", "could not translate host name")
    line = " ".join(said.partition("Failed to connect: ")[2].split())
    if not line.startswith(attempts):
        return (
            f"NORTH_STAR_POSTGRES is no connection URL such as {_EXAMPLE}: libpq cannot read it "
            "(a % in a user name or password has to be written %25)."
        )
    password = urlsplit(url).password
    for secret in {password, unquote(password)} if password else ():
        line = line.replace(secret, "***")
    return f"PostgreSQL cannot be reached: {line.rstrip('.?')}."


@contextmanager
def _explained() -> Iterator[None]:
    from adbc_driver_postgresql import dbapi

    try:
        yield
    except dbapi.Error as error:
        raise ServeError(_explain(error)) from None


def _explain(error: Any) -> str:
    """What the server said, and what to do about it where that is known."""
    parts = dict(error.details or ())
    names = (b"PG_DIAG_MESSAGE_PRIMARY", b"PG_DIAG_MESSAGE_DETAIL")
    words = [parts[name].decode(errors="replace") for name in names if name in parts]
    if not words:
        words = _BEGINNING.sub("", str(error), count=1).strip().splitlines()[:1]
    said = "; ".join(" ".join(part.split()).rstrip(".") for part in words) or "it gave no reason"
    state = error.sqlstate
    if state == _NOT_ALLOWED:
        return (
            f"PostgreSQL does not allow it: {said}. The role needs a schema of its own (create "
            "schema <schema> authorization <role>) or the right to make one (grant create on "
            "database <database> to <role>)."
        )
    if state == _DEPENDED_ON:
        return (
            f"A published table has lost what something else in PostgreSQL reads: {said}. Drop "
            "or change that, and serve again; until then the version before is served."
        )
    if state == _LOCKED:
        return (
            f"A transaction does not let go of a table: {said}. End it, and serve again (select * "
            "from pg_stat_activity shows it); until then the version before is served."
        )
    if state == _UNKNOWN:
        return f"PostgreSQL does not know it: {said}. Create it first."
    return f"PostgreSQL has not taken it: {said}. What was served before is served still."

"""What is published, copied into a real PostgreSQL that people read from meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from orchestration.serving import ServeError, serve
from orchestration.settings import PROJECT, DataFolder
from tests.services.postgres_server import PostgresServer, running_server
from tests.services.program import copy_program, publish_by_hand, run_program, wait_until

pytestmark = pytest.mark.services

SWAPS = 20
PATIENCE_SECONDS = 30

# Two tables that agree in one version: the rows of days, and their sum by week.
FACTS = (
    "create table days (week integer not null, day integer not null, active bigint not null)",
    "insert into days select d // 7, d, hash(d * {seed}) % 100 from range({days}) as t(d)",
    "create table weeks as select week, sum(active)::bigint as active from days group by week",
    "create table pairs as select i as id, 'of {seed}' as of_run from range(50) as t(i)",
)
KEYS = {"days": ("week", "day"), "weeks": ("week",)}
INVARIANT = (
    # Of one type whatever the columns are: what a client has prepared may not change its own.
    "select run_id, (select sum(active)::bigint from {schema}.days), "
    "(select sum(active)::bigint from {schema}.weeks), "
    "(select min(of_run) || max(of_run) from {schema}.pairs) from {schema}.publication"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL server."""
    with running_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def database(server: PostgresServer) -> str:
    """The name of an empty database."""
    return server.new_database()


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    """A data folder without a publication."""
    root = tmp_path / "data"
    (root / "publications").mkdir(parents=True)
    return DataFolder(root)


def publish_facts(data: DataFolder, seed: int, days: int = 700, *more: str) -> str:
    """A small version whose numbers depend on the seed; returns its run id."""
    statements = [statement.format(seed=seed, days=days) for statement in FACTS]
    publish_by_hand(data, f"run-{seed}", [*statements, *more], KEYS)
    return f"run-{seed}"


def rows(server: PostgresServer, database: str, query: str, user: str = "owner") -> list[tuple]:
    """The rows of a query in PostgreSQL."""
    with server.connect(database, user) as connection:
        return connection.execute(query).fetchall()


def version(server: PostgresServer, database: str) -> tuple[Any, ...]:
    """What one statement sees, after a look that it is of one version."""
    (found,) = rows(server, database, INVARIANT.format(schema="north_star"))
    run_id, days, weeks, pairs = found
    assert days == weeks
    assert pairs == f"of {run_id[4:]}" * 2
    return found


def serve_by_command(
    data: DataFolder, url: str | None, **environment: str
) -> subprocess.Popen[str]:
    """``python -m orchestration serve-postgres``, on its way."""
    if url is not None:
        environment["NORTH_STAR_POSTGRES"] = url
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration", "serve-postgres"],
        cwd=PROJECT,
        env={**os.environ, "NORTH_STAR_DATA": str(data.root), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_every_published_table_is_served_with_its_rows_types_keys_and_comments(
    server: PostgresServer, database: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    program = copy_program(run_program(tmp_path_factory), tmp_path / "program")
    served = serve(program.data, server.url(database))
    names = program.tables()
    assert served.tables == len(names)
    types = {
        "BIGINT": "bigint",
        "BOOLEAN": "boolean",
        "DATE": "date",
        "DOUBLE": "double precision",
        "TIMESTAMP": "timestamp without time zone",
        "VARCHAR": "text",
    }
    for name in names:
        # Both engines sort by bytes here, and NULL comes last.
        order = f"select * from {{}}{name} order by all"
        expected = program.rows(order.format(""))
        columns = program.rows(
            "select column_name, data_type, is_nullable, coalesce(comment, '') "
            f"from duckdb_columns() where table_name = '{name}' order by column_index"
        )
        by_all = ", ".join(str(number + 1) for number in range(len(columns)))
        found = rows(server, database, f"select * from north_star.{name} order by {by_all}")
        assert found == expected, name
        described = rows(
            server,
            database,
            "select attname, format_type(atttypid, atttypmod), not attnotnull, "
            "coalesce(col_description(attrelid, attnum), '') from pg_attribute "
            f"where attrelid = 'north_star.{name}'::regclass and attnum > 0 order by attnum",
        )
        assert described == [(c, types[t], n, comment) for c, t, n, comment in columns], name
    # The comment that publishing gives a table names its key; PostgreSQL's key is that very one.
    comments = dict(program.rows("select table_name, comment from duckdb_tables()"))
    query = (
        "select relname, obj_description(pg_class.oid), (select string_agg(attname, ', ' "
        "order by array_position(conkey, attnum)) from pg_constraint join pg_attribute on "
        "attrelid = conrelid and attnum = any(conkey) where conrelid = pg_class.oid and "
        "contype = 'p') from pg_class where relkind = 'r' and "
        "relnamespace = 'north_star'::regnamespace and relname <> 'served_tables'"
    )
    keys = 0
    for name, comment, key in rows(server, database, query):
        assert comment == comments[name]
        keys += key is not None
        assert key is None or f"Key: {key}." in comment, name
    assert keys > len(names) / 2
    listed = rows(server, database, "select table_name, row_count from north_star.served_tables")
    counts = [program.rows(f"select count(*) from {name}")[0][0] for name in names]
    assert sorted(listed) == list(zip(names, counts, strict=True))


def test_any_type_and_character_arrives_as_it_is(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    publish_by_hand(
        data,
        "run-1",
        [
            """create table "Odd ""name" (
                "Größe" varchar, f float, d double, i integer, s smallint, n decimal(20, 4),
                z timestamptz, t timestamp, day date, "select" boolean)""",
            """insert into "Odd ""name" values
                ('a''b"c\\d' || chr(9) || chr(10) || '\\N', 1.5, 'nan', -5, 7, -0.0001,
                 '2026-03-29 01:30:00+02', '2026-01-01 00:00:00.123456', '2026-01-01', true),
                ('', '-inf', 'inf', 2147483647, -32768, 1234567890123456.7891,
                 '0001-01-01 00:00:00+00', '0001-01-01', '9999-12-31', false),
                ('nul' || chr(0) || 'l', null, null, null, null, null, null, null, null, null),
                (null, null, null, null, null, null, null, null, null, null)""",
            """comment on table "Odd ""name" is 'It''s "so"'""",
            """comment on column "Odd ""name"."Größe" is 'how big; -- it is'""",
        ],
    )
    serve(data, server.url(database), schema='S "x"')
    relation = '"S ""x"""."Odd ""name"'
    with server.connect(database) as connection:
        connection.execute("set time zone 'UTC'")
        found = connection.execute(f"select * from {relation}").fetchall()
        comments = connection.execute(
            f"select obj_description('{relation}'::regclass), "
            f"col_description('{relation}'::regclass, 1)"
        ).fetchall()
    published = duckdb.connect(data.published / "north_star.duckdb", read_only=True)
    with published:
        published.execute("set TimeZone = 'UTC'")
        expected = published.execute('from "Odd ""name"').fetchall()
    # The one character that PostgreSQL's text cannot hold.
    expected[2] = ("null", *expected[2][1:])
    assert list(map(_plain, found)) == list(map(_plain, expected))
    assert comments == [('It\'s "so"', "how big; -- it is")]


def _plain(row: tuple[Any, ...]) -> str:
    """A row in words: NaN is not equal to itself, and each driver has its own name for UTC."""
    return repr([value.isoformat() if isinstance(value, datetime) else value for value in row])


def test_a_type_without_a_counterpart_is_one_sentence(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    publish_by_hand(data, "run-1", ["create table t as select [1] as list"])
    with pytest.raises(ServeError, match=r"^t\.list is of DuckDB's type INTEGER\[\]"):
        serve(data, server.url(database))


def test_only_rows_that_differ_are_written(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    base = (
        "create table t as select i::bigint as id, i / 7 as v, null::varchar as n "
        "from range(9) as r(i)"
    )
    key = ["alter table t alter column id set not null"]
    publish_by_hand(data, "run-1", [base, *key], {"t": ("id",)})
    first = serve(data, server.url(database))
    assert (first.rows_written, first.rows_removed) == (9 + 1, 0)
    change = ["update t set n = 'x' where id = 3", "delete from t where id = 5"]
    change += ["insert into t values (77, 0, null)"]
    publish_by_hand(data, "run-2", [base, *key, *change], {"t": ("id",)})
    second = serve(data, server.url(database))
    # One changed, one gone, one new; the run id.
    assert (second.rows_written, second.rows_removed) == (2 + 1, 2 + 1)
    found = rows(server, database, "select id, n from north_star.t order by id")
    assert found == [*((i, "x" if i == 3 else None) for i in range(9) if i != 5), (77, None)]


def test_a_run_that_is_served_is_not_copied_again(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    publish_facts(data, 1)
    assert not serve(data, server.url(database)).was_served
    before = rows(server, database, "select xmin, ctid from north_star.publication")
    assert serve(data, server.url(database)).was_served
    assert rows(server, database, "select xmin, ctid from north_star.publication") == before
    said, _ = (process := serve_by_command(data, server.url(database))).communicate()
    assert (process.returncode, said) == (
        0,
        "There was nothing to do: PostgreSQL serves run run-1 in schema north_star already.\n",
    )


def test_a_run_whose_rows_were_changed_since_is_copied_again(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    """make forget puts pseudonyms into what is published, under the same run id."""
    publish_by_hand(data, "run-1", ["create table t as select 'ada' as name"])
    serve(data, server.url(database))
    shutil.rmtree(data.publications / "run-1")
    publish_by_hand(data, "run-1", ["create table t as select 'forgotten-1' as name"])
    assert not serve(data, server.url(database)).was_served
    assert rows(server, database, "select name from north_star.t") == [("forgotten-1",)]
    # What is said of a column is a part of what is published.
    shutil.rmtree(data.publications / "run-1")
    said = ["create table t as select 'forgotten-1' as name", "comment on column t.name is 'who'"]
    publish_by_hand(data, "run-1", said)
    assert not serve(data, server.url(database)).was_served
    assert serve(data, server.url(database)).was_served


class Reader(threading.Thread):
    """Somebody who asks again and again, and looks at each answer."""

    def __init__(self, url: str, of_two_statements: bool, patience: str = "0") -> None:
        super().__init__()
        self.seen: list[str] = []
        self.problem: BaseException | None = None
        self.ended = threading.Event()
        # How long it waits for a lock before it fails; 0 is for ever.
        self._options = f"-c lock_timeout={patience}"
        self._url = url
        self._of_two_statements = of_two_statements

    def run(self) -> None:
        try:
            with psycopg.connect(self._url, autocommit=True, options=self._options) as connection:
                while not self.ended.is_set():
                    self._look(connection)
        except BaseException as problem:
            self.problem = problem

    def _look(self, connection: psycopg.Connection) -> None:
        query = INVARIANT.format(schema="north_star")
        run_id, days, weeks, pairs = connection.execute(query).fetchone()
        assert (days, pairs) == (weeks, f"of {run_id[4:]}" * 2), (run_id, days, weeks, pairs)
        if self._of_two_statements:
            # What a dashboard of several charts can do to see one version in all of them.
            with connection.transaction():
                connection.execute("set transaction isolation level repeatable read")
                first = connection.execute("select run_id from north_star.publication").fetchone()
                time.sleep(0.05)
                then = connection.execute(query).fetchone()
            assert (then[0], then[1]) == (first[0], then[2]), (first, then)
        if not self.seen or self.seen[-1] != run_id:
            self.seen.append(run_id)


def test_readers_during_twenty_swaps_see_one_version_and_do_not_wait(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    publish_facts(data, 0, days=20_000)
    serve(data, server.url(database))
    readers = [Reader(server.url(database), bool(number % 2), "100ms") for number in range(4)]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, SWAPS + 1):
            publish_facts(data, number, days=20_000 + number)
            served = serve(data, server.url(database))
            assert served.rows_removed > 20_000 / 2
    finally:
        for reader in readers:
            reader.ended.set()
            reader.join(PATIENCE_SECONDS)
    assert [reader.problem for reader in readers] == [None] * len(readers)
    known = [f"run-{number}" for number in range(SWAPS + 1)]
    for reader in readers:
        assert len(reader.seen) > SWAPS / 4
        assert reader.seen == sorted(reader.seen, key=known.index)


@pytest.mark.parametrize(
    ("of_two_statements", "change"),
    [
        (True, "alter table {table} add column new_{number} integer default {number}"),
        (False, "alter table {table} alter active type {type}"),
    ],
)
def test_readers_during_changes_of_shape_see_one_version(
    server: PostgresServer, database: str, data: DataFolder, of_two_statements: bool, change: str
) -> None:
    """A reader is in the middle of something at any moment: the copy waits and ends nobody."""
    publish_facts(data, 0, days=2_000)
    serve(data, server.url(database))
    readers = [Reader(server.url(database), of_two_statements) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        changes: list[str] = []
        for number in range(1, SWAPS // 2 + 1):
            kind = ("double", "bigint")[number % 2]
            words = (change.format(table=t, number=number, type=kind) for t in ("days", "weeks"))
            changes = [*changes, *words] if of_two_statements else list(words)
            publish_facts(data, number, 2_000, *changes)
            serve(data, server.url(database))
    finally:
        for reader in readers:
            reader.ended.set()
            reader.join(PATIENCE_SECONDS)
    assert [reader.problem for reader in readers] == [None] * len(readers)
    assert all(len(reader.seen) > SWAPS / 4 for reader in readers)


def test_a_transaction_that_has_read_keeps_its_version_while_a_column_is_taken_away(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    publish_facts(data, 1)
    serve(data, server.url(database))
    before = version(server, database)
    publish_facts(data, 2, 700, "alter table weeks alter active type double")
    with server.connect(database, autocommit=False) as reader:
        reader.execute("set transaction isolation level repeatable read")
        reader.execute("select run_id from north_star.publication")
        process = serve_by_command(data, server.url(database))
        waiting = "select 1 from pg_stat_activity where query like '%%lock table%%exclusive%%'"
        wait_until(lambda: len(rows(server, database, waiting)) > 1)  # itself, too
        found = reader.execute(INVARIANT.format(schema="north_star")).fetchone()
        assert found == before
    process.communicate(timeout=PATIENCE_SECONDS)
    assert version(server, database)[0] == "run-2"


def test_views_grants_and_indexes_of_others_outlive_new_rows_and_new_columns(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    server.new_role("analyst")
    publish_facts(data, 1)
    serve(data, server.url(database))
    with server.connect(database) as connection:
        connection.execute("create schema reports")
        connection.execute(
            "create view reports.total as select run_id, sum(active) from north_star.weeks "
            "cross join north_star.publication group by run_id"
        )
        connection.execute("create index by_active on north_star.days (active)")
        connection.execute("grant usage on schema north_star, reports to analyst")
        connection.execute("grant select on north_star.days, reports.total to analyst")
    publish_facts(data, 2, 700, "alter table days add column more varchar default 'x'")
    serve(data, server.url(database))
    (total,) = rows(server, database, "select * from reports.total", "analyst")
    assert total == version(server, database)[:2]
    assert total[0] == "run-2"
    found = rows(server, database, "select count(*), min(more) from north_star.days", "analyst")
    assert found == [(700, "x")]
    assert rows(server, database, "select from pg_indexes where indexname = 'by_active'")


def test_what_a_view_reads_is_not_taken_away(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    publish_facts(data, 1)
    serve(data, server.url(database))
    before = version(server, database)
    with server.connect(database) as connection:
        connection.execute("create view best as select max(active) from north_star.weeks")
    publish_facts(data, 2, 700, "alter table weeks alter active type double")
    with pytest.raises(ServeError, match="view best depends on column active of table") as raised:
        serve(data, server.url(database))
    assert "until then the version before is served" in str(raised.value)
    assert version(server, database) == before
    with server.connect(database) as connection:
        connection.execute("drop view best")
    serve(data, server.url(database))
    assert version(server, database)[0] == "run-2"


def test_columns_keys_and_tables_come_and_go(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    shape = (
        "select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute where "
        "attrelid = 'north_star.t'::regclass and attnum > 0 and not attisdropped order by 1"
    )
    key = (
        "select pg_get_constraintdef(oid) from pg_constraint where contype = 'p' "
        "and conrelid = 'north_star.t'::regclass"
    )
    publish_by_hand(
        data,
        "run-1",
        [
            "create table t (id bigint not null, v bigint not null, gone date)",
            "insert into t values (1, 2, null)",
            "create table other as select 1 as x",
        ],
        {"t": ("id",)},
    )
    serve(data, server.url(database))
    publish_by_hand(
        data,
        "run-2",
        [
            "create table t (id varchar not null, v bigint, w double not null)",
            "comment on column t.id is 'a text now'",
            "insert into t values ('a', null, 0.5), ('a', 1, 1.5)",
            "create table another as select 2 as y",
        ],
        {"t": ("id", "w")},
    )
    serve(data, server.url(database))
    assert rows(server, database, "select id, v, w from north_star.t order by w") == [
        ("a", None, 0.5),
        ("a", 1, 1.5),
    ]
    assert rows(server, database, shape) == [
        ("id", "text", True),
        ("v", "bigint", False),
        ("w", "double precision", True),
    ]
    assert rows(server, database, key) == [("PRIMARY KEY (id, w)",)]
    names = "select table_name from information_schema.tables where table_schema = 'north_star'"
    assert {name for (name,) in rows(server, database, names)} == {
        *("another", "publication", "served_tables", "t")
    }
    publish_by_hand(data, "run-3", ["create table t as select 1::bigint as id"])
    serve(data, server.url(database))
    assert rows(server, database, shape) == [("id", "bigint", False)]
    assert rows(server, database, key) == []
    assert rows(server, database, "select * from north_star.t") == [(1,)]


def test_a_copy_that_is_killed_half_way_leaves_the_version_before(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    publish_facts(data, 1)
    serve(data, server.url(database))
    before = version(server, database)
    publish_facts(data, 2)
    with server.connect(database, autocommit=False) as blocker:
        # The copy has written days and stands before pairs.
        blocker.execute("lock table north_star.pairs in share mode")
        process = serve_by_command(data, server.url(database))
        waiting = (
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' "
            'and query like \'%%"north_star"."pairs"%%\''
        )
        wait_until(lambda: rows(server, database, waiting))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert version(server, database) == before
        blocker.rollback()
    # The server notices the end of its client when it next writes to it.
    idle = "select 1 from pg_locks where locktype = 'advisory'"
    wait_until(lambda: not rows(server, database, idle))
    assert version(server, database) == before
    leftovers = "select relname from pg_class where relname like 'incoming%%'"
    assert rows(server, database, leftovers) == []
    serve(data, server.url(database))
    assert version(server, database)[0] == "run-2"


def test_a_server_that_stops_the_copy_is_one_sentence(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    publish_facts(data, 1)
    serve(data, server.url(database))
    before = version(server, database)
    publish_facts(data, 2)
    with server.connect(database, autocommit=False) as blocker:
        blocker.execute("lock table north_star.pairs in share mode")
        process = serve_by_command(data, server.url(database))
        stop = (
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where wait_event_type = 'Lock' and query like '%%\"north_star\".\"pairs\"%%'"
        )
        wait_until(lambda: rows(server, database, stop))
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert len(said.splitlines()) == 1, said
    assert said.startswith("Error: PostgreSQL has not taken it: terminating connection due to")
    assert version(server, database) == before


def test_two_copies_at_once_serve_one_after_the_other(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    publish_facts(data, 1)
    both = [serve_by_command(data, server.url(database)) for _ in range(2)]
    said = sorted(process.communicate(timeout=PATIENCE_SECONDS)[0] for process in both)
    assert [process.returncode for process in both] == [0, 0], said
    assert said[0].startswith("PostgreSQL serves run run-1 in schema north_star: 4 tables")
    assert said[1].startswith("There was nothing to do")


def test_a_reader_role_sees_everything_that_is_served_and_may_change_nothing(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    server.new_role("dashboards")
    for number in (1, 2):
        publish_facts(data, number, 700, f"create table new_{number} as select 1 as x")
        serve(data, server.url(database), reader="dashboards")
        found = rows(server, database, f"select x from north_star.new_{number}", "dashboards")
        assert found == [(1,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(server, database, "delete from north_star.days", "dashboards")
    # Served already; the right is given all the same.
    server.new_role("latecomer")
    assert serve(data, server.url(database), reader="latecomer").was_served
    assert rows(server, database, "select x from north_star.new_2", "latecomer") == [(1,)]
    publish_facts(data, 3)
    with pytest.raises(ServeError, match=r'role "nobody_knows" does not exist\. Create it'):
        serve(data, server.url(database), reader="nobody_knows")
    assert version(server, database)[0] == "run-2"


def test_a_role_without_rights_is_told_what_it_needs(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    server.new_role("writer")
    publish_facts(data, 1)
    with pytest.raises(ServeError, match=r"permission denied for database .*grant create on"):
        serve(data, server.url(database, "writer"))
    with server.connect(database) as connection:
        connection.execute("create schema north_star authorization writer")
    serve(data, server.url(database, "writer"))
    assert version(server, database)[0] == "run-1"


def test_tables_of_somebody_else_are_not_touched(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    publish_facts(data, 1)
    with server.connect(database) as connection:
        connection.execute("create schema north_star")
        connection.execute("create table north_star.days as select 'mine' as whose")
        connection.execute("create table north_star.notes as select 'mine' as whose")
    with pytest.raises(ServeError, match="has a days that make serve-postgres has not made"):
        serve(data, server.url(database))
    assert rows(server, database, "select * from north_star.days") == [("mine",)]
    with server.connect(database) as connection:
        connection.execute("drop table north_star.days")
    serve(data, server.url(database))
    publish_facts(data, 2)
    serve(data, server.url(database))
    assert rows(server, database, "select * from north_star.notes") == [("mine",)]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "NORTH_STAR_POSTGRES names no database"),
        ("postgresql://owner:s3cret@127.0.0.1:1/x", "PostgreSQL cannot be reached: "),
        ("postgresql://owner:s3cret@h.invalid/x", "PostgreSQL cannot be reached: could not"),
        ("postgresql//owner:s3cret@127.0.0.1/x", "NORTH_STAR_POSTGRES is no connection URL"),
        ("host=127.0.0.1 password=s3cret", "NORTH_STAR_POSTGRES is no connection URL"),
        ("postgresql://owner:s3%cret@127.0.0.1/x", "NORTH_STAR_POSTGRES is no connection URL"),
        ("postgresql://owner:a@s3cret@127.0.0.1/x", "NORTH_STAR_POSTGRES is no connection URL"),
        ("postgresql://owner:s3cret@127.0.0.1:port/x", "NORTH_STAR_POSTGRES is no connection"),
        ("postgresql://owner:s3cret@127.0.0.1/x?a=b", "NORTH_STAR_POSTGRES is no connection"),
    ],
)
def test_a_wrong_url_is_one_sentence_without_the_password(
    data: DataFolder, url: str | None, said: str
) -> None:
    publish_facts(data, 1)
    process = serve_by_command(data, url)
    words, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode in (1, 2)
    assert words.startswith(f"Error: {said}")
    assert len(words.splitlines()) == 1
    assert "cret" not in words


def test_a_wrong_password_is_one_sentence_without_it(
    server: PostgresServer, database: str, data: DataFolder
) -> None:
    publish_facts(data, 1)
    with pytest.raises(ServeError, match='password authentication failed for user "owner"') as got:
        serve(data, server.url(database, password="s3cret"))
    assert "s3cret" not in str(got.value)


def test_before_the_first_publication_there_is_nothing_to_serve(data: DataFolder) -> None:
    with pytest.raises(ServeError, match="Nothing has been published yet: make run"):
        serve(data, "postgresql://nobody@127.0.0.1:1/x")


def test_a_copy_gives_up_on_a_transaction_that_never_ends(
    server: PostgresServer, database: str, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.serving.postgres._PATIENCE_SECONDS", 1)
    publish_facts(data, 1)
    serve(data, server.url(database))
    before = version(server, database)
    publish_facts(data, 2, 700, "alter table days add column more integer")
    with server.connect(database, autocommit=False) as sleeper:
        sleeper.execute("select count(*) from north_star.days")
        with pytest.raises(ServeError, match="A transaction does not let go of a table"):
            serve(data, server.url(database))
        # Others have not been kept waiting behind the copy.
        assert version(server, database) == before
    serve(data, server.url(database))
    assert version(server, database)[0] == "run-2"

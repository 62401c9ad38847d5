"""What people read the published marts with: each tool is really used, and sees what DuckDB sees.

docs/reading.md says what the user of each sets to come to see a new version; what it claims of
connections that are kept is shown here.
"""

from __future__ import annotations

import os
import threading
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.dataset
import pytest
import sqlalchemy
from adbc_driver_duckdb import dbapi as adbc
from sqlalchemy import event, pool

from tests.services.program import Program, copy_program, run_program, wait_until

pytestmark = pytest.mark.services

PATIENCE_SECONDS = 30
READ_ONLY = {"read_only": True}

# As DuckDB calls its types, and what they are in SQLAlchemy, in Arrow, in pandas and in polars.
TYPES = {
    "BIGINT": (sqlalchemy.BigInteger, pyarrow.int64(), polars.Int64),
    "BOOLEAN": (sqlalchemy.Boolean, pyarrow.bool_(), polars.Boolean),
    "DATE": (sqlalchemy.Date, pyarrow.date32(), polars.Date),
    "DOUBLE": (sqlalchemy.Float, pyarrow.float64(), polars.Float64),
    "TIMESTAMP": (sqlalchemy.DateTime, pyarrow.timestamp("us"), polars.Datetime("us")),
    "VARCHAR": (sqlalchemy.String, pyarrow.string(), polars.String),
}

# One statement, two tables: true of every version, and different in each.
INVARIANT = (
    "select run_id, (select count(*) from fct_weekly_active_tokens) as active, "
    "(select sum(weekly_active_tokens) from fct_north_star_weekly)::bigint as counted "
    "from publication"
)


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Program:
    """A program that a test may publish further versions of."""
    return copy_program(run_program(tmp_path_factory), tmp_path / "program")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A program that tests only read."""
    place = tmp_path_factory.mktemp("shared")
    return copy_program(run_program(tmp_path_factory), place / "program")


def columns(program: Program, table: str) -> dict[str, tuple[str, bool, str | None]]:
    """Type, whether it may be NULL, and comment of each column, by DuckDB."""
    found = program.rows(
        "select column_name, data_type, is_nullable, comment from duckdb_columns() "
        f"where table_name = '{table}' order by column_index"
    )
    return {name: (kind, nullable, comment) for name, kind, nullable, comment in found}


def all_rows(program: Program, table: str) -> list[tuple]:
    """The rows of a table in an order of their own, by DuckDB."""
    return program.rows(f"select * from {table} order by all")


def engine(program: Program, *, by_real_path: bool = False, **options: Any) -> sqlalchemy.Engine:
    """A read-only engine on the link, as docs/reading.md has it."""
    made = sqlalchemy.create_engine(
        f"duckdb:///{program.database}", connect_args=READ_ONLY, **options
    )
    if by_real_path:

        @event.listens_for(made, "do_connect")
        def follow_link(_dialect: Any, _record: Any, _arguments: Any, parameters: dict) -> None:
            parameters["database"] = os.path.realpath(parameters["database"])

    return made


def seen(connection: sqlalchemy.Connection) -> str:
    """The run id that a connection sees, after a look that its tables are of one version."""
    run_id, active, counted = connection.execute(sqlalchemy.text(INVARIANT)).one()
    assert active == counted
    return run_id


def test_sqlalchemy_reflects_tables_columns_types_keys_and_comments(shared: Program) -> None:
    made = engine(shared)
    metadata = sqlalchemy.MetaData()
    metadata.reflect(made)
    inspector = sqlalchemy.inspect(made)
    assert sorted(metadata.tables) == shared.tables()
    comments = dict(shared.rows("select table_name, comment from duckdb_tables()"))
    keys = dict(
        shared.rows(
            "select table_name, constraint_column_names from duckdb_constraints() "
            "where constraint_type = 'PRIMARY KEY'"
        )
    )
    assert keys
    for name, table in metadata.tables.items():
        expected = columns(shared, name)
        assert [column.name for column in table.c] == list(expected)
        for column in table.c:
            kind, nullable, comment = expected[column.name]
            assert isinstance(column.type, TYPES[kind][0]), f"{name}.{column.name}"
            assert (column.nullable, column.comment) == (nullable, comment)
        assert inspector.get_table_comment(name)["text"] == comments[name]
        assert [column.name for column in table.primary_key] == keys.get(name, [])
    made.dispose()


@pytest.mark.parametrize("pool_class", [pool.NullPool, pool.QueuePool])
def test_sqlalchemy_reads_what_duckdb_reads(shared: Program, pool_class: type[pool.Pool]) -> None:
    made = engine(shared, poolclass=pool_class)
    metadata = sqlalchemy.MetaData()
    metadata.reflect(made)
    with made.connect() as connection:
        for name, table in metadata.tables.items():
            query = sqlalchemy.select(table).order_by(*table.c)
            assert list(map(tuple, connection.execute(query))) == all_rows(shared, name), name
        weeks = metadata.tables["fct_north_star_weekly"]
        query = sqlalchemy.select(
            weeks.c.week_status, sqlalchemy.func.sum(weeks.c.qualified_requests)
        ).group_by(weeks.c.week_status)
        assert sorted(map(tuple, connection.execute(query))) == shared.rows(
            "select week_status, sum(qualified_requests) from fct_north_star_weekly "
            "group by all order by all"
        )
    made.dispose()


def test_sqlalchemy_cannot_write(shared: Program) -> None:
    made = engine(shared)
    with (
        made.connect() as connection,
        pytest.raises(sqlalchemy.exc.ProgrammingError, match="read-only"),
    ):
        connection.execute(sqlalchemy.text("delete from publication"))
    made.dispose()


def test_adbc_reads_arrow_tables_equal_to_duckdb(shared: Program) -> None:
    with adbc.connect(str(shared.database)) as connection, connection.cursor() as cursor:
        for name in shared.tables():
            cursor.execute(f"select * from {name} order by all")
            table = cursor.fetch_arrow_table()
            assert_arrow(shared, name, table)


def test_pyarrow_reads_parquet_equal_to_duckdb(shared: Program) -> None:
    assert sorted(path.name for path in shared.parquet.iterdir()) == shared.tables()
    for name in shared.tables():
        data = pyarrow.dataset.dataset(shared.parquet / name)
        with duckdb.connect() as connection:
            connection.register("parquet", data)
            assert_arrow(shared, name, connection.sql("from parquet order by all").to_arrow_table())
        assert data.schema.types == [
            TYPES[kind][1] for kind, _, _ in columns(shared, name).values()
        ]
    weeks = pyarrow.dataset.dataset(shared.parquet / "fct_weekly_active_tokens")
    (last,) = shared.rows("select max(week_start) from fct_weekly_active_tokens")[0]
    filtered = weeks.to_table(
        columns=["token_id"], filter=pyarrow.dataset.field("week_start") == last
    )
    (count,) = shared.rows(
        f"select count(*) from fct_weekly_active_tokens where week_start = '{last}'"
    )[0]
    assert 0 < filtered.num_rows == count < weeks.count_rows()


def assert_arrow(program: Program, name: str, table: pyarrow.Table) -> None:
    """An ordered Arrow table holds what DuckDB's own table does, in the types it stands for."""
    kinds = {column: kind for column, (kind, _, _) in columns(program, name).items()}
    assert {field.name: field.type for field in table.schema} == {
        column: TYPES[kind][1] for column, kind in kinds.items()
    }, name
    assert list(zip(*table.to_pydict().values(), strict=True)) == all_rows(program, name), name


def test_polars_reads_database_and_parquet_equal_to_duckdb(shared: Program) -> None:
    with (
        duckdb.connect(shared.database, read_only=True) as connection,
        adbc.connect(str(shared.database)) as arrow,
    ):
        for name in shared.tables():
            query = f"select * from {name} order by all"
            frame = connection.sql(query).pl()
            kinds = [kind for kind, _, _ in columns(shared, name).values()]
            assert frame.dtypes == [TYPES[kind][2] for kind in kinds], name
            assert frame.rows() == all_rows(shared, name), name
            assert polars.read_database(query, arrow).equals(frame), name
            parquet = polars.scan_parquet(shared.parquet / name / "0.parquet").collect()
            connection.register("parquet", parquet)
            assert connection.sql("from parquet order by all").pl().equals(frame), name


def test_pandas_reads_database_and_parquet_equal_to_duckdb(shared: Program) -> None:
    frames: dict[str, list[pandas.DataFrame]] = {name: [] for name in shared.tables()}
    with duckdb.connect(shared.database, read_only=True) as connection:
        for name, found in frames.items():
            connection.register("parquet", pandas.read_parquet(shared.parquet / name))
            found.append(connection.sql(f"from {name} order by all").df())
            found.append(connection.sql("from parquet order by all").df())
    made = engine(shared)
    with made.connect() as by_sqlalchemy:
        for name, found in frames.items():
            query = sqlalchemy.text(f"select * from {name} order by all")
            found.append(pandas.read_sql(query, by_sqlalchemy))
    made.dispose()
    for name, found in frames.items():
        expected = [tuple(map(_moment, row)) for row in all_rows(shared, name)]
        for frame in found:
            assert plain(frame) == expected, name


def test_one_process_opens_the_database_in_one_way(shared: Program) -> None:
    made = engine(shared)
    with made.connect():
        with pytest.raises(duckdb.ConnectionException, match="different configuration"):
            duckdb.connect(shared.database, read_only=True)
        # What goes beside it: another library's own instance, and attaching.
        with adbc.connect(str(shared.database)) as connection, connection.cursor() as cursor:
            cursor.execute("select run_id from publication")
            assert cursor.fetchall() == shared.rows("select run_id from publication")
    made.dispose()
    duckdb.connect(shared.database, read_only=True).close()


def plain(frame: pandas.DataFrame) -> list[tuple]:
    """The rows of a frame, with None for what is missing."""
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    return [tuple(map(_moment, row)) for row in rows]


def _moment(value: Any) -> Any:
    """A date as its midnight, which is what pandas makes of it."""
    return pandas.Timestamp(value) if isinstance(value, date) else value


@pytest.mark.parametrize(
    ("options", "sees_it"),
    [
        ({}, False),
        ({"poolclass": pool.QueuePool}, False),
        ({"poolclass": pool.QueuePool, "pool_pre_ping": True}, False),
        ({"poolclass": pool.StaticPool}, False),
        ({"poolclass": pool.SingletonThreadPool}, False),
        ({"poolclass": pool.QueuePool, "pool_recycle": 0}, True),
        ({"poolclass": pool.NullPool}, True),
    ],
    ids=str,
)
def test_the_pool_decides_whether_the_next_request_sees_a_new_version(
    program: Program, options: dict[str, Any], sees_it: bool
) -> None:
    made = engine(program, **options)
    with made.connect() as connection:
        before = seen(connection)
    run_id = program.publish_next()
    with made.connect() as connection:
        assert seen(connection) == (run_id if sees_it else before)
    # Whoever is told of a publication can let go of what is kept.
    made.dispose()
    with made.connect() as connection:
        assert seen(connection) == run_id
    made.dispose()


def test_a_connection_keeps_its_version_while_others_see_the_new_one(program: Program) -> None:
    """Through the link; the process holds both at once."""
    made = engine(program, poolclass=pool.NullPool)
    with made.connect() as kept:
        before = seen(kept)
        run_id = program.publish_next()
        with made.connect() as other:
            assert seen(other) == run_id
        assert seen(kept) == before
        with duckdb.connect(program.database, read_only=True) as by_duckdb:
            assert by_duckdb.execute(INVARIANT).fetchone()[0] == run_id
        with adbc.connect(str(program.database)) as arrow, arrow.cursor() as cursor:
            cursor.execute(INVARIANT)
            assert cursor.fetchone()[0] == run_id
    made.dispose()


def test_adbc_keeps_its_version_until_it_connects_anew(program: Program) -> None:
    with adbc.connect(str(program.database)) as kept:
        with kept.cursor() as cursor:
            cursor.execute(INVARIANT)
            before = cursor.fetchone()[0]
        run_id = program.publish_next()
        with kept.cursor() as cursor:
            cursor.execute(INVARIANT)
            assert cursor.fetchone()[0] == before
        with adbc.connect(str(program.database)) as other, other.cursor() as cursor:
            cursor.execute(INVARIANT)
            assert cursor.fetchone()[0] == run_id


@pytest.mark.parametrize(
    ("options", "by_real_path"),
    [
        ({"poolclass": pool.NullPool}, False),
        ({"poolclass": pool.NullPool}, True),
        ({"poolclass": pool.QueuePool, "pool_recycle": 0}, True),
    ],
    ids=str,
)
def test_a_server_whose_connections_overlap_comes_to_see_each_version(
    program: Program, options: dict[str, Any], by_real_path: bool
) -> None:
    """As in a web server under load, where there is no moment without an open connection."""
    made = engine(program, by_real_path=by_real_path, **options)
    stopped = threading.Event()
    looks: list[list[str]] = [[], [], [], []]
    problems: list[BaseException] = []

    def answer_requests(mine: list[str]) -> None:
        try:
            while not stopped.wait(0.01):
                with made.connect() as connection:
                    mine.append(seen(connection))
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=answer_requests, args=(mine,)) for mine in looks]
    with made.connect() as anchor:
        published = [seen(anchor)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                published.append(program.publish_next())
                wait_until(lambda: all(published[-1] in mine for mine in looks) or problems)
        finally:
            stopped.set()
            for thread in threads:
                thread.join(PATIENCE_SECONDS)
        # Somebody has held a connection to the first version all the while.
        assert seen(anchor) == published[0]
    made.dispose()
    assert problems == []
    for mine in looks:
        assert mine == sorted(mine, key=published.index)


def test_parquet_files_are_of_one_version_if_the_link_is_followed_once(program: Program) -> None:
    through_link = program.parquet
    followed = through_link.resolve()
    (first,) = pyarrow.dataset.dataset(followed / "publication").to_table()["run_id"].to_pylist()
    run_id = program.publish_next()

    def read(folder: Path, table: str) -> pyarrow.Table:
        return pyarrow.dataset.dataset(folder / table).to_table()

    assert read(followed, "publication")["run_id"].to_pylist() == [first]
    active = read(followed, "fct_weekly_active_tokens").num_rows
    weeks = read(followed, "fct_north_star_weekly")["weekly_active_tokens"]
    assert active == sum(filter(None, weeks.to_pylist()))
    assert read(through_link, "publication")["run_id"].to_pylist() == [run_id]
    assert read(through_link, "fct_weekly_active_tokens").num_rows == active - 1

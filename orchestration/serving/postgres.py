"""Copying what is published into a PostgreSQL, in one transaction.

How readers are spared. The tables stay, and their rows are replaced: the new ones are copied into
temporary tables first; then, in each table, those that differ are deleted and inserted. Readers
never wait for that, and PostgreSQL's own snapshots show them the old rows or the new ones, in all
tables at once. Views, grants and indexes that people have put on the tables stay as well.

What was not chosen. Renaming a new schema into place leaves views on the old tables, and a query
that is being parsed meanwhile finds one table in the old schema and the next in the new one.
TRUNCATE locks readers out, and shows those with an older snapshot an empty table.

Only a publication whose tables have other columns or keys locks tables: for as long as replacing
the rows takes, not while they are copied. It waits for readers in short attempts, so that nobody
queues up behind it and PostgreSQL never has to end a reader to resolve a deadlock. Snapshots do not
reach what is a table's shape: a transaction of several statements (repeatable read) that begins
while a column of another type is put in place sees NULL there. Single statements never do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import duckdb

from orchestration.manifest import read_manifest
from orchestration.publishing import Publication, current_publication
from orchestration.publishing.copying import literal, quoted
from orchestration.publishing.marts import published_marts
from orchestration.serving.changes import after_rows, before_rows, comments, indexes
from orchestration.serving.errors import ServeError
from orchestration.serving.progress import progress
from orchestration.serving.server import Server, connect
from orchestration.serving.tables import SERVED, Table, list_of, read_tables
from orchestration.settings import DataFolder

SCHEMA = "north_star"
_BATCH_ROWS = 50_000
_COMMENT = "What North Star has published; the table publication says which version."

# Shorter than deadlock_timeout, a second by default: whoever waits for us is never ended for it.
_ATTEMPT_MILLISECONDS = 400
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Served:
    """What PostgreSQL has now.

    Attributes:
        run_id: of the publication.
        schema: where its tables are.
        tables: how many there are.
        rows: how many rows they have.
        rows_written: how many of those were not there before.
        rows_removed: how many rows are not there any more.
        was_served: whether there was nothing to do.
    """

    run_id: str
    schema: str
    tables: int
    rows: int
    rows_written: int = 0
    rows_removed: int = 0
    was_served: bool = False


def serve(
    data: DataFolder,
    url: str,
    schema: str = SCHEMA,
    reader: str | None = None,
    tell: Callable[[str], object] = print,
) -> Served:
    """Copy the current publication into PostgreSQL, but for what is there already.

    Readers see the version before or this one; a failure at any moment leaves the one before.

    Args:
        data: the data folder.
        url: of the database, as libpq reads it.
        schema: where the tables shall be; made if it is not there.
        reader: a role that may read them, besides those that were granted it by others.
        tell: called with a line now and then when copying takes long and no terminal shows a bar.

    Raises:
        ServeError: nothing is published on DuckDB, or PostgreSQL cannot be reached or refuses.
    """
    publication = _current(data)
    with duckdb.connect(publication.database, read_only=True) as published:
        published.execute("set TimeZone = 'UTC'")
        tables = read_tables(published, _keys(publication))
        with connect(url) as server:
            done, changed = _serve(server, schema, reader, publication, published, tables, tell)
    if changed:
        _vacuum(url, changed, tell)
    return done


def _current(data: DataFolder) -> Publication:
    publication = current_publication(data)
    if publication is None:
        raise ServeError("Nothing has been published yet: make run.")
    if publication.schema:
        raise ServeError(
            "What is published is on Spark, which PostgreSQL is not served from: unset "
            "NORTH_STAR_TARGET."
        )
    return publication


def _keys(publication: Publication) -> dict[str, tuple[str, ...]]:
    manifest = read_manifest(publication.folder / "dbt" / "manifest.json")
    return {mart.name: mart.key for mart in published_marts(manifest)}


def _serve(
    server: Server,
    schema: str,
    reader: str | None,
    publication: Publication,
    published: duckdb.DuckDBPyConnection,
    tables: list[Table],
    tell: Callable[[str], object],
) -> tuple[Served, list[str]]:
    """The transaction; returns what is served, and the quoted names of the changed tables."""
    # One copy at a time: the second waits, and mostly finds nothing left to do.
    server.run(f"select pg_advisory_xact_lock(hashtextextended({literal(schema)}, 0))")
    _make_schema(server, schema)
    found = server.tables(schema)
    listed = _listed(server, schema, found)
    _refuse_strangers(server, schema, {table.name for table in tables} - set(listed))
    gone = sorted(set(listed) - {table.name for table in tables} - {SERVED})
    stale = [
        table
        for table in tables
        if listed.get(table.name) != table.checksum or not found[table.name].has_shape_of(table)
    ]
    rows = sum(table.rows for table in tables)
    if not stale and not gone:
        _grant(server, schema, reader, tables)
        server.commit()
        return Served(publication.run_id, schema, len(tables), rows, was_served=True), []

    list_ = list_of(tables)
    stale.append(list_)
    with progress(sum(table.rows for table in stale), tell) as shown:
        for number, table in enumerate(stale):
            _make_incoming(server, number, table)
            batches = published.execute(table.query).to_arrow_reader(_BATCH_ROWS)
            server.copy(_incoming(number), shown.counted(batches))

    kept = {name: found[name] for name in listed}
    _lock(server, schema, _to_lock(kept, {table.name: table for table in [*tables, list_]}))
    server.run(f"set local lock_timeout = '{_PATIENCE_SECONDS}s'")
    for name in gone:
        server.run(f"drop table {_relation(schema, name)}")
    written = removed = 0
    for number, table in enumerate(stale):
        relation = _relation(schema, table.name)
        old = found.get(table.name, Table(table.name))
        counts = _replace(server, relation, number, old, table)
        if table is not list_:
            written, removed = written + counts[0], removed + counts[1]
        server.run(f"analyze {relation}")
    _grant(server, schema, reader, [*tables, list_])
    server.commit()
    changed = [_relation(schema, table.name) for table in stale]
    return Served(publication.run_id, schema, len(tables), rows, written, removed), changed


def _make_schema(server: Server, schema: str) -> None:
    if server.rows(f"select 1 from pg_namespace where nspname = {literal(schema)}"):
        return
    server.run(f"create schema {quoted(schema)}")
    server.run(f"comment on schema {quoted(schema)} is {literal(_COMMENT)}")


def _listed(server: Server, schema: str, found: Mapping[str, Table]) -> dict[str, str]:
    """Checksums of the tables that earlier copies have made and nobody has dropped, by name."""
    if SERVED not in found:
        return {}
    rows = server.rows(f"select table_name, checksum from {_relation(schema, SERVED)}")
    return {name: checksum for name, checksum in [*rows, (SERVED, "")] if name in found}


def _refuse_strangers(server: Server, schema: str, names: set[str]) -> None:
    """Raise ServeError where something that is not ours has the name of a published table."""
    relations = server.rows(
        "select relname::text from pg_class "
        f"where relnamespace = to_regnamespace({literal(quoted(schema))})"
    )
    strange = sorted(names.intersection(name for (name,) in relations))
    if strange:
        raise ServeError(
            f"The schema {schema} has a {', '.join(strange)} that make serve-postgres has not "
            "made: name another schema in NORTH_STAR_POSTGRES_SCHEMA."
        )


def _make_incoming(server: Server, number: int, table: Table) -> None:
    columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in table.columns)
    server.run(f"create temporary table {_incoming(number)} ({columns}) on commit drop")


def _to_lock(kept: Mapping[str, Table], wanted: Mapping[str, Table]) -> list[str]:
    """Names of the tables that nobody may be reading while columns or keys are altered.

    An older snapshot still sees the old rows of a table that gets a column, but not the values of
    one that is taken away: then all tables are locked, so that transactions end that have read any.
    """
    if any(name not in wanted or _loses(table, wanted[name]) for name, table in kept.items()):
        return sorted(kept)
    return sorted(
        name
        for name, table in kept.items()
        if before_rows(name, table, wanted[name]) or after_rows(name, table, wanted[name])
    )


def _loses(found: Table, wanted: Table) -> bool:
    """Whether a column is gone or has another type."""
    types = {(column.name, column.type) for column in wanted.columns}
    return not types.issuperset((column.name, column.type) for column in found.columns)


def _lock(server: Server, schema: str, names: Iterable[str]) -> None:
    """Keep everybody out of some tables, in short attempts between which others get through."""
    relations = ", ".join(_relation(schema, name) for name in sorted(names))
    if not relations:
        return
    server.run(f"set local lock_timeout = '{_ATTEMPT_MILLISECONDS}ms'")
    server.run(
        f"""
        do $lock$
        declare
            patience_ends_at timestamptz := clock_timestamp() + interval '{_PATIENCE_SECONDS} s';
        begin
            loop
                begin
                    lock table {relations} in access exclusive mode;
                    return;
                exception when lock_not_available then
                    if clock_timestamp() > patience_ends_at then
                        raise;
                    end if;
                end;
                perform pg_sleep(0.1);
            end loop;
        end
        $lock$
        """
    )


def _replace(server: Server, relation: str, number: int, old: Table, new: Table) -> tuple[int, int]:
    """Give a table its new shape and rows; returns how many rows were written and removed."""
    if not old.columns:
        server.run(f"create table {relation} ()")
    alterations = before_rows(relation, old, new)
    for statement in alterations:
        server.run(statement)
    incoming = f"pg_temp.{_incoming(number)}"
    names = ", ".join(quoted(column.name) for column in new.columns)
    if alterations or not new.key:
        removed = server.run(f"delete from {relation}") if old.columns else 0
        written = server.run(f"insert into {relation} ({names}) select {names} from {incoming}")
    else:
        server.run(f"analyze {incoming}")
        same_key = " and ".join(f"a.{quoted(name)} = b.{quoted(name)}" for name in new.key)
        # Equal to the last bit: *= compares records as they are stored, NULL with NULL too.
        a, b = (
            "row(" + ", ".join(f"{side}.{quoted(c.name)}" for c in new.columns) + ")::record"
            for side in "ab"
        )
        removed = server.run(
            f"delete from {relation} as a where not exists (select from {incoming} as b "
            f"where {same_key} and {a} operator(pg_catalog.*=) {b})"
        )
        written = server.run(
            f"insert into {relation} ({names}) select {names} from {incoming} as a "
            f"where not exists (select from {relation} as b where {same_key})"
        )
    statements = [
        *after_rows(relation, old, new),
        *comments(relation, old, new),
        *indexes(relation, new),
    ]
    for statement in statements:
        server.run(statement)
    return written, removed


def _grant(server: Server, schema: str, reader: str | None, tables: Iterable[Table]) -> None:
    if reader:
        relations = ", ".join(_relation(schema, table.name) for table in tables)
        server.run(f"grant usage on schema {quoted(schema)} to {quoted(reader)}")
        server.run(f"grant select on {relations} to {quoted(reader)}")


def _vacuum(url: str, relations: Iterable[str], tell: Callable[[str], object]) -> None:
    """Free the space of the rows that are gone, for the next copy; readers are not touched."""
    try:
        with connect(url, autocommit=True) as server:
            server.run(f"vacuum (skip_locked) {', '.join(relations)}")
    except ServeError as error:
        tell(f"Served, but the space of old rows was not freed: {error}")


def _relation(schema: str, table: str) -> str:
    return f"{quoted(schema)}.{quoted(table)}"


def _incoming(number: int) -> str:
    return f"incoming_{number}"

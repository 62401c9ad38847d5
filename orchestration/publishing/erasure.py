"""Forgetting people in the versions that are kept: their names become pseudonyms."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import duckdb

from orchestration.environment import spilling
from orchestration.publishing.copying import DATABASE, Copy, literal, quoted, write_tables
from orchestration.publishing.current import INCOMING, Publication, kept_publications
from orchestration.publishing.errors import PublishError
from orchestration.publishing.seal import SEAL, damage, seal, sync_folder
from orchestration.publishing.versions import point_link
from orchestration.report import DIGEST, ask_duckdb, write_digest
from orchestration.settings import DUCKDB, SPARK, DataFolder


def rename_people(data: DataFolder, pseudonyms: Mapping[str, str]) -> int:
    """Replace names by pseudonyms in every version that is kept; readers notice nothing else.

    Versions on Spark are given up instead: their views go on until the next run has published, and
    with that the databases behind them are dropped. Repeating it after an interruption finishes.

    Args:
        data: the data folder, whose run lock the caller holds.
        pseudonyms: by name; names are compared in lower case and trimmed.

    Returns:
        How many versions were rewritten or given up.

    Raises:
        PublishError: a version is damaged, so that nobody can tell whether it holds a name.
    """
    names = {name.strip().lower(): pseudonym for name, pseudonym in pseudonyms.items()}
    for leftover in data.publications.glob(f"{INCOMING}*"):
        shutil.rmtree(leftover)
    done = 0
    for publication in kept_publications(data.on(DUCKDB)):
        problem = damage(publication.folder)
        if problem:
            raise PublishError(
                f"{publication.folder} {problem}, so nobody can be forgotten in it: remove that "
                "folder, or run again."
            )
        done += _rename(data.on(DUCKDB), publication, names)
    for publication in kept_publications(data.on(SPARK)):
        shutil.rmtree(publication.folder)
        done += 1
    return done


def _rename(data: DataFolder, publication: Publication, names: Mapping[str, str]) -> bool:
    """Rewrite one version, if a name is in it."""
    folder = publication.folder
    incoming = folder.with_name(f"{INCOMING}{folder.name}")
    with spilling(data) as bounded, duckdb.connect(config=bounded) as connection:
        _prepare(connection, folder, names)
        tables = _tables(connection)
        if not any(_has_name(connection, table, texts) for table, texts in tables.items()):
            return False
        # What is written anew; copies of sealed files could not be written over.
        anew = shutil.ignore_patterns("*.duckdb", "parquet", SEAL, DIGEST.name)
        shutil.copytree(folder, incoming, ignore=anew)
        copies = [_copy(connection, table, texts) for table, texts in tables.items()]
    with (
        spilling(data) as bounded,
        duckdb.connect(incoming / DATABASE, config=bounded) as connection,
    ):
        _prepare(connection, folder, names)
        write_tables(connection, copies, incoming)
        connection.execute("detach old")
    if (folder / DIGEST).exists():
        # Its words are those of the tables: from the new ones it can have no name that they lack.
        write_digest(incoming, publication, partial(ask_duckdb, incoming / DATABASE))
    seal(incoming)
    _put_in_place(data, incoming, folder)
    return True


def _prepare(connection: duckdb.DuckDBPyConnection, folder: Path, names: Mapping[str, str]) -> None:
    """Bring the old version and the names to where SQL finds them."""
    connection.execute(f"attach {literal(folder / DATABASE)} as old (read_only)")
    connection.execute("create temp table names (name varchar, pseudonym varchar)")
    connection.executemany("insert into names values (?, ?)", list(names.items()))


def _put_in_place(data: DataFolder, incoming: Path, folder: Path) -> None:
    """Let the new version take the old one's name, under the eyes of its readers.

    A folder cannot take the name of another in one step, a link can: while the names change, the
    link leads to a third folder with the same files.
    """
    is_published = data.published.resolve() == folder
    if is_published:
        meanwhile = folder.with_name(f"{folder.name}-meanwhile")
        shutil.rmtree(meanwhile, ignore_errors=True)
        shutil.copytree(incoming, meanwhile)
        point_link(data, meanwhile)
    shutil.rmtree(folder)
    incoming.rename(folder)
    sync_folder(data.publications)
    if is_published:
        point_link(data, folder)
        shutil.rmtree(meanwhile)


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The tables of the old database, each with its columns that hold text."""
    found = connection.execute(
        "select table_name, list(column_name order by column_index) "
        "filter (data_type = 'VARCHAR') from duckdb_columns() "
        "where database_name = 'old' group by all order by all"
    ).fetchall()
    return {table: texts or [] for table, texts in found}


def _has_name(connection: duckdb.DuckDBPyConnection, table: str, texts: Iterable[str]) -> bool:
    listed = " or ".join(
        f"lower(trim({quoted(text)})) in (from names select name)" for text in texts
    )
    query = f"select 1 from old.main.{quoted(table)} where {listed or 'false'} limit 1"
    return connection.execute(query).fetchone() is not None


def _copy(connection: duckdb.DuckDBPyConnection, table: str, texts: Iterable[str]) -> Copy:
    """A table with pseudonyms in place of names, and with the constraints and comments it has."""
    replaced = ", ".join(
        f"coalesce((select pseudonym from temp.names where name = lower(trim(one.{column}))), "
        f"one.{column}) as {column}"
        for column in map(quoted, texts)
    )
    of_table = {"table": table}
    (comment,) = connection.execute(
        "select comment from duckdb_tables() where database_name = 'old' and table_name = $table",
        of_table,
    ).fetchone()
    columns = connection.execute(
        "select column_name, comment, is_nullable from duckdb_columns() "
        "where database_name = 'old' and table_name = $table order by column_index",
        of_table,
    ).fetchall()
    key = connection.execute(
        "select constraint_column_names from duckdb_constraints() where database_name = 'old' "
        "and table_name = $table and constraint_type = 'PRIMARY KEY'",
        of_table,
    ).fetchone()
    return Copy(
        name=table,
        query=f"select one.* {f'replace ({replaced})' if replaced else ''} "
        f"from old.main.{quoted(table)} as one",
        comment=comment or "",
        columns={name: said for name, said, _ in columns if said},
        required=[name for name, _, is_nullable in columns if not is_nullable],
        key=tuple(key[0]) if key else (),
    )

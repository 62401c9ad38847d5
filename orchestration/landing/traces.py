"""The proof of an erasure: every text that was landed or published is searched for the names."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.landing.contract import Contract, Table, read_contract
from orchestration.landing.forgetting import ForgottenPeople
from orchestration.landing.landing import open_raw
from orchestration.landing.names import Name, Names
from orchestration.landing.secrets import literal, read_token_key
from orchestration.landing.values import identifier
from orchestration.settings import DataFolder

# A shorter name may be a part of anything; it has to be a whole value.
_CONTAINED_FROM = 6  # characters
_WORD = r"[\pL\pN]+"
_ADDRESS = r"[\pL\pN._%+-]+@[\pL\pN.-]+"


@dataclass(frozen=True)
class Search:
    """What was searched, and what was found.

    Attributes:
        files: number of Parquet files and databases.
        columns: number of columns with text in them.
        names: number of names.
        traces: the columns in which a name is left, each as ``<file>, column <name>``.
    """

    files: int
    columns: int
    names: int
    traces: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What was searched, and that nothing or where something was found; no name."""
        found = f"{len(self.traces)} traces" if self.traces else "no trace"
        return (
            f"Searched {self.columns:,} columns of {self.files:,} files: {found} of "
            f"{self.names:,} names."
        )


def search_traces(data: DataFolder, names: Collection[Name]) -> Search:
    """Searches raw/ and every publication for names of people, in whichever case.

    All files count, also those that no table reads any more. In a column of names a name is one of
    its kind; every other text is searched for all of them: as the whole text or a part between
    semicolons, and from six characters on as a word in it. Only a number is not searched there: it
    is somebody's name in the columns of its kind, and anything elsewhere.

    Args:
        data: the data folder, whose lock the caller holds.
        names: kinds and names in lower case.

    Raises:
        LandingError: a file cannot be read.
    """
    with open_raw(data) as (_, connection, _):
        key, _ = read_token_key(data.root / "token_key")
        search = _Search(connection, read_contract(), ForgottenPeople(data.root, key), names)
        for file in sorted(data.raw.rglob("*.parquet")):
            search.raw_file(file)
        for file in sorted(data.publications.rglob("*.parquet")):
            search.published_table(file, _parquet(file))
        for file in sorted(data.publications.rglob("*.duckdb")):
            search.published_database(file)
    traces = tuple(
        f"{file.relative_to(data.root)}, column {column}" for file, column in search.traces
    )
    return Search(search.files, search.columns, len(names), traces)


class _Search:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        contract: Contract,
        people: ForgottenPeople,
        names: Collection[Name],
    ) -> None:
        self.files = 0
        self.columns = 0
        self.traces: dict[tuple[Path, str], None] = {}
        self._connection = connection
        self._people = people
        self._names = names
        self._tables = {(table.source, table.name): table for table in contract.tables}
        self._kinds = {
            column.name: column.person for table in contract.tables for column in table.naming
        }
        self._texts = [name for _, name in names if not name.isdecimal()]

    def raw_file(self, file: Path) -> None:
        """Searches a Parquet file of raw/, whose folders say which table it is of."""
        self.files += 1
        table = self._tables.get((file.parent.parent.name, file.parent.name))
        relation = _parquet(file)
        columns = self._columns(f"describe select * from {relation}")
        self.columns += len(columns)
        exactly: set[str] = set()
        if table and table.naming:
            exactly = {column.name for column in table.naming}
            self.traces |= {(file, name): None for name in self._named(table, relation, columns)}
        # Two systems may give one id to different people, but never one address.
        wanted = {
            name: [text for text in self._texts if name not in exactly or "@" in text]
            for name in columns
        }
        self._search(file, relation, wanted)

    def published_table(self, file: Path, relation: str, prefix: str = "") -> None:
        """Searches a published table."""
        self.files += not prefix
        columns = self._columns(f"describe select * from {relation}")
        self.columns += len(columns)
        # A number is a name where a name of the kind belongs.
        wanted = {
            name: self._texts
            + [
                text
                for kind, text in self._names
                if text.isdecimal() and kind.split(" of ")[0] == self._kinds.get(name)
            ]
            for name in columns
        }
        self._search(file, relation, wanted, prefix)

    def published_database(self, file: Path) -> None:
        """Searches every table of a published database."""
        self.files += 1
        with _attached(self._connection, file):
            tables = self._connection.execute(
                "select schema_name, table_name from duckdb_tables() "
                "where database_name = 'searched' order by all"
            ).fetchall()
            for schema, table in tables:
                relation = f"searched.{identifier(schema)}.{identifier(table)}"
                self.published_table(file, relation, f"{table}.")

    def _named(self, table: Table, relation: str, columns: Sequence[str]) -> list[str]:
        names = Names(self._connection, self._people)
        names.read(table, relation, columns)
        names.take(self._names)
        # Of names that an earlier erasure learned only the hashes are known.
        names.take_listed()
        return names.columns_that_hold(table)

    def _columns(self, describe: str) -> list[str]:
        return [
            name
            for name, kind, *_ in self._connection.execute(describe).fetchall()
            if "VARCHAR" in kind or "JSON" in kind or "ENUM" in kind
        ]

    def _search(
        self, file: Path, relation: str, wanted: dict[str, list[str]], prefix: str = ""
    ) -> None:
        # Columns that are searched for the same are searched in one go.
        alike: dict[tuple[str, ...], list[str]] = {}
        for name, texts in wanted.items():
            alike.setdefault(tuple(texts), []).append(name)
        for texts, columns in alike.items():
            if texts:
                found = self._columns_with(relation, columns, texts)
                self.traces |= {(file, prefix + name): None for name in found}

    def _columns_with(
        self, relation: str, columns: Sequence[str], texts: Sequence[str]
    ) -> list[str]:
        """The columns in which one of the texts stands: as a part of a list, or as a word.

        dev_42 is no word of dev_421, nor jane@shop.example of mary-jane@shop.example. Thousands of
        names cost as much as one: what a value consists of is looked up among them.
        """
        values = ", ".join(
            f"{{'name': {literal(name)}, 'value': lower({identifier(name)}::varchar)}}"
            for name in columns
        )
        found = self._connection.execute(
            f"""
            with sought as (
                select text, length(text) >= {_CONTAINED_FROM} as is_long,
                    regexp_extract_all(text, '{_WORD}') as words,
                    regexp_full_match(text, '{_ADDRESS}') as is_address
                from (select distinct unnest(from_json($texts, '["varchar"]')) as text)
            ),
            -- The word of a name that the fewest other texts have: one with digits, or a long one.
            sought_by_word as (
                select text, ' ' || array_to_string(words, ' ') || ' ' as words,
                    list_reverse_sort(list_transform(words, lambda word: {{
                        'has_digit': regexp_matches(word, '[0-9]'),
                        'letters': length(word),
                        'word': word
                    }}))[1].word as word
                from sought
                where is_long and not is_address
            ),
            held as (
                select distinct name, value
                from (select unnest([{values}], recursive := true) from {relation})
                where value is not null
            ),
            parts as (
                select name, trim(unnest(string_split(value, ';'))) as text from held
                union all
                select name, rtrim(unnest(regexp_extract_all(value, '{_ADDRESS}')), '.-') as text
                from held
                where contains(value, '@')
            ),
            words as (
                select name, value, words, unnest(list_distinct(words)) as word
                from (select *, regexp_extract_all(value, '{_WORD}') as words from held)
            )
            select name from parts semi join sought using (text)
            union
            select words.name
            from words inner join sought_by_word as sought using (word)
            where contains(words.value, sought.text)
                and contains(' ' || array_to_string(words.words, ' ') || ' ', sought.words)
            """,
            {"texts": json.dumps(texts)},
        ).fetchall()
        return [name for (name,) in found]


def _parquet(file: Path) -> str:
    return f"read_parquet({literal(str(file))})"


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, file: Path) -> Iterator[None]:
    connection.execute(f"attach {literal(str(file))} as searched (read_only)")
    try:
        yield
    finally:
        connection.execute("detach searched")

"""Which names of people rows hold, what else names the same people, and what replaces it.

Rows of any tables are read into one temporary table of mentions, and everything follows from that:
``forgotten_names`` begins with the names that are in the list or given, and grows by what stands
beside them, until nothing is added. Then each value that holds one of them has a replacement.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import duckdb

from orchestration.landing.contract import DEVELOPER, EMAIL, Column, Table
from orchestration.landing.forgetting import (
    PSEUDONYM_PATTERN,
    ForgottenPeople,
    hash_of_name,
    hash_of_word,
    pseudonym_expression,
)
from orchestration.landing.secrets import hash_expression, literal
from orchestration.landing.values import identifier

# Of a kind and in lower case: what a name is known by.
Name = tuple[str, str]


@dataclass(frozen=True)
class Change:
    """How the rows of a table change, for a relation that is called ``landed``.

    Attributes:
        joins: SQL that finds the replacements of a row.
        is_changed: SQL that holds for rows that change.
        columns: SQL of the new values, by column.
    """

    joins: str
    is_changed: str
    columns: Mapping[str, str]

    @property
    def rows(self) -> str:
        """SQL of a row after the change."""
        replaced = ", ".join(f"{sql} as {identifier(name)}" for name, sql in self.columns.items())
        return f"landed.* replace ({replaced})"


class Names:
    """The names in some rows, and those of forgotten people among them.

    Replacements are made for the tables that were read, as they were then.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, people: ForgottenPeople) -> None:
        self._connection = connection
        self._people = people
        self._places: dict[str, int] = {}
        connection.execute(
            "create or replace temp table mentions (place integer, row_number bigint, "
            "number integer, relation varchar, value varchar, position bigint, part varchar, "
            "rest varchar, kind varchar, name varchar, leads boolean)"
        )
        connection.execute(
            "create or replace temp table forgotten_names (kind varchar, name varchar, "
            "leads boolean, pseudonym varchar)"
        )

    def read(self, table: Table, relation: str, present: Collection[str]) -> None:
        """Reads the names in a relation of a table, which may lack columns of it.

        Args:
            table: the table.
            relation: SQL that stands behind FROM.
            present: the columns that it has, ``_source_relation`` among them.
        """
        place = self._places.setdefault(table.label, len(self._places))
        columns = [column for column in table.naming if column.name in present]
        if not columns:
            return
        quoted = [identifier(column.name) for column in columns]
        of = _relation(table, present) or "null::varchar"
        self._connection.execute(
            f"create or replace temp table rows_of_people as select distinct {of} as relation, "
            f"{', '.join(quoted)} from {relation} "
            f"where {' or '.join(f'{column} is not null' for column in quoted)}"
        )
        for column in columns:
            value = identifier(column.name)
            self._connection.execute(
                f"""
                insert into mentions
                select
                    {place}, row_number, {table.naming.index(column)}, relation, value, position,
                    part, {_rest(column)}, {_kind(table, column)}, {_name(table, column)},
                    {_leads(table, column)}
                from (
                    select
                        rowid as row_number, relation, {value} as value,
                        unnest(string_split({value}, ';')) as part,
                        unnest(range(len(string_split({value}, ';')))) as position
                    from rows_of_people
                    where {value} is not null
                )
                """
            )

    def take(self, names: Iterable[Name]) -> None:
        """Takes names that a person gave: they lead to all else in the rows that hold them."""
        self._connection.execute(
            f"""
            insert into forgotten_names
            select kind, name, true, {pseudonym_expression("kind", "name")}
            from (
                select unnest(from_json(
                    $names, '[{{"kind": "varchar", "name": "varchar"}}]'
                ), recursive := true)
            )
            """,
            {
                "names": json.dumps([{"kind": kind, "name": name} for kind, name in names]),
                **self._people.parameters,
            },
        )

    def take_listed(self) -> None:
        """Takes the names that are in the list of forgotten people."""
        for name in ("names", "anywhere"):
            self._connection.execute(
                f"create or replace temp table listed_{name} as "
                "select unnest(from_json($hashes, '[\"varchar\"]')) as hashed",
                {"hashes": json.dumps(sorted(getattr(self._people, name)))},
            )
        # Names without a kind are few or none, and each costs a second hash of every name.
        anywhere = (
            f"{hash_expression('name')} in (from listed_anywhere)"
            if self._people.anywhere
            else "false"
        )
        self._connection.execute(
            f"""
            insert into forgotten_names
            select kind, name, is_anywhere, {pseudonym_expression("kind", "name")}
            from (
                select
                    kind, name, {anywhere} as is_anywhere,
                    {hash_of_name("kind", "name")} in (from listed_names) as is_listed
                from (
                    (select distinct kind, name from mentions where name is not null)
                    except (select kind, name from forgotten_names)
                )
            )
            where is_listed or is_anywhere
            """,
            self._people.parameters,
        )

    def follow(self) -> None:
        """Takes what else names the same people, by the rows that hold one of their names.

        In a table of developers only the developer leads on: an address or a browser that two of
        them share does not lead from one to the other.
        """
        added = 1
        while added:
            (added,) = self._connection.execute(
                f"""
                insert into forgotten_names
                select kind, name, false, {pseudonym_expression("kind", "name")}
                from (
                    (
                        select other.kind, other.name
                        from forgotten_names
                        inner join mentions as one using (kind, name)
                        inner join mentions as other
                            on one.place = other.place and one.row_number = other.row_number
                        where (one.leads or forgotten_names.leads) and other.name is not null
                    )
                    except (select kind, name from forgotten_names)
                )
                """,
                self._people.parameters,
            ).fetchone()

    def kinds_of(self, names: Collection[str]) -> dict[str, set[str]]:
        """The kinds that names, in lower case and trimmed, have in the rows that were read."""
        found: dict[str, set[str]] = {}
        for name, kind in self._connection.execute(
            "select distinct name, kind from mentions semi join "
            "(select unnest(from_json($names, '[\"varchar\"]')) as name) using (name)",
            {"names": json.dumps(sorted(names))},
        ).fetchall():
            found.setdefault(name, set()).add(kind)
        return found

    def kinds(self) -> set[str]:
        """Every kind of name in the rows that were read."""
        found = self._connection.execute("select distinct kind from mentions").fetchall()
        return {kind for (kind,) in found}

    def pseudonyms(self) -> dict[Name, str]:
        """What each name of a forgotten person is replaced by."""
        found = self._connection.execute(
            "select kind, name, pseudonym from forgotten_names order by all"
        ).fetchall()
        return {(kind, name): pseudonym for kind, name, pseudonym in found}

    def enlist(self) -> bool:
        """Adds the names to the list of forgotten people; returns whether any was new in it."""
        hashes = self._connection.execute(
            f"select {hash_of_name('kind', 'name')}, {hash_of_word('name')} from forgotten_names",
            self._people.parameters,
        ).fetchall()
        new = {name for name, _ in hashes} - self._people.names
        self._people.names |= new
        self._people.words |= {word for _, word in hashes}
        return bool(new)

    def columns_that_hold(self, table: Table) -> list[str]:
        """The columns of a table that was read in which a name of a forgotten person stands."""
        found = self._connection.execute(
            "select distinct number from mentions semi join forgotten_names using (kind, name) "
            "where place = $place order by number",
            {"place": self._places.get(table.label)},
        ).fetchall()
        return [table.naming[number].name for (number,) in found]

    def replace(self) -> None:
        """Makes the replacements of the values that hold names of forgotten people."""
        self._connection.execute(
            """
            create or replace temp table replacements as
            select
                place, number, relation, value,
                string_agg(coalesce(pseudonym || rest, part), ';' order by position) as replaced
            from (
                select distinct place, number, relation, value, position, part, rest, pseudonym
                from mentions
                semi join (
                    select place, number, value
                    from mentions semi join forgotten_names using (kind, name)
                ) using (place, number, value)
                left join forgotten_names using (kind, name)
            )
            group by place, number, relation, value
            having bool_or(pseudonym is not null)
            """
        )

    def change(self, table: Table, present: Collection[str]) -> Change | None:
        """How rows of a table that was read change; None if none does.

        Args:
            table: the table.
            present: the columns that the rows have.
        """
        place = self._places.get(table.label)
        is_any = "select 1 from replacements where place = $place limit 1"
        if not self._connection.execute(is_any, {"place": place}).fetchone():
            return None
        joins, changed, theirs, replaced = [], [], [], {}
        for number, column in enumerate(table.naming):
            if column.name not in present:
                continue
            value, found = f"landed.{identifier(column.name)}", f"replaced{number}"
            relation = _relation(table, present)
            same = f" and {found}.relation = {relation}" if relation else ""
            joins.append(
                f"left join replacements as {found} on {found}.place = {place} "
                f"and {found}.number = {number} and {found}.value = {value}{same}"
            )
            replaced[column.name] = f"coalesce({found}.replaced, {value})"
            changed.append(f"{found}.replaced is not null")
            if _leads(table, column):
                theirs.append(changed[-1])
        emptied = {
            column.name: _emptied(column, replaced.get(column.name), " or ".join(theirs))
            for column in table.columns
            if column.is_personal and column.name in present and theirs
        }
        return Change(
            joins=" ".join(joins),
            is_changed=" or ".join(changed),
            columns=replaced | emptied,
        )


def _leads(table: Table, column: Column) -> bool:
    has_developer = any(each.person == DEVELOPER for each in table.naming)
    return column.person == DEVELOPER or not has_developer


def _relation(table: Table, present: Collection[str]) -> str | None:
    """SQL of the system that a row is from, where there may be several."""
    if not table.has_relations:
        return None
    usual = literal(table.source)
    return f"coalesce(_source_relation, {usual})" if "_source_relation" in present else usual


def _is_of_a_system(table: Table, column: Column) -> bool:
    """Whether several systems give the same name to different people."""
    return table.has_relations and column.person not in (DEVELOPER, EMAIL)


def _kind(table: Table, column: Column) -> str:
    """SQL of the kind of the names in a column."""
    if _is_of_a_system(table, column):
        return f"{literal(f'{column.person} of ')} || relation"
    return literal(str(column.person))


def _name(table: Table, column: Column) -> str:
    """SQL of the name in ``part``; NULL where there is none, or a pseudonym in its place."""
    named = f"lower(trim({_beginning(column)}))"
    if _is_of_a_system(table, column):
        # Loaders bring numbers, some with a fraction, as macros/record_id.sql knows too.
        named = f"regexp_replace({named}, '[.]0+$', '')"
    # A column of anything holds a name where it looks like one.
    is_name = rf" and regexp_full_match({named}, '[^\s@]+@[^\s@]+')" * column.is_personal
    return (
        f"case when {named} <> '' and not regexp_matches({named}, '^{PSEUDONYM_PATTERN}(@|$)')"
        f"{is_name} then {named} end"
    )


def _beginning(column: Column) -> str:
    end = column.name_ends_at
    return f"split_part(part, {literal(end)}, 1)" if end else "part"


def _rest(column: Column) -> str:
    """SQL of what follows the name in ``part``."""
    return f"substr(part, length({_beginning(column)}) + 1)" if column.name_ends_at else "''"


def _emptied(column: Column, replaced: str | None, is_theirs: str) -> str:
    """SQL of a personal column, NULL in the rows of forgotten people."""
    value = replaced or f"landed.{identifier(column.name)}"
    condition = f"({is_theirs})"
    if column.personal_unless:
        other, values = column.personal_unless
        listed = ", ".join(literal(each) for each in values)
        condition += f" and not coalesce(landed.{identifier(other)} in ({listed}), false)"
    if replaced:
        condition += f" and not coalesce(regexp_matches({value}, '{PSEUDONYM_PATTERN}'), false)"
    return f"case when {condition} then null else {value} end"

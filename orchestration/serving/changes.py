"""The statements that give a table of PostgreSQL another shape, and never more than they must."""

from __future__ import annotations

from orchestration.publishing.copying import literal, quoted
from orchestration.serving.tables import Table


def before_rows(relation: str, found: Table, wanted: Table) -> list[str]:
    """What must be altered before the new rows can be written.

    A column of another type is a column that goes and one that comes: that rewrites no row, so that
    readers with an older snapshot keep theirs. PostgreSQL refuses to let go what a view reads.

    Args:
        relation: the table's quoted name.
        found: the table as it is; without columns if it was just created.
        wanted: the table as it shall be.
    """
    old = {column.name: column for column in found.columns}
    new = {column.name: column for column in wanted.columns}
    kept = [name for name in old if name in new and old[name].type == new[name].type]
    actions = []
    if found.key and found.key != _key_after(wanted, kept):
        actions.append(f"drop constraint {key_name(wanted)}")
    actions += [f"drop column {quoted(name)}" for name in old if name not in kept]
    actions += [
        f"alter column {quoted(name)} drop not null"
        for name in kept
        if old[name].is_required and not new[name].is_required
    ]
    actions += [
        f"add column {quoted(name)} {column.type}"
        for name, column in new.items()
        if name not in kept
    ]
    return [f"alter table {relation} {action}" for action in actions]


def after_rows(relation: str, found: Table, wanted: Table) -> list[str]:
    """What can be altered only when the new rows are there: what is required, and the key."""
    old = {column.name: column for column in found.columns}
    kept = [c.name for c in wanted.columns if c.name in old and old[c.name].type == c.type]
    actions = [
        f"alter column {quoted(column.name)} set not null"
        for column in wanted.columns
        if column.is_required and not (column.name in kept and old[column.name].is_required)
    ]
    if wanted.key and not (found.key and found.key == _key_after(wanted, kept)):
        names = ", ".join(map(quoted, wanted.key))
        actions.append(f"add constraint {key_name(wanted)} primary key ({names})")
    return [f"alter table {relation} {action}" for action in actions]


def comments(relation: str, found: Table, wanted: Table) -> list[str]:
    """What is said of a table and its columns, where that differs."""
    said = {column.name: (column.type, column.comment) for column in found.columns}
    statements = []
    if wanted.comment != found.comment:
        statements.append(f"comment on table {relation} is {literal(wanted.comment)}")
    for column in wanted.columns:
        if said.get(column.name, (column.type, "")) != (column.type, column.comment):
            name = f"{relation}.{quoted(column.name)}"
            statements.append(f"comment on column {name} is {literal(column.comment)}")
    return statements


def indexes(relation: str, wanted: Table) -> list[str]:
    """The few indexes that dashboards need beside the key's own."""
    return [
        f"create index if not exists {quoted(f'{wanted.name}_{column}')} "
        f"on {relation} ({quoted(column)})"
        for column in wanted.looked_up
    ]


def key_name(table: Table) -> str:
    """The quoted name of a table's primary key."""
    return quoted(f"{table.name}_pkey")


def _key_after(wanted: Table, kept: list[str]) -> tuple[str, ...]:
    """The wanted key if all its columns are kept; a key goes with any of them that goes."""
    return wanted.key if set(wanted.key) <= set(kept) else ()

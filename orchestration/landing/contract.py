"""The raw tables' contract: what landing takes from a file, and as which type.

The yml of dbt's sources is the one place that names the raw tables and their columns. What landing
needs beyond names and types stands in it as ``meta``: on a source ``config.meta.landing``
(``relations``), on a table ``config.meta.landing`` (``folder``, ``records``, ``event_time``,
``request_id``, ``status``, ``sorted_by``), on a column ``config.meta`` (``from``, ``required``,
``hash_of``, ``prefix_of``, ``cut_query_string``, ``person``, ``name_ends_at``, ``personal``). The
columns that a program adds to its CRM's tables are named in dbt_project.yml, see ``custom_fields``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.landing.custom_fields import CustomField, read_custom_fields
from orchestration.landing.errors import LandingError
from orchestration.settings import PROJECT

# The loader in C reads the contract ten times as fast; a PyYAML built without it has the other.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

DATA_TYPES = ("varchar", "timestamp", "date", "integer", "bigint", "double", "boolean")
LINEAGE = {"_file_hash": "varchar", "_row_number": "bigint", "_landed_at": "timestamp"}
RELATION = {"_source_relation": "varchar"}

# What landing says of its own work; the yml of the source `landing` describes it to the models.
LEDGER = {
    "files": (
        "file_hash", "batch_id", "source_name", "table_name", "path", "format", "size_bytes",
        "modified_at", "rows_read", "rows_landed", "rows_rejected", "lines_skipped",
        "first_event_at", "last_event_at", "is_sample", "landed_at",
    ),
    "file_dates": (
        "file_hash", "source_name", "table_name", "event_date", "rows_landed", "landed_at",
    ),
    "repeats": (
        "file_hash", "row_number", "source_name", "table_name", "request_id", "content_hash",
        "status_code", "event_date", "event_at", "landed_at",
    ),
    "rejects": (
        "source_name", "table_name", "path", "row_number", "reason", "raw_text", "_file_hash",
        "_landed_at",
    ),
    "removals": (
        "file_hash", "source_name", "table_name", "path", "event_date", "rows_removed",
        "rejects_removed", "reason", "removed_at",
    ),
    # Written by publishing, which has no other state that nothing could build again.
    "publications": (
        "run_id", "published_at", "metric", "week_start", "value", "rows_read", "records_read",
        "rules_hash",
    ),
}  # fmt: skip

_SOURCE_KEYS = {"relations", "written_by_landing"}
_TABLE_KEYS = {"folder", "records", "event_time", "request_id", "status", "sorted_by"}
_COLUMN_KEYS = {
    "from", "required", "hash_of", "prefix_of", "cut_query_string", "person", "name_ends_at",
    "personal",
}  # fmt: skip

# Kinds of names that landing knows by heart; any other word is a kind of its own.
DEVELOPER = "developer"
EMAIL = "email"


@dataclass(frozen=True)
class Column:
    """One column of a raw table.

    Attributes:
        name: the column.
        data_type: one of ``DATA_TYPES``.
        given_as: inputs (columns or dotted JSON paths) of which the first that has a value is taken
            as it is: systems that bring the same thing call it differently.
        hash_of: inputs whose first non-empty value is hashed where ``given_as`` has none.
        prefix_of: input of which the first four characters are kept.
        is_required: a row without a value is a reject.
        cut_query_string: everything from the first ``?`` or ``#`` on is cut.
        person: what kind of name of a person it holds (``developer``, ``email``, ``login``,
            ``contact``, ``visitor`` ...), by which the person can be forgotten; several with
            semicolons between count each. A name means the same person in all columns of its kind.
            None: it names nobody.
        name_ends_at: what separates the name from the rest of the value, None if there is no rest.
        is_personal: it says something of the person in a row, and is emptied with the name.
        personal_unless: a column and the values of it in whose rows it is left as it is.
    """

    name: str
    data_type: str
    given_as: tuple[str, ...] = ()
    hash_of: tuple[str, ...] = ()
    prefix_of: str | None = None
    is_required: bool = False
    cut_query_string: bool = False
    person: str | None = None
    name_ends_at: str | None = None
    is_personal: bool = False
    personal_unless: tuple[str, tuple[str, ...]] | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Every input that can give this column a value."""
        named = (*self.given_as, *self.hash_of, self.prefix_of)
        return tuple(name for name in named if name)

    @property
    def secret_inputs(self) -> tuple[str, ...]:
        """The inputs that may only be stored hashed or cut."""
        return (*self.hash_of, self.prefix_of) if self.prefix_of else self.hash_of


@dataclass(frozen=True)
class Table:
    """One raw table and the folders its files lie in.

    Attributes:
        source: dbt's source.
        name: the table.
        folders: paths below ``landing/`` with ``/`` between; the first is the usual one.
        columns: in the order of the yml, without the lineage columns.
        records: key of the array of records, for one JSON document per file; None for rows.
        event_time: the column that says when the event happened, for logs.
        is_request_log: whether landing lists the rows that may be duplicates of one another.
        request_id: of such a log the column by which a second delivery is known; None: by all.
        status: of such a log the column with the HTTP status; None: it has none.
        sorted_by: the column by which compaction sorts the rows of a date; None: by time.
        has_relations: whether there may be several systems of the source's kind, each in a folder
            that begins with the source's name: ``hubspot/`` and ``hubspot_emea/``. The folder's
            name is the row's ``_source_relation``.
    """

    source: str
    name: str
    folders: tuple[str, ...]
    columns: tuple[Column, ...]
    records: str | None = None
    event_time: str | None = None
    is_request_log: bool = False
    request_id: str | None = None
    status: str | None = None
    sorted_by: str | None = None
    has_relations: bool = False

    @property
    def label(self) -> str:
        """``source.table``, as people say it."""
        return f"{self.source}.{self.name}"

    @property
    def inputs(self) -> tuple[str, ...]:
        """Every input that a column of this table is made from, each once."""
        return tuple(dict.fromkeys(name for column in self.columns for name in column.inputs))

    @property
    def naming(self) -> tuple[Column, ...]:
        """The columns that name people."""
        return tuple(column for column in self.columns if column.person)


@dataclass(frozen=True)
class Contract:
    """All raw tables: those for files, and the ledger that landing writes itself."""

    tables: tuple[Table, ...]
    ledger: tuple[Table, ...]

    @property
    def secret_names(self) -> tuple[str, ...]:
        """Last parts of all secret inputs: their values are masked wherever they are seen."""
        names = {
            path.rsplit(".", 1)[-1]
            for table in self.tables
            for column in table.columns
            for path in column.secret_inputs
        }
        return tuple(sorted(names))

    def raw_columns(self) -> dict[str, dict[str, str]]:
        """Columns and types of every raw Parquet table, by ``source/table``."""
        described = {}
        for table in (*self.tables, *self.ledger):
            types = {column.name: column.data_type for column in table.columns}
            lineage = (LINEAGE if table in self.tables else {}) | (
                RELATION if table.has_relations else {}
            )
            described[f"{table.source}/{table.name}"] = types | lineage
        return described


def read_contract(project: Path = PROJECT) -> Contract:
    """Reads the contract from ``models/staging/*/_*__sources.yml`` and the var of custom fields.

    A source without ``external_location`` is read from a database by dbt itself and has nothing to
    land.

    Raises:
        LandingError: a yml cannot be read, or holds a key or a type that landing does not know;
            the message names file, table and column.
    """
    tables: list[Table] = []
    ledger: list[Table] = []
    custom_fields = read_custom_fields(project)
    for path in sorted(project.glob("models/staging/*/_*__sources.yml")):
        shown = path.relative_to(project)
        try:
            document = yaml.load(path.read_bytes(), _LOADER) or {}
        except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
            raise LandingError(
                f"{shown} cannot be read: {' '.join(str(error).split())}."
            ) from error
        for source in document.get("sources") or []:
            meta = _meta(source)
            landing = meta.get("landing") or {}
            _refuse_unknown_keys(f"{shown}, source {source['name']}", landing, _SOURCE_KEYS)
            has_relations = bool(landing.get("relations"))
            for entry in source.get("tables") or []:
                if "external_location" not in meta | _meta(entry):
                    continue
                table = _table(shown, source["name"], entry, has_relations, custom_fields)
                (ledger if landing.get("written_by_landing") else tables).append(table)
    _check_folders(tables)
    known = {table.label for table in tables}
    for field in custom_fields:
        if field.table not in known:
            raise LandingError(
                f"dbt_project.yml, var crm_custom_fields: {field.table}.{field.column} is a field "
                f"of no table; tables are {', '.join(sorted(known))}."
            )
    _check_ledger(ledger)
    return Contract(tuple(tables), tuple(ledger))


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    return (entry.get("config") or {}).get("meta") or {}


def _table(
    file: Path,
    source: str,
    entry: dict[str, Any],
    has_relations: bool,
    custom_fields: tuple[CustomField, ...],
) -> Table:
    where = f"{file}, table {entry.get('name')}"
    landing = _meta(entry).get("landing") or {}
    _refuse_unknown_keys(where, landing, _TABLE_KEYS)
    columns = tuple(_column(where, column) for column in entry.get("columns") or [])
    if not columns:
        raise LandingError(f"{where}: it names no columns, so there is nothing to land.")
    names = [column.name.lower() for column in columns]
    taken = LINEAGE | RELATION
    for name in names:
        if names.count(name) > 1 or (name in taken and source != "landing"):
            raise LandingError(f"{where}, column {name}: the name is taken already.")
    event_time = landing.get("event_time")
    if event_time and not any(c.name == event_time and c.data_type == "timestamp" for c in columns):
        raise LandingError(f"{where}: event_time {event_time} is not one of its timestamp columns.")
    _check_columns_of_log(where, columns, landing)
    folders = landing.get("folder") or f"{source}/{entry['name']}"
    folders = [folders] if isinstance(folders, str) else folders
    label = f"{source}.{entry['name']}"
    added = _added(columns, [field for field in custom_fields if field.table == label])
    _check_people(where, columns)
    table = Table(
        source=source,
        name=entry["name"],
        folders=tuple(str(folder).strip("/") for folder in folders),
        columns=(*columns, *added),
        records=landing.get("records"),
        event_time=event_time,
        is_request_log="request_id" in landing,
        request_id=landing.get("request_id"),
        status=landing.get("status"),
        sorted_by=landing.get("sorted_by"),
        has_relations=has_relations,
    )
    if table.records:
        for path in table.inputs:
            if any(other.startswith(path + ".") for other in table.inputs):
                raise LandingError(f"{where}: {path} is read both as a value and as an object.")
    return table


def _check_columns_of_log(where: str, columns: tuple[Column, ...], landing: dict[str, Any]) -> None:
    """What is said of a log's rows has to be said of a log, and of columns that it has."""
    types = {column.name: column.data_type for column in columns}
    wanted = {
        "request_id": (("varchar",), "a varchar column, or null where the log has no ids"),
        "status": (("integer", "bigint"), "a column of whole numbers; leave it out without one"),
        "sorted_by": (DATA_TYPES, "a column; leave it out to have rows in the order of time"),
    }
    for key, (allowed, words) in wanted.items():
        if key not in landing:
            continue
        given = landing[key]
        if not landing.get("event_time"):
            raise LandingError(f"{where}: {key} is for logs; say event_time, too.")
        if key == "request_id" and given is None:
            continue
        if types.get(given) not in allowed:
            raise LandingError(f"{where}: {key} {given} is not one of its columns; name {words}.")
    if "status" in landing and "request_id" not in landing:
        raise LandingError(f"{where}: status is for logs of requests; say request_id, too.")


def _added(columns: tuple[Column, ...], custom_fields: list[CustomField]) -> list[Column]:
    """The columns of custom fields, but for those that the table has anyway.

    Where rows are about people nobody but the program knows what its fields say of them.
    """
    is_personal = any(column.person for column in columns)
    taken = {column.name.lower(): column for column in columns}
    added = []
    for field in custom_fields:
        name = field.column
        other = taken.get(name.lower())
        if name.lower() in LINEAGE | RELATION or (other and other.given_as != (name,)):
            raise LandingError(
                f"dbt_project.yml, var crm_custom_fields: {field.table}.{name} cannot be taken, "
                "for the table has a column of that name, which is made of something else."
            )
        if not other:
            added.append(Column(name, field.data_type, (name,), is_personal=is_personal))
    return added


def _check_people(where: str, columns: tuple[Column, ...]) -> None:
    names = {column.name for column in columns}
    for column in columns:
        if column.is_personal and not any(each.person for each in columns):
            raise LandingError(f"{where}, column {column.name}: no column says whose it is.")
        if column.personal_unless and column.personal_unless[0] not in names:
            raise LandingError(
                f"{where}, column {column.name}: personal names the column "
                f"{column.personal_unless[0]}, which the table does not have."
            )


def _column(where: str, entry: dict[str, Any]) -> Column:
    where = f"{where}, column {entry.get('name')}"
    meta = _meta(entry)
    _refuse_unknown_keys(where, meta, _COLUMN_KEYS)
    data_type = str(entry.get("data_type")).lower()
    if data_type not in DATA_TYPES:
        raise LandingError(
            f"{where}: data_type {entry.get('data_type')} is none of {', '.join(DATA_TYPES)}."
        )
    hash_of = meta.get("hash_of") or ()
    hash_of = (hash_of,) if isinstance(hash_of, str) else tuple(hash_of)
    prefix_of = meta.get("prefix_of")
    given_as = meta.get("from") or entry["name"]
    given_as = (given_as,) if isinstance(given_as, str) else tuple(given_as)
    if (hash_of or prefix_of or meta.get("cut_query_string")) and data_type != "varchar":
        raise LandingError(f"{where}: only a varchar can be hashed or cut.")
    if bool(hash_of) + bool(prefix_of) + bool(meta.get("from")) > 1:
        raise LandingError(f"{where}: hash_of, prefix_of and from exclude each other.")
    return Column(
        name=entry["name"],
        data_type=data_type,
        given_as=() if prefix_of else given_as,
        hash_of=hash_of,
        prefix_of=prefix_of,
        is_required=bool(meta.get("required")),
        cut_query_string=bool(meta.get("cut_query_string")),
        person=_kind_of_name(where, data_type, meta),
        name_ends_at=meta.get("name_ends_at"),
        is_personal=bool(meta.get("personal")),
        personal_unless=_personal_unless(where, meta.get("personal")),
    )


def _kind_of_name(where: str, data_type: str, meta: dict[str, Any]) -> str | None:
    kind = meta.get("person")
    if kind is None:
        if meta.get("name_ends_at"):
            raise LandingError(f"{where}: name_ends_at is for columns with person.")
        return None
    if not isinstance(kind, str) or not re.fullmatch(r"[a-z_]+", kind) or data_type != "varchar":
        raise LandingError(
            f"{where}: person is the kind of name that a varchar holds, such as {DEVELOPER}, "
            f"{EMAIL}, login or contact, not {kind!r}."
        )
    return kind


def _personal_unless(where: str, personal: object) -> tuple[str, tuple[str, ...]] | None:
    """The exception in ``personal: {unless: {<column>: [<value>, ...]}}``."""
    if personal is None or isinstance(personal, bool):
        return None
    unless = personal.get("unless") if isinstance(personal, dict) else None
    if not isinstance(unless, dict) or len(unless) != 1 or not all(unless.values()):
        raise LandingError(
            f"{where}: personal is true, or {{unless: {{<column>: [<value>, ...]}}}}, not "
            f"{personal!r}."
        )
    ((column, values),) = unless.items()
    return column, tuple(str(value) for value in values)


def _refuse_unknown_keys(where: str, given: dict[str, Any], known: set[str]) -> None:
    for key in given:
        if key not in known:
            raise LandingError(f"{where}: unknown key {key}; known are {', '.join(sorted(known))}.")


def _check_folders(tables: list[Table]) -> None:
    seen: dict[str, Table] = {}
    for table in tables:
        for folder in table.folders:
            if folder in seen:
                raise LandingError(
                    f"{seen[folder].label} and {table.label} both read landing/{folder}/."
                )
            seen[folder] = table


def _check_ledger(ledger: list[Table]) -> None:
    described = {table.name: {column.name for column in table.columns} for table in ledger}
    if described != {name: set(columns) for name, columns in LEDGER.items()}:
        raise LandingError(
            "The source `landing` in models/staging/landing/_landing__sources.yml does not have "
            "the tables and columns that landing writes."
        )

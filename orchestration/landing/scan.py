"""Reading a group of files: one scan into typed rows and rejects, counted file by file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.landing import readers
from orchestration.landing.contract import Column, Table
from orchestration.landing.errors import LandingError
from orchestration.landing.inventory import FoundFile, Survey
from orchestration.landing.readers import BLANK, Reader, Shape
from orchestration.landing.secrets import MASK, TokenKey, literal, mask_expression
from orchestration.landing.values import TYPE_IN_WORDS, column_value, identifier, text

MAXIMUM_PIECES = 16

# What a file can be blamed for. Rejecting one for anything else would lose its rows.
_FILE_ERRORS = (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException)
_MACHINE_WORDS = (
    "no files found",
    "cannot open",
    "permission denied",
    "no space left",
    "could not write",
    "failed to write",
    "too many open files",
    "input/output error",
)


@dataclass
class ScannedFile:
    """A file on its way into the batch, and what was counted of it.

    Attributes:
        number: its number in this landing.
        file: the file.
        survey: what its bytes say.
        rows_read: rows in the file, a file that is rejected as a whole being one.
        rows_landed: rows written to raw/.
        rows_rejected: rows kept as rejects.
        first_event: earliest event time of the landed rows, microseconds since 1970 UTC, or None.
        last_event: latest event time.
        broken: why it is rejected as a whole, or None.
    """

    number: int
    file: FoundFile
    survey: Survey
    rows_read: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0
    first_event: int | None = None
    last_event: int | None = None
    broken: str | None = None


@dataclass
class Scan:
    """Scans groups of files of one table into the temporary tables ``scanned`` and ``rejects``.

    Attributes:
        connection: a connection whose TimeZone is UTC and that has the table ``rejects``.
        key: of the keyed hash.
        links: folder with the numbered names of the files.
        secret_names: names whose values are masked in rejects.
        unknown: unknown inputs by table, filled while scanning.
    """

    connection: duckdb.DuckDBPyConnection
    key: TokenKey
    links: Path
    secret_names: tuple[str, ...]
    unknown: dict[str, set[str]] = field(default_factory=dict)

    def path(self, scanned: ScannedFile) -> str:
        """The numbered name of a file."""
        return str(self.links / readers.numbered_name(scanned.number, scanned.file))

    def shape(self, scanned: ScannedFile) -> Shape | None:
        """The file's shape; None where it has no rows or is broken, which is noted then."""
        file, survey = scanned.file, scanned.survey
        if file.size == 0 or (survey.text_bytes == 0 and file.compression != "zstd"):
            scanned.broken = survey.damage
            return None
        if survey.damage:
            scanned.broken = survey.damage
            return None
        if file.format == "document" and survey.text_bytes > readers.MAXIMUM_DOCUMENT_BYTES:
            megabytes = readers.MAXIMUM_DOCUMENT_BYTES >> 20
            scanned.broken = f"the document is larger than {megabytes} MB uncompressed"
            return None
        try:
            return readers.shape_of(self.connection, file, self.path(scanned))
        except readers.BrokenFileError as error:
            scanned.broken = str(error)
        except duckdb.Error as error:
            scanned.broken = _unreadable(file, error)
        return None

    def read(self, table: Table, shape: Shape, group: list[ScannedFile]) -> None:
        """Reads files of one shape into ``scanned``, and notes those that break the scan.

        ``scanned`` has ``_file``, ``_declared``, ``_unknown``, ``_problem``, ``_raw`` and the
        table's columns; the view ``numbered`` adds ``_row_number``.
        """
        if shape.format in ("csv", "parquet"):
            self.unknown.setdefault(table.label, set()).update(
                readers.unknown_columns(shape, table)
            )
        self.connection.execute(f"create or replace temp table scanned ({_scanned_columns(table)})")
        self._forget_scanner_rejects()
        self._insert(table, shape, group)
        self._number_rows(shape, group)
        self._check_counts(shape, group)
        if shape.format == "lines":
            found = self.connection.execute(
                "select distinct unnest(_unknown) from scanned where _unknown is not null"
            ).fetchall()
            self.unknown.setdefault(table.label, set()).update(name for (name,) in found)
        self._keep_rejects(table, shape, group)

    def _insert(self, table: Table, shape: Shape, group: list[ScannedFile]) -> None:
        largest = max(scanned.survey.text_bytes for scanned in group)
        reader = readers.reader(shape, table, [self.path(scanned) for scanned in group], largest)
        # On several threads each file is inserted as a piece of its own, and a thousand pieces of
        # many columns take a gigabyte.
        threads = 1 if len(group) > MAXIMUM_PIECES else os.cpu_count() or 1
        self.connection.execute(f"set threads = {threads}")
        try:
            self.connection.execute(
                f"insert into scanned by name {self._query(table, reader)}",
                self.key.parameters if any(column.hash_of for column in table.columns) else {},
            )
        except duckdb.Error as error:
            if len(group) == 1:
                group[0].broken = _unreadable(group[0].file, error)
                return
            if _is_machine_error(error):
                raise LandingError(_sentence(error)) from error
            half = len(group) // 2
            self._insert(table, shape, group[:half])
            self._insert(table, shape, group[half:])

    def _query(self, table: Table, reader: Reader) -> str:
        position = {name: f"i{number}" for number, name in enumerate(table.inputs)}
        inputs = "".join(
            f", {text(reader.inputs[name]) if name in reader.inputs else 'null::varchar'} as {i}"
            for name, i in position.items()
        )
        values = "".join(
            f", {column_value(column, position.__getitem__)} as v{number}"
            for number, column in enumerate(table.columns)
        )
        problems = "".join(
            f" {problem}"
            for number, column in enumerate(table.columns)
            for problem in self._problems(column, f"v{number}", position)
        )
        columns = "".join(
            f", v{number} as {identifier(column.name)}"
            for number, column in enumerate(table.columns)
        )
        # Step by step: the text of a row and its reason are made for the rejected rows only.
        return (
            "select _file, _declared, _unknown, _problem, "
            f"case when _problem <> '{BLANK}' then "
            f"{mask_expression(reader.text, self.secret_names)} end as _raw{columns} from ("
            f"select *, case when _unreadable is not null then _unreadable{problems} end "
            f"as _problem from (select *{values} from ("
            f"select *, {reader.problem} as _unreadable, {reader.unknown} as _unknown{inputs} "
            f"from ({reader.relation}))))"
        )

    def _problems(self, column: Column, value: str, position: dict[str, str]) -> list[str]:
        problems = []
        if column.data_type != "varchar":
            given = position[column.given_as]
            shown = f"left({mask_expression(given, self.secret_names)}, 80)"
            problems.append(
                f"when {given} is not null and {value} is null then {literal(column.name + ': ')} "
                f"|| '''' || {shown} || ''' is not {TYPE_IN_WORDS[column.data_type]}'"
            )
        if column.is_required:
            problems.append(f"when {value} is null then {literal(column.name + ' is missing')}")
        return problems

    def _forget_scanner_rejects(self) -> None:
        for name in ("reject_errors", "reject_scans", "scanner_rejects"):
            self.connection.execute(f"drop table if exists {name}")

    def _number_rows(self, shape: Shape, group: list[ScannedFile]) -> None:
        """Gives each row its number in the file, counting the lines the scanner kept out.

        Both threads scan, and DuckDB keeps the order of the files when it inserts: the row id is
        the order, where a window function would hold the scan to one thread.
        """
        execute = self.connection.execute
        if shape.format in ("lines", "csv"):
            header = 1 if shape.format == "csv" else 0
            # A failed scan of several files leaves rejects that the scan of its halves reports
            # again.
            execute(
                f"""
                create temp table scanner_rejects as
                select
                    cast(left(parse_filename(file_path), 7) as integer) as _file,
                    line - {header} as number,
                    any_value(error_type) as error_type,
                    any_value(regexp_extract(error_message, 'Found: (\\d+)', 1)) as found,
                    any_value(trim(csv_line, chr(10) || chr(13))) as text
                from reject_errors inner join reject_scans using (scan_id, file_id)
                group by all
                """
                if self._has_scanner_rejects()
                else "create temp table scanner_rejects (_file integer, number bigint, "
                "error_type varchar, found varchar, text varchar)"
            )
            execute(r"delete from scanner_rejects where trim(text, ' ' || chr(9)) = ''")
        else:
            execute(
                "create temp table scanner_rejects (_file integer, number bigint, "
                "error_type varchar, found varchar, text varchar)"
            )
        execute(
            "create or replace temp table starts as "
            "select _file, min(rowid) as first, max(rowid) - min(rowid) + 1 = count(*) as is_whole "
            "from scanned group by _file"
        )
        for (number,) in execute("select _file from starts where not is_whole").fetchall():
            raise LandingError(
                f"{_by_number(group)[number].file.shown}: its rows were read out of order."
            )
        numbered = (
            "select scanned.*, scanned.rowid - first + 1 as _row_number "
            "from scanned inner join starts using (_file)"
        )
        if execute("select 1 from scanner_rejects limit 1").fetchone():
            # The j-th rejected line l comes before the good row p where l - (j - 1) <= p.
            numbered = f"""
                select rows.* replace (rows._row_number + coalesce(skipped, 0) as _row_number)
                from ({numbered}) as rows
                asof left join (
                    select _file, number - j + 1 as threshold, max(j) as skipped
                    from (
                        select _file, number,
                            row_number() over (partition by _file order by number) as j
                        from scanner_rejects
                    )
                    group by all
                ) as t on rows._file = t._file and rows._row_number >= t.threshold
                """
        execute(f"create or replace temp view numbered as {numbered}")

    def _has_scanner_rejects(self) -> bool:
        return bool(
            self.connection.execute(
                "select 1 from duckdb_tables() where table_name = 'reject_errors'"
            ).fetchone()
        )

    def _check_counts(self, shape: Shape, group: list[ScannedFile]) -> None:
        """Counts each file's rows, and compares with what the file itself says where it does.

        A file whose rows were not all read is rejected as a whole, loudly, instead of losing some
        quietly.
        """
        counted = {
            number: (rows, lines, declared)
            for number, rows, lines, declared in self.connection.execute(
                f"""
                select _file, count(*) filter (_problem is distinct from '{BLANK}'), count(*),
                    max(_declared)
                from scanned group by _file
                """
            ).fetchall()
        }
        kept_out = dict(
            self.connection.execute(
                "select _file, count(*) from scanner_rejects group by _file"
            ).fetchall()
        )
        whole = [scanned for scanned in group if not scanned.broken]
        paths = [self.path(scanned) for scanned in whole]
        declared_rows = (
            readers.parquet_rows(self.connection, paths)
            if shape.format == "parquet" and paths
            else {}
        )
        doubtful = []
        for scanned in whole:
            rows, lines, declared = counted.get(scanned.number, (0, 0, None))
            skipped = kept_out.get(scanned.number, 0)
            scanned.rows_read = rows + skipped
            expected = declared_rows.get(scanned.number, declared)
            if expected is not None and expected != rows:
                scanned.broken = f"{rows} of its {expected} rows were read"
            physical = scanned.survey.lines
            if shape.format == "lines" and physical is not None and physical != lines + skipped:
                scanned.broken = f"{lines + skipped} of its {physical} lines were read"
            if (
                shape.format == "csv"
                and scanned.survey.has_quotes is False
                and physical != scanned.rows_read + 1
            ):
                doubtful.append(scanned)
        if doubtful:
            # Without quotes a row is a line; perhaps the rest is blank.
            filled = readers.count_filled_lines(
                self.connection, [self.path(scanned) for scanned in doubtful], shape.compression
            )
            for scanned in doubtful:
                expected = filled.get(scanned.number, 0) - 1
                if expected > scanned.rows_read:
                    scanned.broken = f"{scanned.rows_read} of its {expected} rows were read"

    def drop(self, scanned: ScannedFile) -> None:
        """Takes a file's rows out of ``scanned`` and ``rejects``."""
        self.connection.execute("delete from scanned where _file = $n", {"n": scanned.number})
        self.connection.execute("delete from rejects where _file = $n", {"n": scanned.number})

    def _keep_rejects(self, table: Table, shape: Shape, group: list[ScannedFile]) -> None:
        execute = self.connection.execute
        for scanned in group:
            if scanned.broken:
                execute("delete from scanned where _file = $n", {"n": scanned.number})
                execute("delete from scanner_rejects where _file = $n", {"n": scanned.number})
        execute(
            "insert into rejects select _file, _row_number, _problem, _raw from numbered "
            f"where _problem <> '{BLANK}' order by _file, _row_number"
        )
        fields = len(shape.header)
        execute(
            f"""
            insert into rejects
            select _file, number,
                case error_type
                    when 'INVALID ENCODING' then 'the line is not valid UTF-8'
                    when 'LINE SIZE OVER MAXIMUM'
                        then 'the line is longer than {readers.MAXIMUM_LINE_BYTES} bytes'
                    when 'UNQUOTED VALUE' then 'a quote does not close where its value ends'
                    when 'MISSING COLUMNS'
                        then 'the row has ' || found || ' fields, the header {fields}'
                    when 'TOO MANY COLUMNS'
                        then 'the row has more fields than the header, which has {fields}'
                    else 'the row cannot be read (' || lower(error_type) || ')'
                end,
                {mask_expression(_safe_fields(table, shape), self.secret_names)}
            from scanner_rejects
            order by _file, number
            """
        )


def reject_whole(connection: duckdb.DuckDBPyConnection, scanned: ScannedFile) -> None:
    """Notes a file that cannot be read at all as one reject."""
    scanned.rows_read, scanned.rows_rejected, scanned.rows_landed = 1, 1, 0
    connection.execute(
        "insert into rejects values ($number, null, $reason, null)",
        {"number": scanned.number, "reason": f"the whole file: {scanned.broken}"},
    )


def _safe_fields(table: Table, shape: Shape) -> str:
    """SQL of the fields of an unreadable CSV line that no secret can have slipped into.

    With n fields too few, a secret can stand up to n places earlier than the header says; with too
    many it stands later. What comes from the first such place on is masked.
    """
    places = [place for place, name in enumerate(shape.columns) if readers.is_secret(name, table)]
    if not places:
        return "text"
    delimiter = literal(shape.delimiter)
    fields = f"string_split(text, {delimiter})"
    return (
        f"array_to_string({fields}[1:greatest(0, {places[0]} - greatest(0, {len(shape.header)} "
        f"- coalesce(try_cast(found as integer), len({fields}))))], {delimiter}) "
        f"|| {literal(shape.delimiter + MASK)}"
    )


def _scanned_columns(table: Table) -> str:
    columns = "".join(f", {identifier(column.name)} {column.data_type}" for column in table.columns)
    return (
        "_file integer, _declared bigint, _unknown varchar[], "
        f"_problem varchar, _raw varchar{columns}"
    )


def _by_number(group: list[ScannedFile]) -> dict[int, ScannedFile]:
    return {scanned.number: scanned for scanned in group}


def _is_machine_error(error: duckdb.Error) -> bool:
    return not isinstance(error, _FILE_ERRORS) or any(
        words in str(error).lower() for words in _MACHINE_WORDS
    )


def _unreadable(file: FoundFile, error: duckdb.Error) -> str:
    """Why one file cannot be read, without anything the file says itself.

    Raises:
        LandingError: it is the machine's fault and not the file's.
    """
    if _is_machine_error(error):
        raise LandingError(f"Reading {file.shown}: {_sentence(error)}") from error
    kind = {"lines": "JSON lines", "csv": "CSV", "parquet": "Parquet", "document": "JSON"}[
        file.format
    ]
    packed = {"none": "", "gzip": " in gzip", "zstd": " in zstd"}[file.compression]
    return f"it cannot be read as {kind}{packed}"


def _sentence(error: duckdb.Error) -> str:
    return str(error).strip().splitlines()[0]

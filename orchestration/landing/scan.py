"""Reading a group of files: one scan into typed rows and rejects, counted file by file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import duckdb

from orchestration.landing import readers
from orchestration.landing.contract import Column, Table
from orchestration.landing.errors import LandingError
from orchestration.landing.forgetting import ForgottenPeople
from orchestration.landing.inventory import FoundFile, Survey
from orchestration.landing.names import Names
from orchestration.landing.readers import BLANK, SKIPPED, Reader, Shape
from orchestration.landing.secrets import (
    MASK,
    TokenKey,
    hash_expression,
    literal,
    mask_expression,
)
from orchestration.landing.values import (
    TYPE_IN_WORDS,
    code_of_secret,
    column_value,
    given_value,
    identifier,
    text,
)

if TYPE_CHECKING:
    from orchestration.landing.formats import Format

_Answer = TypeVar("_Answer")

MAXIMUM_PIECES = 16
_SMALL_FILE_BYTES = 4 << 20
_ROWS_TO_LOOK_AT = 5_000
_ROWS_TO_LEARN_FROM = 50_000
_FILES_TO_LEARN_FROM = 2

# What a reject says in words that came with the row; a value stands in quotes in its reason.
TEXT_OF_REJECT = "concat_ws(' ', raw_text, reason)"
REASON_WITHOUT_VALUE = f"regexp_replace(reason, '''.*''', '''{MASK}''')"

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
        number: its number in this landing; files of one group follow each other.
        file: the file.
        survey: what its bytes say.
        rows_read: rows in the file, a file that is rejected as a whole being one.
        rows_landed: rows written to raw/.
        rows_rejected: rows kept as rejects.
        lines_skipped: lines that its format declares to be no rows.
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
    lines_skipped: int = 0
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
        formats: the declared formats by name.
        forgotten: people whose names are not landed, if there is a list.
        unknown: unknown inputs by table, filled while scanning.
    """

    connection: duckdb.DuckDBPyConnection
    key: TokenKey
    links: Path
    secret_names: tuple[str, ...]
    formats: Mapping[str, Format] = field(default_factory=dict)
    forgotten: ForgottenPeople | None = None
    unknown: dict[str, set[str]] = field(default_factory=dict)
    _known: str | None = None

    def path(self, scanned: ScannedFile) -> str:
        """The numbered name of a file."""
        return str(self.links / readers.numbered_name(scanned.number, scanned.file))

    def shape(self, scanned: ScannedFile) -> Shape | None:
        """The file's shape; None where it has no rows or is broken, which is noted then."""
        file, survey = scanned.file, scanned.survey
        if survey.damage or file.size == 0 or survey.text_bytes == 0:
            scanned.broken = survey.damage
            return None
        if file.format == "document" and survey.text_bytes > readers.MAXIMUM_DOCUMENT_BYTES:
            megabytes = readers.MAXIMUM_DOCUMENT_BYTES >> 20
            scanned.broken = f"the document is larger than {megabytes} MB uncompressed"
            return None
        try:
            return readers.shape_of(self.connection, file, survey, self.path(scanned))
        except readers.BrokenFileError as error:
            scanned.broken = str(error)
        except duckdb.Error as error:
            self._give_up(scanned, error)
        return None

    def _give_up(self, scanned: ScannedFile, error: duckdb.Error) -> None:
        """Notes that a file cannot be read, unless that is the machine's fault.

        One that changed meanwhile, or is gone, is nobody's fault: it is left out later.
        """
        if _is_machine_error(error) and _are_unchanged([scanned]):
            raise LandingError(f"Reading {scanned.file.shown}: {_sentence(error)}") from error
        scanned.broken = _unreadable(scanned)

    def read(self, table: Table, shape: Shape, group: list[ScannedFile]) -> None:
        """Reads files of one shape into ``scanned``, and notes those that break the scan.

        ``scanned`` has ``_file``, ``_declared``, ``_unknown``, ``_problem``, ``_raw``, the table's
        columns and the codes of known secrets; the view ``numbered`` adds ``_row_number``.
        """
        if shape.format in ("csv", "parquet"):
            self.unknown.setdefault(table.label, set()).update(
                readers.unknown_columns(shape, table)
            )
        self.connection.execute(f"create or replace temp table scanned ({_scanned_columns(table)})")
        self._forget_scanner_rejects()
        self._learn_secrets(table, shape, group)
        rest = self._read_clean(table, shape, group)
        if rest:
            self._insert(table, shape, rest)
        self._forget(table, group)
        self._number_rows(shape, group)
        self._check_counts(table, shape, group)
        self._note_unknown(table, "scanned")
        self._keep_rejects(table, shape, group)

    def landed_rows(self, table: Table) -> tuple[str, str]:
        """SQL of the rows of ``numbered`` as they are landed.

        Returns:
            The list of the table's columns, and the relation they are taken from, which has
            ``_file``, ``_row_number`` and ``_problem`` too.
        """
        columns, relation = [], "numbered"
        for number, column in enumerate(table.columns):
            name = identifier(column.name)
            if column.hash_of and self._known:
                relation += (
                    f" left join known as known{number} on _code{number} = known{number}.code"
                )
                name = f"coalesce({name}, known{number}.hash) as {name}"
            columns.append(name)
        return ", ".join(columns), relation

    def _reader(self, table: Table, shape: Shape, group: list[ScannedFile]) -> Reader:
        largest = max(scanned.survey.text_bytes for scanned in group)
        paths = [self.path(scanned) for scanned in group]
        return readers.reader(shape, table, paths, largest, self.formats)

    def _read_clean(
        self, table: Table, shape: Shape, group: list[ScannedFile]
    ) -> list[ScannedFile]:
        """Reads the files in which every line is a good row; returns the others.

        A file is clean when the fast reader finds as many rows as the survey has counted lines,
        and nothing is wrong with any of them.
        """
        paths = [self.path(scanned) for scanned in group]
        reader = readers.clean_reader(shape, table, paths, group[0].number)
        if reader is None:
            return group
        try:
            self._insert_rows(table, reader, len(group))
        except duckdb.Error as error:
            if _is_machine_error(error) and _are_unchanged(group):
                raise LandingError(_sentence(error)) from error
            self.connection.execute("delete from scanned")
            return group
        good_rows = dict(
            self.connection.execute(
                "select _file, count(*) from scanned group by _file "
                "having bool_and(_problem is null)"
            ).fetchall()
        )
        clean = [s for s in group if good_rows.get(s.number) == s.survey.lines]
        rest = [s for s in group if good_rows.get(s.number) != s.survey.lines]
        if rest:
            numbers = ", ".join(str(scanned.number) for scanned in rest)
            self.connection.execute(f"delete from scanned where _file in ({numbers})")
        _ask_of_the_unchanged(clean, lambda left: self._find_unknown(table, shape, left))
        return rest

    def _find_unknown(self, table: Table, shape: Shape, clean: list[ScannedFile]) -> None:
        """Looks for unknown inputs in files that were read without looking for them.

        Of a large file the first rows tell: to look at all costs as much as to read them.
        """
        small = [s for s in clean if s.survey.text_bytes <= _SMALL_FILE_BYTES]
        readers_ = [self._reader(table, shape, small)] if small else []
        readers_ += [
            readers.sample_reader(shape, table, self.path(scanned), _ROWS_TO_LOOK_AT, self.formats)
            for scanned in clean
            if scanned.survey.text_bytes > _SMALL_FILE_BYTES
        ]
        for each in readers_:
            self._note_unknown(table, f"(select {each.unknown} as _unknown from ({each.relation}))")
        # These scans have not said anything of bad lines that the next one will not say.
        self._forget_scanner_rejects()

    def _note_unknown(self, table: Table, relation: str) -> None:
        found = self.connection.execute(
            f"select distinct unnest(_unknown) from {relation} where _unknown is not null"
        ).fetchall()
        self.unknown.setdefault(table.label, set()).update(name for (name,) in found)

    def _learn_secrets(self, table: Table, shape: Shape, group: list[ScannedFile]) -> None:
        """Makes an ENUM of the secrets in the first rows of some files, see ``code_of_secret``.

        It is an entry of the catalogue and stays in memory; ``scanned``, which may spill to disk,
        holds numbers instead of them.
        """
        self.connection.execute("drop type if exists known_secrets")
        self.connection.execute("create or replace temp table known (code integer, hash varchar)")
        self._known = None
        names = dict.fromkeys(name for column in table.columns for name in column.hash_of)
        if sum(scanned.survey.text_bytes for scanned in group) <= _SMALL_FILE_BYTES:
            return
        large = [s for s in group if s.survey.text_bytes > _SMALL_FILE_BYTES] or group
        sampled = []
        for scanned in large[:_FILES_TO_LEARN_FROM]:
            path = self.path(scanned)
            rows = _ROWS_TO_LEARN_FROM
            reader = readers.sample_reader(shape, table, path, rows, self.formats)
            given = [reader.inputs[name] for name in names if name in reader.inputs]
            if given:
                secrets = ", ".join(f"{each}::varchar" for each in given)
                sampled.append(f"select unnest([{secrets}]) as secret from ({reader.relation})")
        if not sampled:
            return
        try:
            self.connection.execute(
                "create type known_secrets as enum (select distinct secret from ("
                f"{' union all '.join(sampled)}) where secret is not null)"
            )
        except duckdb.Error:
            return  # the scan meets the same file, and says what is wrong with it
        finally:
            self._forget_scanner_rejects()
        self.connection.execute(
            "insert into known "
            f"select enum_code(label::known_secrets)::integer, {hash_expression('label')} "
            "from (select unnest(enum_range(null::known_secrets))::varchar as label)",
            self.key.parameters,
        )
        self._known = "known_secrets"

    def _forget(self, table: Table, group: list[ScannedFile]) -> None:
        """Gives forgotten people their pseudonyms, and keeps no text of their rejects.

        By what else their rows say the list of them grows.
        """
        if not self.forgotten or not table.naming:
            return
        rows = "(select *, rowid as _row from scanned)"
        if table.has_relations:
            relations = " ".join(
                f"when {scanned.number} then {literal(str(scanned.file.relation))}"
                for scanned in group
            )
            rows = (
                f"(select *, rowid as _row, case _file {relations} end as _source_relation "
                "from scanned)"
            )
        present = {"_source_relation", *(column.name for column in table.columns)}
        names = Names(self.connection, self.forgotten)
        names.read(table, rows, present)
        names.take_listed()
        names.follow()
        names.replace()
        change = names.change(table, present)
        if not change:
            return
        if names.enlist():
            self.forgotten.save(is_finished=False)
        values = ", ".join(f"{sql} as {identifier(name)}" for name, sql in change.columns.items())
        self.connection.execute(
            f"create or replace temp table changed as select landed._row, {values} "
            f"from {rows} as landed {change.joins} where {change.is_changed}"
        )
        columns = (identifier(name) for name in change.columns)
        assigned = ", ".join(f"{name} = changed.{name}" for name in columns)
        # The order of the rows, which their numbers are taken from, stays.
        self.connection.execute(
            f"update scanned set _raw = null, {assigned} from changed "
            "where scanned.rowid = changed._row"
        )

    def _insert(self, table: Table, shape: Shape, group: list[ScannedFile]) -> None:
        try:
            self._insert_rows(table, self._reader(table, shape, group), len(group))
        except duckdb.Error as error:
            if len(group) == 1:
                self._give_up(group[0], error)
                return
            if _is_machine_error(error) and _are_unchanged(group):
                raise LandingError(_sentence(error)) from error
            half = len(group) // 2
            self._insert(table, shape, group[:half])
            self._insert(table, shape, group[half:])

    def _insert_rows(self, table: Table, reader: Reader, files: int) -> None:
        # On several threads each file is inserted as a piece of its own, and a thousand pieces of
        # many columns take a gigabyte.
        threads = 1 if files > MAXIMUM_PIECES else os.cpu_count() or 1
        self.connection.execute(f"set threads = {threads}")
        self.connection.execute(
            f"insert into scanned by name {self.query(table, reader)}",
            self.key.parameters if any(column.hash_of for column in table.columns) else {},
        )

    def query(self, table: Table, reader: Reader) -> str:
        """SQL of a reader's rows in the columns of ``scanned``; bind ``TokenKey.parameters``."""
        position = {name: f"i{number}" for number, name in enumerate(table.inputs)}
        types = {name: reader.types.get(name, "VARCHAR") for name in table.inputs}
        columns = list(enumerate(table.columns))
        hashed = {n for n, column in columns if column.hash_of and self._known}

        def given(name: str) -> str:
            value = reader.inputs.get(name, "null::varchar")
            return text(value) if types[name] == "VARCHAR" else value

        def value(column: Column) -> str:
            return column_value(column, position.__getitem__, types.__getitem__, self._known)

        def code(column: Column) -> str:
            return code_of_secret(column, position.__getitem__, self._known)

        inputs = [f"{given(name)} as {place}" for name, place in position.items()]
        values = [f"{value(column)} as v{n}" for n, column in columns]
        values += [f"{code(column)} as k{n}" for n, column in columns if n in hashed]
        problems = [
            problem
            for n, column in columns
            for problem in self._problems(column, n, n in hashed, position, types)
        ]
        landed = [f"v{n} as {identifier(column.name)}" for n, column in columns]
        landed += [f"k{n} as _code{n}" for n in hashed]
        # Step by step: the text of a row and its reason are made for the rejected rows only.
        return (
            "select _file, _declared, _unknown, _problem, "
            f"case when _problem not in ('{BLANK}', '{SKIPPED}') "
            f"then {mask_expression(reader.text, self.secret_names)} end as _raw, "
            f"{', '.join(landed)} from ("
            "select *, case when _unreadable is not null then _unreadable "
            f"{' '.join(problems)} end as _problem from ("
            f"select *, {', '.join(values)} from ("
            f"select *, {reader.problem} as _unreadable, {reader.unknown} as _unknown, "
            f"{', '.join(inputs)} from ({reader.relation}))))"
        )

    def _problems(
        self,
        column: Column,
        number: int,
        has_code: bool,
        position: dict[str, str],
        types: dict[str, str],
    ) -> list[str]:
        problems = []
        if column.data_type != "varchar":
            for name in column.given_as:
                given = position[name]
                # Of several inputs the next one must not cover up that this one cannot be read.
                value = (
                    given_value(given, types[name], column.data_type)
                    if len(column.given_as) > 1
                    else f"v{number}"
                )
                shown = f"left({mask_expression(f'{given}::varchar', self.secret_names)}, 80)"
                problems.append(
                    f"when {given} is not null and {value} is null "
                    f"then {literal(column.name + ': ')} "
                    f"|| '''' || {shown} || ''' is not {TYPE_IN_WORDS[column.data_type]}'"
                )
        if column.is_required:
            known = f" and k{number} is null" if has_code else ""
            problems.append(
                f"when v{number} is null{known} then {literal(column.name + ' is missing')}"
            )
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
        if shape.format in ("lines", "csv", "text"):
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

    def _check_counts(self, table: Table, shape: Shape, group: list[ScannedFile]) -> None:
        """Counts each file's rows, and compares with what the file itself says where it does.

        A file whose rows were not all read is rejected as a whole, loudly, instead of losing some
        quietly.
        """
        counted = {
            number: counts
            for number, *counts in self.connection.execute(
                f"""
                select _file,
                    count(*) filter (
                        _problem is null or _problem not in ('{BLANK}', '{SKIPPED}')
                    ),
                    count(*), max(_declared), count(*) filter (_problem = '{SKIPPED}')
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
        declared_rows = (
            _ask_of_the_unchanged(whole, self._rows_declared) if shape.format == "parquet" else {}
        )
        doubtful = []
        for scanned in whole:
            rows, lines, declared, scanned.lines_skipped = counted.get(
                scanned.number, (0, 0, None, 0)
            )
            skipped = kept_out.get(scanned.number, 0)
            scanned.rows_read = rows + skipped
            expected = declared_rows.get(scanned.number, declared)
            if expected is not None and expected != rows:
                scanned.broken = f"{rows} of its {expected} rows were read"
            physical = scanned.survey.lines
            if shape.format in ("lines", "text") and physical != lines + skipped:
                scanned.broken = f"{lines + skipped} of its {physical} lines were read"
            if shape.format == "csv" and physical != scanned.rows_read + 1:
                doubtful.append(scanned)
        for scanned in doubtful:
            _ask_of_the_unchanged(
                [scanned],
                lambda left: [self._check_lines_of_csv(table, shape, each) for each in left],
            )

    def _rows_declared(self, group: list[ScannedFile]) -> dict[int, int]:
        paths = [self.path(scanned) for scanned in group]
        return readers.parquet_rows(self.connection, paths) if paths else {}

    def _check_lines_of_csv(self, table: Table, shape: Shape, scanned: ScannedFile) -> None:
        """Looks where the lines are that are no rows: blank, or inside of quoted values."""
        path = [self.path(scanned)]
        filled = readers.count_filled_lines(self.connection, path, shape)
        lines = filled.get(scanned.number, 0) - 1
        if scanned.survey.quotes and lines > scanned.rows_read:
            inside = readers.count_line_breaks_in_values(self.connection, table, path, shape)
            lines -= inside.get(scanned.number, 0)
        kept_out = self.connection.execute(
            "select count(*) from scanner_rejects where _file = $n and error_type = $type",
            {"n": scanned.number, "type": "UNQUOTED VALUE"},
        ).fetchone()[0]
        # A quote that does not close holds all that follows it.
        if lines > scanned.rows_read and not kept_out:
            scanned.broken = (
                "a quote does not close"
                if shape.has_open_quote
                else f"{scanned.rows_read} of its {lines} rows were read"
            )

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
            f"where _problem not in ('{BLANK}', '{SKIPPED}') order by _file, _row_number"
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
                -- What is no text at all is masked as a whole: its words have no ends.
                case when regexp_matches(text, '[\\x00-\\x08\\x0e-\\x1f]') then '{MASK}'
                    else {mask_expression(_safe_fields(table, shape), self.secret_names)}
                end
            from scanner_rejects
            order by _file, number
            """
        )
        if self.forgotten:
            numbers = ", ".join(str(scanned.number) for scanned in group)
            condition = self.forgotten.names_them(TEXT_OF_REJECT)
            execute(
                f"update rejects set reason = {REASON_WITHOUT_VALUE}, raw_text = null "
                f"where _file in ({numbers}) and {condition}",
                self.key.parameters,
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
    codes = "".join(
        f", _code{number} integer" for number, column in enumerate(table.columns) if column.hash_of
    )
    return (
        "_file integer, _declared bigint, _unknown varchar[], "
        f"_problem varchar, _raw varchar{columns}{codes}"
    )


def _by_number(group: list[ScannedFile]) -> dict[int, ScannedFile]:
    return {scanned.number: scanned for scanned in group}


def _is_machine_error(error: duckdb.Error) -> bool:
    # What a damaged Parquet file provokes has no class of its own.
    is_of_the_file = isinstance(error, _FILE_ERRORS) or type(error) is duckdb.Error
    return not is_of_the_file or any(words in str(error).lower() for words in _MACHINE_WORDS)


def _are_unchanged(group: list[ScannedFile]) -> bool:
    return all(scanned.file.is_unchanged() for scanned in group)


def _ask_of_the_unchanged(
    group: list[ScannedFile], ask: Callable[[list[ScannedFile]], _Answer]
) -> _Answer:
    """What ``ask``, which reads files once more, says of those that nobody has touched meanwhile.

    A file can go at any time. One that did is left out of the landing when it is settled, and its
    neighbours must not suffer.
    """
    while True:
        left = [scanned for scanned in group if scanned.file.is_unchanged()]
        try:
            return ask(left)
        except duckdb.Error:
            if _are_unchanged(left):
                raise


def _unreadable(scanned: ScannedFile) -> str:
    """Why one file cannot be read, without anything the file says itself."""
    file = scanned.file
    if file.format == "csv" and scanned.survey.is_mixed:
        return "it cannot be read as CSV: its line ends are of several kinds"
    kind = {
        "lines": "JSON lines",
        "csv": "CSV",
        "parquet": "Parquet",
        "document": "JSON",
        "text": "lines of text",
    }[file.format]
    packed = {"none": "", "gzip": " in gzip", "zstd": " in zstd"}[file.compression]
    return f"it cannot be read as {kind}{packed}"


def _sentence(error: duckdb.Error) -> str:
    return str(error).strip().splitlines()[0]

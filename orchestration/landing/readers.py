"""One reader per file format: SQL that scans many files at once and says where each input is found.

Every reader gives a relation, in the order of the files and their rows, with ``_file`` (number of
the file) and ``_declared`` (rows that the file itself says it has, or NULL), and expressions over
its other columns. Files are scanned under numbered names (``0000012.jsonl.gz``), see
``numbered_name``: a name given by somebody else could hold characters that DuckDB takes for a
pattern.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import duckdb

from orchestration.landing.contract import Table
from orchestration.landing.secrets import MASK, SECRET_WORDS, literal
from orchestration.landing.values import identifier, is_blank

if TYPE_CHECKING:
    from orchestration.landing.formats import Format
    from orchestration.landing.inventory import FoundFile, Survey

# The delimiter of a file without columns: four control characters that no line holds in a row.
_NO_DELIMITER = "\x01\x02\x03\x04"
_DELIMITERS = ",;\t|"
MAXIMUM_LINE_BYTES = 2_000_000
MAXIMUM_DOCUMENT_BYTES = 256 << 20

BLANK = ""  # the problem of a line that is no row at all
SKIPPED = "-"  # the problem of a line that its format declares to be no row


@dataclass(frozen=True)
class Reader:
    """SQL of one scan.

    Attributes:
        relation: a query with the columns described above.
        inputs: expression of each input the files have; others are NULL.
        text: expression of the row as it came.
        problem: expression that is NULL for a row, ``BLANK`` for a blank line, ``SKIPPED`` for one
            that is no row by its format, else why it is unreadable.
        unknown: expression of the row's unknown inputs (VARCHAR[]), or NULL.
        types: DuckDB's type of the inputs that are not VARCHAR.
    """

    relation: str
    inputs: dict[str, str]
    text: str
    problem: str = "null::varchar"
    unknown: str = "null::varchar[]"
    types: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shape:
    """What files must share to be scanned together.

    Attributes:
        format: as in ``FoundFile``.
        compression: as in ``FoundFile``.
        delimiter: of a CSV.
        header: column names of a CSV or Parquet file, with their types for Parquet.
        declared: name of the declared format of a text.
        new_line: as in ``Survey``.
        is_serial: as in ``Survey``.
        has_open_quote: whether a quote in a CSV does not close.
        is_sample: whether only the first rows are wanted: then DuckDB reads less at once.
    """

    format: str
    compression: str
    delimiter: str = ""
    header: tuple[tuple[str, str], ...] = field(default=())
    declared: str = ""
    new_line: str = r"\n"
    is_serial: bool = False
    has_open_quote: bool = False
    is_sample: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of a CSV or Parquet file."""
        return tuple(name for name, _ in self.header)


class BrokenFileError(Exception):
    """A file cannot be read at all; the message is a reject's reason."""


def numbered_name(number: int, file: FoundFile) -> str:
    """The name that a file is scanned under."""
    ending = {"lines": "jsonl", "document": "json", "text": "log"}.get(file.format, file.format)
    return f"{number:07d}.{ending}" + {"none": "", "gzip": ".gz", "zstd": ".zst"}[file.compression]


def shape_of(
    connection: duckdb.DuckDBPyConnection, file: FoundFile, survey: Survey, path: str
) -> Shape:
    """Looks at the header of a CSV or the schema of a Parquet file.

    Raises:
        BrokenFileError: there is no header, or a required column is not in it.
    """
    text = Shape(
        file.format,
        file.compression,
        declared=file.declared.name if file.declared else "",
        new_line=survey.new_line,
        is_serial=survey.is_serial,
        has_open_quote=bool(survey.quotes and survey.quotes % 2),
    )
    if file.format == "csv":
        found = connection.execute(f"select line from {_lines([path], text)} limit 1").fetchone()
        if not found or not (found[0] or "").strip():
            raise BrokenFileError("the file does not begin with a header line")
        delimiter, names = _header(found[0], file.table)
        shape = replace(text, delimiter=delimiter, header=tuple((name, "") for name in names))
    elif file.format == "parquet":
        described = connection.execute(
            f"describe select * from read_parquet({literal(path)}, binary_as_string = true)"
        ).fetchall()
        shape = Shape("parquet", "none", header=tuple((row[0], row[1]) for row in described))
    else:
        return text
    for column in file.table.columns:
        if column.is_required and not set(column.inputs) & set(shape.columns):
            raise BrokenFileError(f"the file has no column {' or '.join(column.inputs)}")
    return shape


def _header(line: str, table: Table) -> tuple[str, list[str]]:
    """The delimiter under which most column names are known, and the names."""
    known = set(table.inputs)
    best: tuple[int, str, list[str]] | None = None
    for delimiter in _DELIMITERS:
        names = [
            name.strip().strip("\ufeff") for name in next(csv.reader([line], delimiter=delimiter))
        ]
        score = len(known & set(names))
        if best is None or score > best[0]:
            best = (score, delimiter, names)
    return best[1], best[2]


def unknown_columns(shape: Shape, table: Table) -> set[str]:
    """Columns of a CSV or Parquet file that the table does not know."""
    return {name for name in shape.columns if name} - set(table.inputs)


def is_secret(name: str, table: Table) -> bool:
    """Whether a column of a CSV or Parquet file may hold what must not be seen in a reject."""
    secret = {path for column in table.columns for path in column.secret_inputs}
    return name in secret or any(word in name.lower() for word in SECRET_WORDS)


def reader(
    shape: Shape,
    table: Table,
    paths: Sequence[str],
    largest: int,
    formats: Mapping[str, Format] | None = None,
) -> Reader:
    """The reader of files of one shape.

    Args:
        shape: what the files share.
        table: the table they are read into.
        paths: the numbered names.
        largest: bytes of the largest file's uncompressed text.
        formats: the declared formats by name.
    """
    if shape.format == "lines":
        return _json_lines(table, paths, shape)
    if shape.format == "text":
        lines = f"(select {_FILE}, line from {_lines(paths, shape)})"
        return formats[shape.declared].reader(table, lines)
    if shape.format == "document":
        return _json_documents(table, paths, largest)
    if shape.format == "csv":
        return _csv(table, paths, shape)
    return _parquet(table, paths, shape)


def clean_reader(
    shape: Shape, table: Table, paths: Sequence[str], first_number: int
) -> Reader | None:
    """The reader of files in which every line is a row, as nearly all are, where it is faster.

    DuckDB's own reader of JSON lines takes a third of the time that the text of each line and a
    parser behind it take, but cannot say which line is none. It stops at the first that is no JSON
    object; whether it has read as many rows as there are lines is for the caller to compare.

    Args:
        shape: what the files share.
        table: the table they are read into.
        paths: the numbered names, whose numbers follow each other.
        first_number: number of the first.
    """
    is_plain = len(_json_objects(table)) == 1 and not any("." in name for name in table.inputs)
    if shape.format != "lines" or shape.is_serial or not is_plain:
        return None
    columns = ", ".join(f"{identifier(name)}: 'VARCHAR'" for name in table.inputs)
    compression = {"none": "uncompressed"}.get(shape.compression, shape.compression)
    return Reader(
        relation=(
            f"select (file_index + {first_number})::integer as _file, null::bigint as _declared, "
            f"{', '.join(identifier(name) for name in table.inputs)} "
            f"from read_json({_list(paths)}, columns = {{{columns}}}, "
            f"format = 'newline_delimited', records = true, compression = '{compression}', "
            f"maximum_object_size = {MAXIMUM_LINE_BYTES})"
        ),
        inputs={name: identifier(name) for name in table.inputs},
        text="null::varchar",
    )


_FILE = "cast(left(parse_filename(filename), 7) as integer) as _file"


def _list(paths: Sequence[str]) -> str:
    return "[" + ", ".join(literal(path) for path in paths) + "]"


def sample_reader(
    shape: Shape, table: Table, path: str, rows: int, formats: Mapping[str, Format] | None = None
) -> Reader:
    """The reader of the first rows of one large file, which reads little more than those.

    Args:
        shape: the file's shape.
        table: the table it is read into.
        path: its numbered name.
        rows: how many rows.
        formats: the declared formats by name.
    """
    few = replace(shape, is_serial=True, is_sample=True)
    found = reader(few, table, [path], 0, formats)
    return replace(found, relation=f"select * from ({found.relation}) limit {rows}")


def _lines(paths: Sequence[str], shape: Shape) -> str:
    # store_rejects keeps lines that are not UTF-8.
    return (
        f"read_csv({_list(paths)}, columns = {{'line': 'VARCHAR'}}, delim = "
        f"{literal(_NO_DELIMITER)}, "
        r"quote = '', escape = '', header = false, auto_detect = false, strict_mode = false, "
        f"new_line = '{shape.new_line}', max_line_size = {MAXIMUM_LINE_BYTES}, "
        "store_rejects = true, "
        f"{_as_read(shape)}, filename = true)"
    )


def _as_read(shape: Shape) -> str:
    buffer = f", buffer_size = {4 * MAXIMUM_LINE_BYTES}" if shape.is_sample else ""
    return f"compression = '{shape.compression}', parallel = {not shape.is_serial}{buffer}"


def count_filled_lines(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[str], shape: Shape
) -> dict[int, int]:
    """Lines that are not blank, by file number, read as plain lines."""
    query = (
        f"select {_FILE}, count(*) filter (not {is_blank('line')}) "
        f"from {_lines(paths, shape)} group by all"
    )
    return dict(connection.execute(query).fetchall())


def count_line_breaks_in_values(
    connection: duckdb.DuckDBPyConnection, table: Table, paths: Sequence[str], shape: Shape
) -> dict[int, int]:
    """Line breaks inside quoted values of a CSV, by file number."""
    reader = _csv(table, paths, shape)
    breaks = " + ".join(
        f"coalesce(len(c{n}) - len(replace(replace(c{n}, '\r\n', '\n'), '\n', '')), 0)"
        for n in range(len(shape.header))
    )
    query = f"select _file, sum({breaks})::bigint from ({reader.relation}) group by all"
    return dict(connection.execute(query).fetchall())


def _structure(inputs: Sequence[str]) -> str:
    """DuckDB's description of the parts of a JSON object that are read, all of them as text."""
    tree: dict = {}
    for path in inputs:
        *above, leaf = path.split(".")
        node = tree
        for part in above:
            node = node.setdefault(part, {})
        node[leaf] = "VARCHAR"
    return literal(json.dumps(tree))


def _json_objects(table: Table) -> list[list[str]]:
    """The inputs, in lists in which no two differ by case only, as DuckDB does not see that."""
    lists: list[list[str]] = [[]]
    for path in table.inputs:
        for among in lists:
            if path.lower() not in {other.lower() for other in among}:
                among.append(path)
                break
        else:
            lists.append([path])
    return lists


def _json_inputs(table: Table) -> dict[str, str]:
    return {
        path: f"s{number}." + ".".join(identifier(part) for part in path.split("."))
        for number, among in enumerate(_json_objects(table))
        for path in among
    }


def _json_parts(table: Table, json_text: str, condition: str) -> str:
    """The parts of JSON objects that are read, as ``s0``, ``s1`` ...; NULL where there is none."""
    return ", ".join(
        f"case when {condition} then try(from_json({json_text}, {_structure(among)})) end "
        f"as s{number}"
        for number, among in enumerate(_json_objects(table))
    )


def _json_lines(table: Table, paths: Sequence[str], shape: Shape) -> Reader:
    inputs = _json_inputs(table)
    known = {path.split(".")[0] for path in inputs}
    # Only a row with more keys than values found can hold an unknown key; the list is made for
    # those.
    filled = " + ".join(f"({expression} is not null)::integer" for expression in inputs.values())
    names = ", ".join(literal(name) for name in sorted(known))
    # A valid JSON text that begins with a brace is an object. try() gives NULL for invalid JSON.
    is_object = r"line >= '{' and line < '|' or regexp_matches(line, '^\s*\{')"
    return Reader(
        relation=(
            "select _file, null::bigint as _declared, line, "
            f"{_json_parts(table, 'line', is_object)} "
            f"from (select {_FILE}, line from {_lines(paths, shape)})"
        ),
        inputs=inputs,
        text="line",
        problem=(
            f"case when s0 is not null then null when {is_blank('line')} then '{BLANK}' "
            "else 'the line is not a JSON object' end"
        ),
        unknown=(
            f"case when s0 is not null and len(json_keys(line)) > {filled} "
            f"then list_filter(json_keys(line), lambda k: k not in ({names})) end"
        ),
    )


def _json_documents(table: Table, paths: Sequence[str], largest: int) -> Reader:
    array = f'$."{table.records}"'
    is_object = "json_type(record) = 'OBJECT'"
    return Reader(
        relation=(
            "select _file, record, if(is_array, records, null) as _declared, "
            f"{_json_parts(table, 'record', is_object)} from ("
            "select *, unnest(if(is_array, json_extract(json, "
            f"{literal(array + '[*]')}), [null])) as record from ("
            f"select {_FILE}, json, json_array_length(json, {literal(array)}) as records, "
            f"coalesce(json_type(json, {literal(array)}) = 'ARRAY', false) as is_array "
            f"from read_json_objects({_list(paths)}, format = 'unstructured', "
            f"filename = true, "
            f"maximum_object_size = {max(1 << 20, largest + 1)})))"
        ),
        inputs=_json_inputs(table),
        text="record::varchar",
        problem=(
            f"case when s0 is not null then null when record is null "
            f"then {literal(f'the document has no array {table.records}')} "
            "else 'the record is not a JSON object' end"
        ),
        # No unknown inputs: the format is somebody else's, of which the contract takes a part by
        # design.
    )


def _csv(table: Table, paths: Sequence[str], shape: Shape) -> Reader:
    names = [f"c{number}" for number in range(len(shape.header))]
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    shown = (
        f"case when {name} is not null then '{MASK}' else '' end"
        if is_secret(title, table)
        else f"coalesce({name}, '')"
        for name, title in zip(names, shape.columns, strict=True)
    )
    return Reader(
        relation=(
            f"select {_FILE}, null::bigint as _declared, "
            f"{', '.join(names)} from read_csv({_list(paths)}, columns = {{{columns}}}, "
            f"""delim = {literal(shape.delimiter)}, quote = '"', escape = '"', header = true, """
            # Not strict, a row with too many fields would lose them silently.
            "auto_detect = false, strict_mode = true, store_rejects = true, "
            f"max_line_size = {MAXIMUM_LINE_BYTES}, {_as_read(shape)}, filename = true)"
        ),
        # The first of two columns with one name counts.
        inputs={
            title: name
            for name, title in reversed(list(zip(names, shape.columns, strict=True)))
            if title in table.inputs
        },
        text=f"concat_ws({literal(shape.delimiter)}, {', '.join(shown)})",
        problem=f"case when c0 is null then '{BLANK}' end" if len(names) == 1 else "null::varchar",
    )


def _parquet(table: Table, paths: Sequence[str], shape: Shape) -> Reader:
    taken = [name for name in shape.columns if name in table.inputs]
    names = {name: f"p{number}" for number, name in enumerate(taken)}
    # A value of the column's own type stays as it is; anything else has to be readable as it.
    wanted = {
        name: column.data_type
        for column in table.columns
        for name in column.given_as
        if column.data_type != "varchar"
    }
    types = {
        name: kind
        for name, kind in shape.header
        if kind.lower() == wanted.get(name) and name in names
    }
    columns = "".join(
        f", {identifier(name)}{'' if name in types else '::varchar'} as {p}"
        for name, p in names.items()
    )
    shown = ", ".join(
        f"{identifier(name)} := "
        + (f"if({p} is null, null, '{MASK}')" if is_secret(name, table) else p)
        for name, p in names.items()
    )
    return Reader(
        relation=(
            "select cast(left(parse_filename(_file_name), 7) as integer) as _file, "
            f"null::bigint as _declared{columns} "
            f"from read_parquet({_list(paths)}, filename = '_file_name', binary_as_string = true)"
        ),
        inputs=names,
        text=f"to_json(struct_pack({shown}))::varchar" if shown else "null::varchar",
        types=types,
    )


def parquet_rows(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> dict[int, int]:
    """Rows by file number, as the files' own metadata say."""
    query = (
        "select cast(left(parse_filename(file_name), 7) as integer), num_rows "
        f"from parquet_file_metadata({_list(paths)})"
    )
    return dict(connection.execute(query).fetchall())

"""Text log formats that are declared: ``formats/<name>/format.yml`` becomes SQL.

A declaration says how a line is cut into fields, and which expression over the fields gives which
input of a raw table. Here it is checked, turned into a reader like those of ``readers.py``,
recognised by the first lines of a file, and held against its own example.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.landing import readers
from orchestration.landing.contract import Column, Table
from orchestration.landing.errors import LandingError
from orchestration.landing.readers import BLANK, SKIPPED, Reader
from orchestration.landing.secrets import MASK, TokenKey, literal
from orchestration.landing.values import identifier, is_blank, text, typed
from orchestration.settings import PROJECT

FOLDER = PROJECT / "formats"
# How many lines of a file, blank ones left out, a format is recognised by.
FIRST_LINES = 100
# Detection reads this much of a file and no more; a line that is longer is not looked at.
_FIRST_BYTES = 1 << 20

# The loader in C reads a declaration ten times as fast; a PyYAML built without it has the other.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_KEYS = ("description", "documentation", "line", "skip", "missing", "columns")
_OPTIONAL_KEYS = ("skip", "missing")
_LINE_KEYS = ("pattern", "delimiter", "fields", "json")
_FORMAT_NAME = re.compile(r"[a-z][a-z0-9_]*")
# What landing calls its own layouts.
_TAKEN_NAMES = {"lines", "document", "csv", "parquet", "json", "jsonl", "ndjson"}
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

# The types that an input keeps, by the type of the column that takes it. Everything else becomes a
# text, which the contract then checks as it checks the text of any file.
_KEPT = {
    "timestamp": ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
    "double": ("DOUBLE", "INTEGER", "BIGINT"),
    "integer": ("INTEGER",),
    "bigint": ("BIGINT", "INTEGER"),
    "boolean": ("BOOLEAN",),
}
_CAN_BE_INFINITE = ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "DOUBLE")


@dataclass(frozen=True)
class PatternLine:
    """Lines that one regular expression (RE2) matches from end to end.

    Attributes:
        pattern: with named groups.
        fields: their names, in the order of the groups.
    """

    pattern: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class DelimitedLine:
    """Lines of fields with a delimiter between them that no field can hold.

    Attributes:
        delimiter: one or more characters.
        fields: names by position; a line may have more.
    """

    delimiter: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class JsonLine:
    """Lines that are JSON objects.

    Attributes:
        paths: dotted path by field.
    """

    paths: dict[str, str]

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(self.paths)


@dataclass(frozen=True)
class Format:
    """A declared format.

    Attributes:
        name: of its folder.
        description: which gateway writes it, and with which setting.
        documentation: where its vendor describes it.
        line: how a line is cut into fields.
        skip: pattern (RE2) of lines that are no requests by the format's own rule, or None.
        missing: the text that stands for no value in every field, or None.
        columns: SQL expression over the fields, by input of the raw table.
        types: DuckDB's type of each expression.
        folder: where the declaration lies, with its example.
    """

    name: str
    description: str
    documentation: str
    line: PatternLine | DelimitedLine | JsonLine
    skip: str | None
    missing: str | None
    columns: dict[str, str]
    types: dict[str, str] = field(default_factory=dict)
    folder: Path = FOLDER

    def fits(self, table: Table) -> bool:
        """Whether its lines can become rows of a table."""
        return set(self.columns) <= set(table.inputs) and all(
            set(column.inputs) & set(self.columns) for column in _required(table)
        )

    def reader(self, table: Table, lines: str) -> Reader:
        """The reader of lines in this format.

        Args:
            table: the table they are read into, which the format fits.
            lines: a SQL relation with the columns ``_file`` and ``line``.
        """
        types = self._types_for(table)
        inputs = {name: f"x{number}" for number, name in enumerate(self.columns)}
        computed = "".join(
            f", {self._value(expression, name in types)} as {inputs[name]}"
            for name, expression in self.columns.items()
        )
        finite = "".join(
            f", case when isfinite({inputs[name]}) then {inputs[name]} end as {inputs[name]}"
            if types.get(name) in _CAN_BE_INFINITE
            else f", {inputs[name]}"
            for name in self.columns
        )
        secret = {f"s{number}": name for number, name in enumerate(self._secret_fields(table))}
        kept = "".join(f", {identifier(name)} as {s}" for s, name in secret.items())
        cut = self._cut(lines)
        # Step by step, so that each is computed once however often the next one names it. Fields
        # are left behind by then: none can be taken for a column of landing's own.
        return Reader(
            relation=(
                f"select _file, null::bigint as _declared, line, _wrong"
                f"{''.join(f', {s}' for s in secret)}{finite} from ("
                f"select _file, line, _wrong{kept}{computed} from ("
                f"select _file, line, {self._problem(cut)} as _wrong{self._fields(cut)} "
                f"from {cut.relation}))"
            ),
            inputs=inputs,
            text=_masked(list(secret)),
            problem="_wrong",
            types=types,
        )

    def _value(self, expression: str, keeps_type: bool) -> str:
        if expression.lower() in (name.lower() for name in self.line.fields):
            return identifier(expression)
        # Without the condition, which is outside of try(), DuckDB would compute a part that two
        # expressions share ahead of both, where its failure is that of the whole scan.
        return f"case when _wrong is null then {_computed(expression, keeps_type)} end"

    def _types_for(self, table: Table) -> dict[str, str]:
        """DuckDB's type of the inputs that need not become a text."""
        takers = {name: [c for c in table.columns if name in c.inputs] for name in self.types}
        return {
            name: kind
            for name, kind in self.types.items()
            if takers[name] and all(kind in _KEPT.get(c.data_type, ()) for c in takers[name])
        }

    def _secret_fields(self, table: Table) -> list[str]:
        secret = {
            name
            for column, expression in self.columns.items()
            if readers.is_secret(column, table)
            for name in self._fields_of(expression)
        }
        return [name for name in self._used if name in secret]

    @cached_property
    def _used(self) -> tuple[str, ...]:
        used = {
            name for expression in self.columns.values() for name in self._fields_of(expression)
        }
        return tuple(name for name in self.line.fields if name in used)

    def _fields_of(self, expression: str) -> set[str]:
        # Each word that is a field's name, be it in a literal or a comment: so one field too many
        # is cut out or masked, and never one too few.
        words = {word.lower() for word in re.findall(r"\w+", expression)}
        return {name for name in self.line.fields if name.lower() in words}

    def _cut(self, lines: str) -> _Cut:
        if isinstance(self.line, PatternLine):
            return _cut_by_pattern(self.line.pattern, self._used, lines, self.name)
        if isinstance(self.line, DelimitedLine):
            return _cut_by_delimiter(self.line, self._used, lines, self.name)
        return _cut_json(self.line, self._used, lines, self.name)

    def _may_be(self, line: str) -> str:
        """SQL that is true for every row and every skipped line, and for few others."""
        if isinstance(self.line, PatternLine):
            row = f"regexp_full_match({line}, {literal(_capturing(self.line.pattern, ()))})"
        elif isinstance(self.line, DelimitedLine):
            split = f"string_split({line}, {literal(self.line.delimiter)})"
            row = f"len({split}) >= {len(self.line.fields)}"
        else:
            row = _looks_like_object(line)
        return row if self.skip is None else f"{row} or {_found(line, self.skip)}"

    def _problem(self, cut: _Cut) -> str:
        row = f"when {cut.is_row} then null "
        skipped = ""
        if self.skip is not None:
            skipped = f"when {_found('line', self.skip)} then '{SKIPPED}' "
        # Nearly any line can be split and any object be read, so what the format itself calls no
        # request comes first there. A pattern says itself what is a request.
        known = row + skipped if isinstance(self.line, PatternLine) else skipped + row
        return f"case {known}when {is_blank('line')} then '{BLANK}' else {cut.reason} end"

    def _fields(self, cut: _Cut) -> str:
        nothing = ", ".join(literal(each) for each in ("", self.missing) if each is not None)
        return "".join(
            f", case when {cut.fields[name]} not in ({nothing}) then {cut.fields[name]} end "
            f"as {identifier(name)}"
            for name in self._used
        )


def _required(table: Table) -> list[Column]:
    return [column for column in table.columns if column.is_required]


def _computed(expression: str, keeps_type: bool) -> str:
    # The end of a line ends a comment in the expression.
    return f"try(\n{expression}\n)" if keeps_type else f"try(cast(\n{expression}\nas varchar))"


# -- Cutting a line into fields ------------------------------------------------------------------


@dataclass(frozen=True)
class _Cut:
    """SQL that cuts lines into fields.

    Attributes:
        relation: with ``_file``, ``line`` and what the expressions name.
        fields: expression of each field.
        is_row: whether the line is one of the format.
        reason: why it is none.
    """

    relation: str
    fields: dict[str, str]
    is_row: str
    reason: str


def _found(line: str, pattern: str) -> str:
    return f"regexp_matches({line}, {literal(pattern)})"


def _looks_like_object(line: str) -> str:
    return rf"({line} >= '{{' and {line} < '|' or regexp_matches({line}, '^\s*\{{'))"


def _not_in_format(name: str) -> str:
    return literal(f"the line is not in the format {name}")


def _cut_by_delimiter(line: DelimitedLine, used: Sequence[str], lines: str, name: str) -> _Cut:
    places = {field: place for place, field in enumerate(line.fields, start=1)}
    expected = len(line.fields)
    return _Cut(
        f"(select _file, line, string_split(line, {literal(line.delimiter)}) as p from {lines})",
        {field: f"p[{places[field]}]" for field in used},
        f"len(p) >= {expected}",
        "'the line has ' || len(p) || if(len(p) = 1, ' field', ' fields') || "
        + literal(f", the format {name} {expected}"),
    )


def _cut_json(line: JsonLine, used: Sequence[str], lines: str, name: str) -> _Cut:
    structure = readers._structure(sorted({line.paths[field] for field in used}))
    return _Cut(
        # A valid JSON text that begins with a brace is an object; try() gives NULL for others.
        f"(select _file, line, case when {_looks_like_object('line')} "
        f"then try(from_json(line, {structure})) end as p from {lines})",
        {
            field: "p." + ".".join(identifier(part) for part in line.paths[field].split("."))
            for field in used
        },
        "p is not null",
        _not_in_format(name),
    )


# RE2 finds up to four groups in one pass over the text. For a fifth it takes an engine that is
# three times as slow.
_GROUPS_AT_ONCE = 4

_TOKEN = re.compile(
    r"""
    (?P<escape>\\Q.*?(?:\\E|$)|\\(?:[pPx]\{[^}]*\}|.))
    | (?P<class>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])
    | (?P<flags>\(\?[A-Za-z-]+\))
    | (?P<open>\((?:\?P?<(?P<name>\w+)>|\?[A-Za-z-]*:)?)
    | (?P<close>\))
    | (?P<repeat>(?:[*+?]|\{\d+(?:,\d*)?\})\??)
    | (?P<plain>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# What these match depends on what stands around the text, so a part of a pattern that holds one
# cannot be asked on its own.
_LOOKS_AROUND = {"^", "$", r"\A", r"\z", r"\b", r"\B"}


def _group_names(pattern: str) -> list[str]:
    return [token["name"] for token in _TOKEN.finditer(pattern) if token["name"]]


def _capturing(pattern: str, names: Iterable[str]) -> str:
    """The pattern with no groups but those of the given names, which lose their names."""

    def group(token: re.Match[str]) -> str:
        if token["name"] is not None:
            return "(" if token["name"] in names else "(?:"
        return "(?:" if token[0] == "(" else token[0]

    return _TOKEN.sub(group, pattern)


def _extract(expression: str, pattern: str, keys: Sequence[str]) -> str:
    """SQL of a struct of the groups; all of them are empty where the pattern does not match."""
    listed = ", ".join(literal(key) for key in keys)
    return f"regexp_extract({expression}, {literal(f'^(?:{pattern})$')}, [{listed}])"


def _cut_by_pattern(pattern: str, used: Sequence[str], lines: str, name: str) -> _Cut:
    chunks = _chunks(pattern, used)
    if chunks:
        relation, fields, found = _cut_by_chunks(chunks, lines)
    else:
        passes = [
            used[first : first + _GROUPS_AT_ONCE] for first in range(0, len(used), _GROUPS_AT_ONCE)
        ]
        extracts = "".join(
            f", {_extract('line', _capturing(pattern, names), names)} as p{number}"
            for number, names in enumerate(passes)
        )
        relation = f"(select _file, line{extracts} from {lines})"
        fields = {
            name: f"p{number}.{identifier(name)}"
            for number, names in enumerate(passes)
            for name in names
        }
        found = list(fields.values())
    # Where anything was found the line has matched; only the others are asked once more.
    whole = f"regexp_full_match(line, {literal(_capturing(pattern, ()))})"
    is_row = " or ".join([*(f"{expression} <> ''" for expression in found), whole])
    return _Cut(relation, fields, f"({is_row})", _not_in_format(name))


@dataclass(frozen=True)
class _Part:
    """A part of a pattern's sequence, and the fields in it that are wanted."""

    pattern: str
    names: tuple[str, ...]


def _cut_by_chunks(chunks: list[_Part], lines: str) -> tuple[str, dict[str, str], list[str]]:
    """One pass over the line finds the chunks, and one over a chunk the fields in it.

    What a part of a pattern matches in the chunk is what it matches in the line: of all ways to
    match, the first that reaches the end is taken, here as there.
    """
    outer, keys, inner, fields = "", [], [], {}
    for number, chunk in enumerate(chunks):
        key = f"c{number}"
        if not chunk.names:
            outer += _capturing(chunk.pattern, ())
        elif len(chunk.names) == 1:
            outer += _capturing(chunk.pattern, chunk.names)
            keys.append(key)
            fields[chunk.names[0]] = f"p.{key}"
        else:
            outer += f"({_capturing(chunk.pattern, ())})"
            keys.append(key)
            pattern = _capturing(chunk.pattern, chunk.names)
            inner.append(f"{_extract(f'p.{key}', pattern, chunk.names)} as q{number}")
            fields |= {name: f"q{number}.{identifier(name)}" for name in chunk.names}
    relation = f"(select _file, line, {_extract('line', outer, keys)} as p from {lines})"
    relation = f"(select _file, line, p, {', '.join(inner)} from {relation})" if inner else relation
    return relation, fields, [f"p.{key}" for key in keys]


def _chunks(pattern: str, used: Sequence[str]) -> list[_Part]:
    """Divides a pattern so that at most four parts have fields, and none of them more than four.

    Returns:
        Nothing for a pattern that need not, or cannot, be divided.
    """
    parts = _parts(pattern, used) if len(used) > _GROUPS_AT_ONCE else []
    named = [place for place, part in enumerate(parts) if part.names]
    chunks: list[_Part] = []
    done = index = 0
    for room in range(_GROUPS_AT_ONCE, 0, -1):
        if index == len(named):
            break
        first = last = index
        names = parts[named[first]].names
        # Joined no further than the rest needs: what is joined is read twice.
        while (
            len(named) - last > room
            and len(names) + len(parts[named[last + 1]].names) <= _GROUPS_AT_ONCE
        ):
            last += 1
            names += parts[named[last]].names
        if len(names) > _GROUPS_AT_ONCE:
            return []
        chunks.append(_Part("".join(p.pattern for p in parts[done : named[first]]), ()))
        done, index = named[last] + 1, last + 1
        chunks.append(_Part("".join(p.pattern for p in parts[named[first] : done]), names))
    if index < len(named):
        return []
    return [*chunks, _Part("".join(p.pattern for p in parts[done:]), ())] if chunks else []


def _parts(pattern: str, used: Sequence[str]) -> list[_Part]:
    """The sequence that a pattern is made of: characters and groups, each with its repetition."""
    parts: list[_Part] = []
    depth = 0
    for token in _TOKEN.finditer(pattern):
        if token["flags"] or token[0] in _LOOKS_AROUND or (depth == 0 and token[0] == "|"):
            return []
        names = (token["name"],) if token["name"] in used else ()
        if depth or (token["repeat"] and parts):
            last = parts.pop()
            parts.append(_Part(last.pattern + token[0], last.names + names))
        else:
            parts.append(_Part(token[0], names))
        depth += bool(token["open"]) - bool(token["close"])
    return parts


# -- What a reject may show ----------------------------------------------------------------------

_QUERY_VALUES = (r"([?&][^=&\s\"'\\]*=)[^&#\s\"'\\]*", rf"\1{MASK}")
_MIXED = r"(?:[A-Za-z][_-]*[0-9]|[0-9][_-]*[A-Za-z])"
_MIXED_WORDS = (
    "|".join(rf"[\w-]{{{before},}}{_MIXED}[\w-]{{{6 - before},}}" for before in range(7)),
    MASK,
)


def _masked(secrets: Sequence[str]) -> str:
    """SQL of a line for the rejects.

    Args:
        secrets: columns with the values that must not be seen, NULL where there is none.
    """
    unread = "line"
    for pattern, replacement in (_QUERY_VALUES, _MIXED_WORDS):
        unread = f"regexp_replace({unread}, {literal(pattern)}, {literal(replacement)}, 'g')"
    # The longest first: a value may be a part of another. In JSON a value can be written in other
    # characters than it has, and then the line is treated as if it had not been read.
    values = f"[{', '.join(f'{{n: length({each}), v: {each}}}' for each in secrets)}]"
    read = (
        f"list_reduce(list_reverse_sort(list_filter({values}, lambda x: x.v is not null))"
        f".list_transform(lambda x: x.v), lambda t, v: replace(t, v, '{MASK}'), line)"
        if secrets
        else "line"
    )
    pattern, replacement = _QUERY_VALUES
    read = f"regexp_replace({read}, {literal(pattern)}, {literal(replacement)}, 'g')"
    seen = "".join(f" and ({each} is null or contains(line, {each}))" for each in secrets)
    return f"case when _wrong is null{seen} then {read} else {unread} end"


# -- Reading the declarations --------------------------------------------------------------------


def read_formats(folder: Path = FOLDER) -> dict[str, Format]:
    """Reads and checks every ``<folder>/<name>/format.yml``.

    Returns:
        The formats by name, in the order of their names.

    Raises:
        LandingError: a declaration is not one; the message names file and key.
    """
    if not folder.is_dir():
        return {}
    folders = sorted(
        entry for entry in folder.iterdir() if entry.is_dir() and entry.name[0] not in "._"
    )
    if not folders:
        return {}
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        words = connection.execute(
            "select keyword_name from duckdb_keywords() where keyword_category = 'reserved'"
        ).fetchall()
        reserved = {word for (word,) in words}
        return {entry.name: _Declaration(entry, connection, reserved).read() for entry in folders}


class _Declaration:
    """One format.yml while it is checked."""

    def __init__(
        self, folder: Path, connection: duckdb.DuckDBPyConnection, reserved: set[str]
    ) -> None:
        self.folder = folder
        self.connection = connection
        self.reserved = reserved
        self.shown = _shown(folder / "format.yml")

    def read(self) -> Format:
        name = self.folder.name
        if not _FORMAT_NAME.fullmatch(name):
            raise self._error("", f"the folder's name {name} is not in lower case, digits and _")
        if name in _TAKEN_NAMES:
            raise self._error("", f"{name} is a layout of landing's own; give the folder another")
        given = self._load()
        for key in given:
            if key not in _KEYS:
                raise self._error("", f"unknown key {key}; known are {', '.join(_KEYS)}")
        for key in _KEYS:
            if key not in given and key not in _OPTIONAL_KEYS:
                raise self._error("", f"the key {key} is missing")
        for key in ("description", "documentation"):
            self._text(given[key], key)
        if not re.match(r"https?://\S+$", given["documentation"].strip()):
            raise self._error("documentation", "it is not the address (https://...) of a page")
        line = self._line(given["line"])
        skip = self._pattern(given["skip"], "skip") if "skip" in given else None
        if "missing" in given:
            self._text(given["missing"], "missing")
        columns = self._columns(given["columns"])
        return Format(
            name=name,
            description=" ".join(given["description"].split()),
            documentation=given["documentation"].strip(),
            line=line,
            skip=skip,
            missing=given.get("missing"),
            columns=columns,
            types=self._types(line, columns),
            folder=self.folder,
        )

    def _error(self, key: str, problem: str) -> LandingError:
        return LandingError(f"{self.shown}{', ' + key if key else ''}: {problem}.")

    def _load(self) -> dict[str, Any]:
        try:
            given = yaml.load((self.folder / "format.yml").read_bytes(), _LOADER)
        except FileNotFoundError:
            raise LandingError(
                f"{_shown(self.folder)} has no format.yml; write one, or take the folder away."
            ) from None
        except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
            raise LandingError(
                f"{self.shown} cannot be read: {' '.join(str(error).split())}."
            ) from error
        if not isinstance(given, dict):
            raise self._error("", f"it does not hold the keys {', '.join(_KEYS)}")
        return given

    def _text(self, given: object, key: str) -> str:
        if not isinstance(given, str) or not given.strip():
            raise self._error(key, "it is not a text; put it in quotes")
        return given

    def _line(self, given: object) -> PatternLine | DelimitedLine | JsonLine:
        kinds = "one of pattern, delimiter (with fields) and json"
        if not isinstance(given, dict):
            raise self._error("line", f"it does not hold {kinds}")
        for key in given:
            if key not in _LINE_KEYS:
                raise self._error("line", f"unknown key {key}; known are {', '.join(_LINE_KEYS)}")
        if sum(key in given for key in ("pattern", "delimiter", "json")) != 1:
            raise self._error("line", f"it has to hold exactly {kinds}")
        if ("fields" in given) != ("delimiter" in given):
            raise self._error("line", "delimiter and fields go together")
        if "pattern" in given:
            pattern = self._pattern(given["pattern"], "line.pattern")
            names = _group_names(pattern)
            self._check_fields(names, "line.pattern")
            return PatternLine(pattern, tuple(names))
        if "delimiter" in given:
            delimiter, names = given["delimiter"], given["fields"]
            if not isinstance(delimiter, str) or not delimiter:
                raise self._error("line.delimiter", "it is not a text; put it in quotes")
            if not isinstance(names, list):
                raise self._error("line.fields", "it is not a list of names")
            self._check_fields(names, "line.fields")
            return DelimitedLine(delimiter, tuple(names))
        paths = given["json"]
        if not isinstance(paths, dict):
            raise self._error("line.json", "it is not a list of names with their paths")
        self._check_fields(list(paths), "line.json")
        for name, path in paths.items():
            if not isinstance(path, str) or not all(path.split(".")):
                raise self._error(f"line.json.{name}", "its path is not of the form key.key.key")
        for path in paths.values():
            if any(other.startswith(path + ".") for other in paths.values()):
                raise self._error("line.json", f"{path} is read both as a value and as an object")
        return JsonLine(dict(paths))

    def _check_fields(self, names: list[object], key: str) -> None:
        if not names:
            raise self._error(key, "it names no fields")
        seen = set()
        for name in names:
            if not isinstance(name, str) or not _FIELD_NAME.fullmatch(name):
                raise self._error(
                    key, f"{name} cannot be a field's name: a letter, then letters, digits and _"
                )
            if name.lower() in self.reserved or name.lower() == "line":
                raise self._error(key, f"{name} means something else in SQL; take another name")
            if name.lower() in seen:
                raise self._error(key, f"two fields are named {name}")
            seen.add(name.lower())

    def _pattern(self, given: object, key: str) -> str:
        if isinstance(given, list) and all(isinstance(part, str) for part in given):
            given = "".join(given)
        pattern = self._text(given, key)
        try:
            self.connection.execute(f"select regexp_full_match('', {literal(pattern)})")
        except duckdb.Error as error:
            raise self._error(
                key, f"it is not a regular expression of RE2: {_reason(error)}"
            ) from error
        return pattern

    def _columns(self, given: object) -> dict[str, str]:
        if not isinstance(given, dict) or not given:
            raise self._error("columns", "it does not name inputs of a raw table")
        for name, expression in given.items():
            if not isinstance(name, str):
                raise self._error("columns", f"{name} is not a name")
            if not isinstance(expression, str) or not expression.strip():
                raise self._error(
                    f"columns.{name}", "it is not a SQL expression in text; put it in quotes"
                )
        return {name: expression.strip() for name, expression in given.items()}

    def _types(
        self, line: PatternLine | DelimitedLine | JsonLine, columns: dict[str, str]
    ) -> dict[str, str]:
        """Binds the expressions to the fields, and asks for their types."""
        fields = ", ".join(f"null::varchar as {identifier(name)}" for name in line.fields)
        try:
            return self._describe(fields, columns)
        except duckdb.Error:
            # The guilty one is looked for on its own.
            for name, expression in columns.items():
                try:
                    self._describe(fields, {name: expression})
                except duckdb.Error as error:
                    raise self._error(
                        f"columns.{name}",
                        f"{expression!r} is not an expression over the fields "
                        f"{', '.join(line.fields)}: {_reason(error)}",
                    ) from error
            raise

    def _describe(self, fields: str, columns: dict[str, str]) -> dict[str, str]:
        # try() itself refuses what is not a value of one line: aggregates, subqueries, chance.
        values = [_computed(expression, True) for expression in columns.values()]
        described = self.connection.execute(
            f"describe select {', '.join(values)} from (select {fields}) "
            # Windows and unnest() are refused here.
            f"where {' and '.join(f'{value} is null' for value in values)}"
        ).fetchall()
        if len(described) != len(values):
            raise duckdb.BinderException("it is more than one expression")
        return {name: row[1] for name, row in zip(columns, described, strict=True)}


def _shown(path: Path) -> str:
    return str(path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path)


def _reason(error: duckdb.Error) -> str:
    """What DuckDB says, in one line and without its kind of error."""
    message = str(error).strip().splitlines()[0]
    return re.sub(r"^(?:[A-Z]\w+ )+Error: ", "", message).rstrip(".! ")


# -- Which format a file is in -------------------------------------------------------------------


@dataclass(frozen=True)
class Detection:
    """What the first lines of a file say about its format.

    Attributes:
        names: the formats that fit them.
    """

    names: tuple[str, ...]

    @property
    def name(self) -> str | None:
        """The format, where exactly one fits."""
        return self.names[0] if len(self.names) == 1 else None

    @property
    def problem(self) -> str | None:
        """Why there is none, to follow the name of a file."""
        if not self.names:
            return "no format fits its first lines"
        return f"{' and '.join(self.names)} fit alike" if len(self.names) > 1 else None


def detect(
    connection: duckdb.DuckDBPyConnection,
    path: str,
    compression: str,
    candidates: Sequence[Format],
    table: Table,
) -> Detection:
    """Tries formats on the first 100 lines of a file that are not blank.

    A format fits when each of them is a skipped line, or a row with a value of the right type in
    every required column, and at least one is a row.

    Args:
        connection: its TimeZone is UTC; the temporary table ``first_lines`` is made in it.
        path: the file; its name holds no character of a pattern.
        compression: ``none``, ``gzip`` or ``zstd``.
        candidates: formats that fit the table.
        table: the table the file is for.

    Raises:
        duckdb.Error: the file cannot be read.
    """
    if not candidates:
        return Detection(())
    connection.execute(
        "create or replace temp table first_lines as select 0 as _file, line from read_csv("
        f"{literal(path)}, columns = {{'line': 'VARCHAR'}}, delim = '\x01\x02\x03\x04', "
        "quote = '', escape = '', header = false, auto_detect = false, strict_mode = false, "
        r"new_line = '\r\n', ignore_errors = true, parallel = false, "
        f"max_line_size = {_FIRST_BYTES}, buffer_size = {_FIRST_BYTES}, "
        f"compression = '{compression}') where not ({is_blank('line')}) limit {FIRST_LINES}"
    )
    # Most formats are ruled out by the shape of the lines, which is asked of all at once.
    shapes = ", ".join(f"bool_and(coalesce({each._may_be('line')}, false))" for each in candidates)
    likely = connection.execute(f"select {shapes} from first_lines").fetchone()
    trials = [
        _trial(format, table)
        for format, is_likely in zip(candidates, likely, strict=True)
        if is_likely
    ]
    if not trials:
        return Detection(())
    fitting = connection.execute(
        f"select name from ({' union all '.join(trials)}) "
        "where rows > 0 and rows + skipped = lines order by name"
    ).fetchall()
    return Detection(tuple(name for (name,) in fitting))


def _trial(format: Format, table: Table) -> str:
    """SQL that counts what the first lines are to a format."""
    required = _required(table)
    needed = {name for column in required for name in column.inputs}
    # Only what is asked for is computed.
    columns = {name: value for name, value in format.columns.items() if name in needed}
    reader = replace(format, columns=columns).reader(table, "first_lines")

    def value(column: Column) -> str:
        inputs = [name for name in column.inputs if name in columns]
        # A secret only has to be there.
        return f"coalesce({', '.join(_value(name, column, reader) for name in inputs)})"

    filled = "".join(f" and {value(column)} is not null" for column in required)
    return (
        f"select {literal(format.name)} as name, count(*) as lines, "
        f"count(*) filter (_wrong is null{filled}) as rows, "
        f"count(*) filter (_wrong = '{SKIPPED}') as skipped from ({reader.relation})"
    )


def _value(name: str, column: Column, reader: Reader) -> str:
    if name in reader.types:
        return reader.inputs[name]
    if name in column.secret_inputs:
        return text(reader.inputs[name])
    return typed(text(reader.inputs[name]), column.data_type)


# -- Examples ------------------------------------------------------------------------------------


def table_of(format: Format, tables: Iterable[Table]) -> Table:
    """The raw table that a format's lines become rows of.

    Raises:
        LandingError: there is none.
    """
    tables = list(tables)
    for table in tables:
        if format.fits(table):
            return table
    # The one that it is nearest to is probably the one that was meant.
    table = max(tables, key=lambda table: len(set(table.inputs) & set(format.columns)))
    where = f"{_shown(format.folder / 'format.yml')}, columns"
    for name in format.columns:
        if name not in table.inputs:
            raise LandingError(
                f"{where}.{name}: {table.label} has no such input; it has "
                f"{', '.join(table.inputs)}."
            )
    missing = [c for c in _required(table) if not set(c.inputs) & set(format.columns)]
    raise LandingError(
        f"{where}: {' or '.join(missing[0].inputs)} is missing, which {table.label} requires."
    )


def check_formats(tables: Iterable[Table], folder: Path = FOLDER, write: str = "") -> list[str]:
    """Checks all formats against their examples.

    Args:
        tables: the contract's tables.
        folder: where the formats lie.
        write: name of a format whose expected.jsonl is written first.

    Returns:
        A sentence for each difference.

    Raises:
        LandingError: a format, an example or what is expected of it cannot be read, or there is no
            format of that name.
    """
    tables = list(tables)
    formats = read_formats(folder)
    if write and write not in formats:
        raise LandingError(
            f"There is no format {write} in {_shown(folder)}/; there are {', '.join(formats)}."
        )
    if write:
        write_expected(formats[write], table_of(formats[write], tables))
    return [
        difference
        for format in formats.values()
        for difference in check(format, table_of(format, tables))
    ]


def check(format: Format, table: Table) -> list[str]:
    """Compares what ``example.log`` becomes with ``expected.jsonl``.

    Returns:
        A sentence for each difference.

    Raises:
        LandingError: one of the two cannot be read.
    """
    shown = _shown(format.folder / "expected.jsonl")
    expected = {}
    for number, line in enumerate(_read(format.folder / "expected.jsonl").splitlines(), start=1):
        try:
            row = json.loads(line)
            expected[row["line"]] = row
        except (ValueError, TypeError, KeyError):
            raise LandingError(
                f"{shown}, line {number}: it is not a JSON object with the key line."
            ) from None
    found = {row["line"]: row for row in example_rows(format, table)}
    differences = []
    for number in sorted(expected.keys() | found.keys()):
        if number not in found:
            differences.append(f"{shown}: line {number} of the example became nothing.")
        elif number not in expected:
            differences.append(f"{shown}: line {number} of the example is not expected.")
        else:
            differences += _differences(f"{shown}, line {number}", expected[number], found[number])
    return differences


def _differences(where: str, expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    def shown(row: dict[str, Any], key: str) -> str:
        return json.dumps(row[key], ensure_ascii=False) if key in row else "nothing"

    return [
        f"{where}: {key} is {shown(found, key)}, expected {shown(expected, key)}."
        for key in dict.fromkeys([*expected, *found])
        if expected.get(key) != found.get(key)
    ]


def write_expected(format: Format, table: Table) -> Path:
    """Writes what ``example.log`` becomes into ``expected.jsonl``, for a person to look through."""
    path = format.folder / "expected.jsonl"
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in example_rows(format, table)),
        encoding="utf-8",
    )
    return path


def example_rows(format: Format, table: Table) -> list[dict[str, Any]]:
    """What each line of ``example.log`` becomes.

    Returns:
        For a row ``line`` (its number) and the values of the raw table's columns that are not
        NULL, where a hashed column is shown as the input that would be hashed; for a reject
        ``line`` and ``reject`` (the reason). Lines that are blank or skipped are left out.

    Raises:
        LandingError: there is no example.
    """
    # The scan reads formats, so it cannot be imported before this module is there.
    from orchestration.landing.scan import Scan

    lines = re.split(r"\r\n|\n|\r", _read(format.folder / "example.log"))
    secret_names = tuple(sorted({name for c in table.columns for name in c.secret_inputs}))
    with duckdb.connect(config={"autoinstall_known_extensions": False, "threads": 1}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            "create temp table lines as select 0 as _file, unnest($lines) as line",
            {"lines": lines},
        )
        reader = format.reader(table, "lines")
        secrets = {
            name: column.name
            for column in table.columns
            for name in column.secret_inputs
            if name in reader.inputs
        }
        # What a landing itself would ask; its hashes are made with a key that is none.
        key = TokenKey(b"an example has nothing to hide")
        found = connection.execute(
            Scan(connection, key, Path(), secret_names).query(table, _in_text(reader)),
            key.parameters,
        )
        names = [described[0] for described in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        raw = connection.execute(
            f"select {', '.join([f'{reader.inputs[name]}::varchar' for name in secrets] or ['1'])} "
            f"from ({reader.relation})"
        ).fetchall()
    shown = []
    for number, (row, values) in enumerate(zip(rows, raw, strict=True), start=1):
        if row["_problem"] in (BLANK, SKIPPED):
            continue
        if row["_problem"] is not None:
            shown.append({"line": number, "reject": row["_problem"]})
            continue
        given = dict(zip(secrets, values, strict=False))
        for name, column in secrets.items():
            if given[name] is not None:
                row[column] = None
        row |= given
        ordered = dict.fromkeys(
            each for column in table.columns for each in (column.name, *column.secret_inputs)
        )
        shown.append(
            {"line": number}
            | {name: _plain(row[name]) for name in ordered if row.get(name) is not None}
        )
    return shown


def _in_text(reader: Reader) -> Reader:
    inputs = {
        name: f"{value}::varchar" if name in reader.types else value
        for name, value in reader.inputs.items()
    }
    return replace(reader, inputs=inputs, types={})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    return value.isoformat() if isinstance(value, date) else value


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise LandingError(f"{_shown(path)} is missing.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LandingError(f"{_shown(path)} cannot be read: {error}.") from error

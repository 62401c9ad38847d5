"""What a compiled query asks of its dialect: functions, types, and grammar that not all have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from sqlglot import exp, parse
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, ParseError
from sqlglot.tokens import Token, TokenType

# What may stand before a parenthesis and calls nothing.
# fmt: off
_NO_FUNCTIONS = frozenset({
    "all", "and", "as", "between", "by", "case", "distinct", "else", "from", "having", "in",
    "interval", "is", "join", "not", "on", "or", "over", "select", "then", "union", "using",
    "values", "when", "where", "with",
})
# fmt: on
_CASTS = frozenset({"cast", "safe_cast", "try_cast"})
# Looked for before parsing: where a dialect has none, the parser stumbles over some of them.
_NAMED_WINDOW = re.compile(r"\bwindow\s+\w+\s+as\s*\(")


def functions_of(query: str, dialect: str) -> set[str]:
    """Names of the functions that a query calls, in lower case, as they stand in it."""
    tokens = Dialect.get_or_raise(dialect).tokenize(query)
    return {
        name.text.lower()
        for name, follower in pairwise(tokens)
        if follower.token_type is TokenType.L_PAREN and _is_function(name)
    }


def types_of(query: str, dialect: str) -> set[str]:
    """Names of the types that a query casts to, in lower case, as they stand in it."""
    found: set[str] = set()
    opened: list[tuple[bool, list[str] | None]] = []
    before: Token | None = None
    for token in Dialect.get_or_raise(dialect).tokenize(query):
        text = token.text.lower()
        if token.token_type is TokenType.L_PAREN:
            opened.append((before is not None and before.text.lower() in _CASTS, None))
        elif token.token_type is TokenType.R_PAREN and opened:
            _, words = opened.pop()
            found |= _type_names(" ".join(words or []))
        elif opened and opened[-1][1] is not None:
            opened[-1][1].append(text)
        elif opened and opened[-1] == (True, None) and text == "as":
            opened[-1] = (True, [])
        before = token
    return found


def grammar_of(query: str, dialect: str) -> dict[str, str]:
    """What in a query's grammar its dialect lacks, with where it stands.

    The parser is lenient: what it takes is refused here where the dialect's documentation does.
    """
    lacks = _LACKS.get(dialect, ())
    found = {}
    named_window = _NAMED_WINDOW.search(query)
    if named_window and "named window" in lacks:
        found["named window"] = named_window[0]
    try:
        statements = parse(query, read=dialect, error_level=ErrorLevel.RAISE)
    except ParseError as error:
        return found or {"grammar": str(error)}
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        return {"grammar": "it is not one query"}
    for name in lacks:
        for place in _GRAMMAR[name](statements[0], dialect) if name in _GRAMMAR else ():
            found[name] = place
    return found


def _is_function(token: Token) -> bool:
    if token.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
        return False
    text = token.text.lower()
    return bool(re.fullmatch(r"[a-z_]\w*", text)) and text not in _NO_FUNCTIONS


def _type_names(written: str) -> set[str]:
    """The names in a type: array and bigint in array<struct<place: bigint>>."""
    parts = re.split(r"\w+ :|<|>|,|\[|\]", written)
    return {part.strip() for part in parts} - {""}


def _reserved_words(query: exp.Expression, dialect: str) -> Iterator[str]:
    reserved = Dialect.get_or_raise(dialect).generator_class.RESERVED_KEYWORDS
    for column in query.find_all(exp.Column, exp.Alias):
        name = column.this if isinstance(column, exp.Column) else column.args["alias"]
        is_path = isinstance(column, exp.Column) and column.table
        is_bare = isinstance(name, exp.Identifier) and not name.quoted and not is_path
        if is_bare and name.name.lower() in reserved:
            yield column.sql()


def _recursion_without_columns(query: exp.Expression, dialect: str) -> Iterator[str]:
    for common in query.find_all(exp.CTE):
        tables = common.this.find_all(exp.Table)
        reads_itself = any(table.name == common.alias and not table.db for table in tables)
        if reads_itself and not common.args["alias"].columns:
            yield common.alias


def _aggregate_without_frame(query: exp.Expression, dialect: str) -> Iterator[str]:
    named = {
        window.name: window
        for select in query.find_all(exp.Select)
        for window in select.args.get("windows") or []
    }
    for window in query.find_all(exp.Window):
        place = named.get(window.alias, window)
        aggregates = (exp.Count, exp.Max, exp.Min, exp.Sum, exp.Avg)
        is_ordered = place.args.get("order") and not place.args.get("spec")
        if isinstance(window.this, aggregates) and is_ordered:
            yield window.sql()


def _default_of_lag(query: exp.Expression, dialect: str) -> Iterator[str]:
    for call in query.find_all(exp.Lag, exp.Lead):
        if call.args.get("default"):
            yield call.sql()


_GRAMMAR: dict[str, Callable[[exp.Expression, str], Iterator[str]]] = {
    "reserved word": _reserved_words,
    "recursion without columns": _recursion_without_columns,
    "aggregate without frame": _aggregate_without_frame,
    "default of lag": _default_of_lag,
}
_LACKS = {
    "bigquery": ["reserved word"],
    "redshift": ["named window", *_GRAMMAR],
    "snowflake": ["named window"],
}

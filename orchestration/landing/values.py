"""SQL that turns the texts of a file into typed values, NULL where the text has no such value."""

from __future__ import annotations

from collections.abc import Callable

from orchestration.landing.contract import Column
from orchestration.landing.secrets import hash_expression, literal

_WHITE_SPACE = r"' ' || chr(9) || chr(10) || chr(13)"

_ISO_8601 = (
    r"\d{4}-\d{2}-\d{2}"
    r"(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[Zz]|[+-][01]\d(?::?[0-5]\d)?)?)?"
)
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"

# How a reason calls a value of the type.
TYPE_IN_WORDS = {
    "timestamp": "a time (ISO 8601, or epoch milliseconds)",
    "date": "a date (ISO 8601)",
    "integer": "a whole number",
    "bigint": "a whole number",
    "double": "a number",
    "boolean": "true or false",
}


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(expression: str) -> str:
    """A text as it came; NULL where it is blank."""
    return f"case when {_is_filled(expression)} then {expression} end"


def is_blank(expression: str) -> str:
    """Whether a text is NULL, empty or nothing but white space."""
    return f"not coalesce({_is_filled(expression)}, false)"


def _is_filled(expression: str) -> str:
    # What begins above the blank sorts from '!' on: nearly all values are spared the pattern.
    return rf"({expression} >= '!' or regexp_matches({expression}, '\S'))"


def typed(expression: str, data_type: str) -> str:
    """A non-blank text as a value of the type, or NULL where it is none; white space around it is
    allowed.

    DuckDB's own casts are wider than the contract (1_000, 'epoch', 12.5 rounded to a whole
    number), so a pattern stands before each. Times become UTC in microseconds; the session's
    TimeZone has to be UTC.
    """
    if data_type == "varchar":
        return expression
    # Trimming is slow, so it is left to the rare text that is no value without it.
    return (
        f"coalesce({_typed(expression, data_type)}, "
        f"{_typed(f'trim({expression}, {_WHITE_SPACE})', data_type)})"
    )


def _typed(x: str, data_type: str) -> str:
    if data_type == "timestamp":
        # The second attempt is for what ISO 8601 allows and DuckDB does not read: no seconds, a
        # comma, a lower-case z, a blank before the offset.
        plain = (
            rf"regexp_replace(replace(regexp_replace(upper({x}), '\s([+-Z])', '\1'), ',', '.'), "
            r"'([T ]\d{2}:\d{2})(Z|[+-].*)?$', '\1:00\2')"
        )
        return (
            f"case when regexp_full_match({x}, {literal(_ISO_8601)}) "
            f"then coalesce(try_cast({x} as timestamptz), try_cast({plain} as timestamptz)) "
            "at time zone 'UTC' "
            rf"when regexp_full_match({x}, '\d{{11,14}}(?:\.\d+)?') "
            f"then make_timestamp((try_cast({x} as decimal(20, 3)) * 1000)::bigint) end"
        )
    if data_type == "date":
        return (
            rf"case when regexp_full_match({x}, '\d{{4}}-\d{{2}}-\d{{2}}') "
            f"then try_cast({x} as date) end"
        )
    if data_type in ("integer", "bigint"):
        return (
            rf"case when regexp_full_match({x}, '[+-]?\d+(?:\.0*)?') "
            f"then try_cast(split_part({x}, '.', 1) as {data_type}) end"
        )
    if data_type == "double":
        # 1e999 is infinite, which no average survives.
        number = f"try_cast({x} as double)"
        return (
            f"case when regexp_full_match({x}, {literal(_NUMBER)}) and isfinite({number}) "
            f"then {number} end"
        )
    return (
        f"case when lower({x}) in ('true', 't', '1', 'yes') then true "
        f"when lower({x}) in ('false', 'f', '0', 'no') then false end"
    )


def column_value(column: Column, input_of: Callable[[str], str]) -> str:
    """The typed value of a column from its inputs.

    Args:
        column: the column.
        input_of: gives the SQL of an input by its name: a text, NULL where blank.
    """
    if column.prefix_of:
        return f"left({input_of(column.prefix_of)}, 4)"
    value = typed(input_of(column.given_as), column.data_type)
    if column.hash_of:
        secrets = [input_of(name) for name in column.hash_of]
        secret = secrets[0] if len(secrets) == 1 else f"coalesce({', '.join(secrets)})"
        # NULL stays NULL: an empty token is no token and must not become a busy one.
        value = f"coalesce({value}, {hash_expression(secret)})"
    if column.cut_query_string:
        value = text(f"split_part(split_part({value}, '?', 1), '#', 1)")
    return value

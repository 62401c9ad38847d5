"""SQL that turns the texts of a file into typed values, NULL where the text has no such value."""

from __future__ import annotations

from collections.abc import Callable

from orchestration.landing.contract import Column
from orchestration.landing.secrets import hash_expression, literal

_WHITE_SPACE = r"' ' || chr(9) || chr(10) || chr(13)"

_ISO_8601 = (
    r"\d{4}-\d{2}-\d{2}"
    r"(?:[Tt ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[Zz]|[+-][01]\d(?::?[0-5]\d)?)?)?"
)

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
    return f"case when {expression} is not null and {_is_filled(expression)} then {expression} end"


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
    # Trimming is slow, so it is left to the rare text that is no value without it. A column that
    # nobody fills costs nothing.
    return (
        f"case when {expression} is not null then coalesce({_typed(expression, data_type)}, "
        f"{_typed(f'trim({expression}, {_WHITE_SPACE})', data_type)}) end"
    )


def _typed(x: str, data_type: str) -> str:
    if data_type == "timestamp":
        # The common form first, without patterns and time zones, at a quarter of the cost. Then
        # what else DuckDB reads, then what ISO 8601 allows and DuckDB does not: no seconds, a
        # comma, a lower-case z, a blank before the offset.
        plain = (
            rf"regexp_replace(replace(regexp_replace(upper({x}), '\s([+-Z])', '\1'), ',', '.'), "
            r"'([T ]\d{1,2}:\d{2})(Z|[+-].*)?$', '\1:00\2')"
        )
        return (
            f"coalesce(case when {x} like '____-__-__T__:__:__%Z' "
            f"then try_cast({x} as timestamp) end, "
            f"case when regexp_full_match({x}, {literal(_ISO_8601)}) "
            f"then coalesce(try_cast({x} as timestamptz), try_cast({plain} as timestamptz)) "
            "at time zone 'UTC' "
            rf"when regexp_full_match({x}, '\d{{11,14}}(?:\.\d+)?') "
            f"then make_timestamp((try_cast({x} as decimal(20, 3)) * 1000)::bigint) end)"
        )
    if data_type == "date":
        return (
            rf"case when regexp_full_match({x}, '\d{{4}}-\d{{2}}-\d{{2}}') "
            f"then try_cast({x} as date) end"
        )
    if data_type in ("integer", "bigint"):
        number = f"try_cast({x} as {data_type})"
        return (
            f"case when {number}::varchar = {x} then {number} "
            rf"when regexp_full_match({x}, '[+-]?\d+(?:\.0*)?') "
            f"then try_cast(split_part({x}, '.', 1) as {data_type}) end"
        )
    if data_type == "double":
        # 1e999 is infinite, which no average survives. DuckDB reads 1_000 too.
        number = f"try_cast({x} as double)"
        return (
            f"case when not contains({x}, '_') and not contains({x}, ' ') and isfinite({number}) "
            f"then {number} end"
        )
    return (
        f"case when lower({x}) in ('true', 't', '1', 'yes') then true "
        f"when lower({x}) in ('false', 'f', '0', 'no') then false end"
    )


def column_value(
    column: Column, input_of: Callable[[str], str], type_of: Callable[[str], str], known: str | None
) -> str:
    """The typed value of a column from its inputs.

    Args:
        column: the column.
        input_of: gives the SQL of an input by its name: a text, NULL where blank.
        type_of: gives DuckDB's type of an input, VARCHAR for a text.
        known: the ENUM type of the secrets that ``code_of_secret`` stands for, if there is one;
            their hash is left out here.
    """
    if column.prefix_of:
        return f"left({input_of(column.prefix_of)}, 4)"
    given = [
        given_value(input_of(name), type_of(name), column.data_type) for name in column.given_as
    ]
    value = given[0] if len(given) == 1 else f"coalesce({', '.join(given)})"
    if column.hash_of:
        secret = _secret(column, input_of)
        hashed = hash_expression(secret)
        if known:
            is_known = f"try_cast({secret} as {known}) is not null"
            hashed = f"case when {secret} is not null and not {is_known} then {hashed} end"
        # NULL stays NULL: an empty token is no token and must not become a busy one.
        value = f"coalesce({value}, {hashed})"
    if column.cut_query_string:
        value = text(f"split_part(split_part({value}, '?', 1), '#', 1)")
    return value


def given_value(value: str, given_type: str, data_type: str) -> str:
    """What one input gives, as a value of the column's type."""
    if given_type == "VARCHAR":
        return typed(value, data_type)
    if data_type == "timestamp" and given_type == "TIMESTAMP WITH TIME ZONE":
        return f"{value} at time zone 'UTC'"
    if given_type.lower() != data_type:
        return typed(f"{value}::varchar", data_type)
    if data_type == "double":
        return f"case when isfinite({value}) then {value} end"
    if data_type in ("timestamp", "date"):
        # The years that ISO 8601 writes with four digits; infinity is none.
        return (
            f"case when {value} >= '0001-01-01'::{data_type} "
            f"and {value} < '9999-12-31'::{data_type} then {value} end"
        )
    return value


def code_of_secret(column: Column, input_of: Callable[[str], str], known: str) -> str:
    """The number of a column's secret in an ENUM type; NULL where it has none or is given a value.

    Hashing takes two blocks of SHA-256 twice a row, and a busy token comes a million times: those
    often seen are numbered while reading and hashed once.
    """
    secret = f"try_cast({_secret(column, input_of)} as {known})"
    is_given = " or ".join(f"{input_of(name)} is not null" for name in column.given_as)
    return f"case when not ({is_given}) then enum_code({secret})::integer end"


def _secret(column: Column, input_of: Callable[[str], str]) -> str:
    secrets = [f"{input_of(name)}::varchar" for name in column.hash_of]
    return secrets[0] if len(secrets) == 1 else f"coalesce({', '.join(secrets)})"

"""The models compile for each warehouse, and ask for nothing that is not known to be there.

Nothing runs: a query that passes has been parsed in its dialect, and each function and type that it
names stands in offers/<dialect>.yml below the page that documents it. What a dialect cannot take
stands there too, with the reason, and nothing else may fail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dialects.compiling import Compiled, compile_for
from tests.dialects.grammar import functions_of, grammar_of, types_of

DIALECTS = ["redshift", "databricks", "bigquery", "snowflake"]
WITHOUT_ADAPTER = [name for name in DIALECTS if not find_spec(f"dbt.adapters.{name}")]

pytestmark = [
    pytest.mark.dialects,
    pytest.mark.skipif(
        bool(WITHOUT_ADAPTER),
        reason=f"dbt has no adapter here for {', '.join(WITHOUT_ADAPTER)}: make test-dialects",
    ),
]
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)


@each_dialect
def test_what_a_dialect_cannot_take_is_listed(dialect: str) -> None:
    listed = {what: set(each["where"]) for what, each in _offers(dialect)["not_supported"].items()}
    assert _refused(dialect) == listed


@each_dialect
def test_each_listed_function_is_called(dialect: str) -> None:
    assert _listed(dialect, "functions") - set(_calls(dialect)) == set()


@each_dialect
def test_each_listed_type_is_used(dialect: str) -> None:
    assert _listed(dialect, "types") - set(_types(dialect)) == set()


@pytest.mark.parametrize(
    ("dialect", "query", "finding"),
    [
        ("snowflake", "select a from", "grammar"),
        ("snowflake", "drop table t", "grammar"),
        ("snowflake", "select 1 as a; select 2 as b", "grammar"),
        ("snowflake", "select min(a) over w as a from t window w as (order by b)", "named window"),
        ("bigquery", "select a from t union select b from u", "grammar"),
        ("bigquery", "select a as new from t", "reserved word"),
        ("redshift", "select new from t", "reserved word"),
        ("redshift", "select lag(a, 1, 0) over (order by b) as a from t", "default of lag"),
        ("redshift", "select sum(a) over (order by b) as a from t", "aggregate without frame"),
        (
            "redshift",
            "with recursive t as (select 1 as a union all select a from t) select a from t",
            "recursion without columns",
        ),
    ],
)
def test_a_made_up_query_is_refused(dialect: str, query: str, finding: str) -> None:
    assert finding in grammar_of(query, dialect)


def test_an_ordinary_query_is_taken_everywhere() -> None:
    query = """
        with t as (select a, b from other.t)
        select t.a, sum(b) over (order by a rows between 1 preceding and current row) as c
        from t
    """
    assert [grammar_of(query, dialect) for dialect in DIALECTS] == [{}] * len(DIALECTS)


def test_functions_and_types_are_named_as_they_stand_there() -> None:
    query = "select Foo(cast(a as double precision)), 'bar(' from t where b in (1) -- baz()"
    assert functions_of(query, "redshift") == {"foo", "cast"}
    assert types_of(query, "redshift") == {"double precision"}
    query = "select cast(array() as array<struct<a: bigint, b: string>>) as c"
    assert types_of(query, "databricks") == {"array", "struct", "bigint", "string"}


def _refused(dialect: str) -> dict[str, set[str]]:
    """What the dialect lacks, with the models, data tests and seeds that need it."""
    compiled = _compiled(dialect)
    found: dict[str, set[str]] = defaultdict(set)
    for name, macro in compiled.missing_macros.items():
        found[f"macro {macro}"].add(name)
    for name, query in compiled.queries.items():
        for what in grammar_of(query, dialect):
            found[what].add(name)
    for kind, used in ("function", _calls(dialect)), ("type", _types(dialect)):
        for unknown in set(used) - _listed(dialect, f"{kind}s"):
            found[f"{kind} {unknown}"] |= used[unknown]
    return dict(found)


@cache
def _compiled(dialect: str) -> Compiled:
    missing = [
        name
        for what, each in _offers(dialect)["not_supported"].items()
        if what.startswith("macro ")
        for name in each["where"]
    ]
    return compile_for(dialect, missing)


@cache
def _calls(dialect: str) -> Mapping[str, set[str]]:
    """Each function with what calls it."""
    queries = _compiled(dialect).queries.items()
    return _inverted((name, functions_of(query, dialect)) for name, query in queries)


@cache
def _types(dialect: str) -> Mapping[str, set[str]]:
    """Each type with what casts to it or is made with it."""
    compiled = _compiled(dialect)
    cast = [(name, types_of(query, dialect)) for name, query in compiled.queries.items()]
    return _inverted([*cast, *compiled.types.items()])


def _inverted(found: Iterable[tuple[str, Iterable[str]]]) -> Mapping[str, set[str]]:
    inverted: dict[str, set[str]] = defaultdict(set)
    for name, words in found:
        for word in words:
            inverted[word].add(name)
    return inverted


@cache
def _offers(dialect: str) -> dict[str, Any]:
    return yaml.safe_load(Path(__file__).with_name("offers").joinpath(f"{dialect}.yml").read_text())


def _listed(dialect: str, kind: str) -> set[str]:
    return {name for names in _offers(dialect)[kind].values() for name in names}

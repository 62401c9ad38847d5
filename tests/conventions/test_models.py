"""The rules of rules.py hold, and each of them finds a made-up violation."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.conventions.rules import (
    PORTABLE_FUNCTIONS,
    PORTABLE_TYPES,
    RULES,
    WITHOUT_UNIT_TEST,
    portable_words,
)


@pytest.mark.parametrize("statement", RULES)
def test_the_project_keeps_its_convention(manifest: dict[str, Any], statement: str) -> None:
    assert RULES[statement](manifest) == []


@pytest.mark.parametrize("statement", RULES)
def test_the_rule_finds_a_made_up_violation(made_up: dict[str, Any], statement: str) -> None:
    assert RULES[statement](made_up)


def test_each_properties_file_belongs_to_a_model_or_to_sources() -> None:
    for layer in ("staging", "intermediate", "marts"):
        folder = PROJECT / "models" / layer
        files = {path.with_suffix("") for path in folder.rglob("*.yml")}
        models = {path.with_suffix("") for path in folder.rglob("*.sql")}
        sources = {path for path in files if path.name == f"_{path.parent.name}__sources"}
        assert files - sources == models


def test_each_exception_is_of_something_that_exists(manifest: dict[str, Any]) -> None:
    models = {node["name"] for node in manifest["nodes"].values()}
    assert models >= set(WITHOUT_UNIT_TEST)


def test_each_portable_function_is_called(manifest: dict[str, Any]) -> None:
    called = set().union(*portable_words(manifest).values())
    assert (PORTABLE_FUNCTIONS | PORTABLE_TYPES) - called == set()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("select Epoch_us(a) as b -- not_me(a)\n{# nor_me(a) #}", {"epoch_us"}),
        (
            "select cast(a as double), 'not_me(a)' from {{ ref('t') }} where b in (1)",
            {"cast", "double"},
        ),
        ("{{ days_after('max(a)', -1) }} {% set text = \"min('me(a)')\" %}", {"max", "min"}),
    ],
)
def test_functions_are_found_in_sql_and_in_what_jinja_puts_into_it(
    code: str, words: set[str]
) -> None:
    base = {"package_name": "north_star", "original_file_path": "macros/m.sql"}
    manifest = {"nodes": {}, "macros": {"m": {**base, "name": "m", "macro_sql": code}}}
    assert portable_words(manifest) == {"m": words}


def test_each_weekly_number_is_compared_with_what_was_published(manifest: dict[str, Any]) -> None:
    columns = manifest["nodes"]["model.north_star.fct_north_star_weekly"]["columns"].values()
    numbers = {each["name"] for each in columns if each["data_type"] in ("bigint", "double")}
    listed = manifest["macros"]["macro.north_star.weekly_metrics"]["macro_sql"]
    # How many days had logs is no number of the program.
    assert set(re.findall(r"'(\w+)':", listed)) == numbers - {"days_with_logs"}

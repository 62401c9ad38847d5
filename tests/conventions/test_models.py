"""The rules of rules.py hold, and each of them finds a made-up violation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.conventions.rules import RULES, WITHOUT_UNIT_TEST


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

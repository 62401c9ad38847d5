"""Each var of dbt_project.yml has a test that shows what changing it does.

Either a dbt unit test overrides it with another value than its default, or a test file of another
folder names it. What a wrong value gets is tested in test_vars.py, and does not count here.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
import yaml

from tests.conftest import PROJECT

VARS: dict[str, Any] = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]


@cache
def _overridden() -> set[str]:
    """Vars that a unit test sets to another value than their default."""
    found = set()
    for path in PROJECT.glob("models/**/*.yml"):
        properties = yaml.load(path.read_text(), yaml.CSafeLoader)
        for test in properties.get("unit_tests") or []:
            overrides = (test.get("overrides") or {}).get("vars") or {}
            found |= {name for name, value in overrides.items() if value != VARS.get(name)}
    return found


@cache
def _named_in_pytest() -> set[str]:
    """Vars whose names stand in a test outside this folder."""
    files = [path for path in PROJECT.glob("tests/**/*.py") if path.parent.name != "macros"]
    words = {word for path in files for word in re.findall(r"\w+", path.read_text())}
    return words & set(VARS)


@pytest.mark.parametrize("name", VARS)
def test_changing_the_var_is_tested(name: str) -> None:
    tested = _overridden() | _named_in_pytest()
    assert name in tested, f"No unit test overrides {name}, and no other test names it."

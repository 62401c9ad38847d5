"""The published columns are an interface: a change of it is listed, or refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from orchestration.publishing.publish import CONTRACT_VERSION
from tests.conftest import PROJECT
from tools.contract import (
    Schema,
    changes,
    current_schema,
    last_release,
    read_schema,
    unlisted,
    write_schema,
)

CHANGELOG = (PROJECT / "CHANGELOG.md").read_text()


@pytest.fixture
def schema(manifest: dict[str, Any]) -> Schema:
    return current_schema(manifest)


def test_each_change_since_the_last_release_is_listed(schema: Schema) -> None:
    released = last_release()
    found = list(changes(read_schema(released), schema))
    assert unlisted(found, CHANGELOG, released.stem) == []


def test_what_breaks_queries_makes_another_contract(schema: Schema) -> None:
    released = last_release()
    promised = re.search(rf"^## {re.escape(released.stem)} .*contract (\d+)", CHANGELOG, re.M)
    assert promised, f"CHANGELOG.md does not say which contract {released.stem} has"
    is_broken = any(change.is_breaking for change in changes(read_schema(released), schema))
    assert int(CONTRACT_VERSION) == int(promised[1]) + is_broken


def test_a_schema_is_read_as_it_was_written(schema: Schema, tmp_path) -> None:
    write_schema(schema, tmp_path / "1.csv")
    assert read_schema(tmp_path / "1.csv") == schema
    assert len(schema) > 300


COLUMN = ("fct_north_star_weekly", "weekly_active_tokens")


@pytest.mark.parametrize(
    ("changed", "sentence", "is_breaking"),
    [
        ({COLUMN: ("double", False)}, "weekly_active_tokens was bigint and is double", True),
        ({COLUMN: None}, "weekly_active_tokens is gone", True),
        ({COLUMN: ("bigint", True)}, "weekly_active_tokens is never NULL now", False),
        ({("dim_weeks", "week_start"): ("date", False)}, "week_start may be NULL now", True),
        ({("dim_weeks", "added"): ("date", False)}, "dim_weeks.added is new", False),
        ({("fct_new", "added"): ("date", False)}, "fct_new is new", False),
    ],
)
def test_a_change_that_nobody_listed_is_refused(
    schema: Schema, changed: dict, sentence: str, is_breaking: bool
) -> None:
    after = {name: kind for name, kind in (schema | changed).items() if kind}
    (change,) = changes(schema, after)
    assert change.is_breaking == is_breaking
    (refusal,) = unlisted([change], "# Changelog\n\n## 9.0.0\n- Other.\n\n## 8.0.0\n", "8.0.0")
    assert sentence in refusal
    assert not unlisted([change], f"## 9.0.0\n- `{change.name}`: why.\n\n## 8.0.0\n", "8.0.0")
    # Listed with an earlier release is not listed.
    assert unlisted([change], f"## 9.0.0\n\n## 8.0.0\n- `{change.name}`: why.\n", "8.0.0")


def test_a_table_that_is_gone_is_one_change(schema: Schema) -> None:
    after = {name: kind for name, kind in schema.items() if name[0] != "dim_weeks"}
    (change,) = changes(schema, after)
    assert (change.name, change.what, change.is_breaking) == ("dim_weeks", "is gone", True)

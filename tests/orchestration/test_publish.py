"""What may be published, and that it appears at once or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing import (
    PublishError,
    current_publication,
    keep_build,
    publish,
    what_stays,
)
from orchestration.report import DIGEST
from orchestration.settings import DataFolder

MODEL = "model.north_star.fct_weekly_active_tokens"
WEEKS = "model.north_star.fct_north_star_weekly"
VALUES = "model.north_star.fct_weekly_values"
VIEW = "model.north_star.stg_api_gateway__api_requests"
WATERMARK = "model.north_star.int_watermark"
TEST = "test.north_star.not_null_token_id.0a1b2c"
OTHER_TEST = "test.north_star.assert_weeks_follow_each_other"
DISABLED_TEST = "test.north_star.not_null_id_of_hubspot.3"
KEY_TEST = "test.north_star.unique_fct_weekly_active_tokens_token_id.4d"
ALL_PASS = {
    MODEL: "success",
    WEEKS: "success",
    VALUES: "success",
    KEY_TEST: "pass",
    VIEW: "success",
    WATERMARK: "success",
    TEST: "pass",
    OTHER_TEST: "pass",
}


@pytest.fixture
def built(data: DataFolder) -> DataFolder:
    """A data folder after a build that passed."""
    build(data, tokens=3)
    return data


def build(data: DataFolder, tokens: int, results: dict[str, str] | None = None) -> None:
    """A warehouse with three marts, and the record that dbt leaves of building it."""
    with duckdb.connect(data.warehouse) as warehouse:
        warehouse.execute("create schema if not exists marts")
        warehouse.execute("create schema if not exists intermediate")
        warehouse.execute(
            "create or replace table marts.fct_weekly_active_tokens as "
            f"select 't' || range as token_id, 'dev_' || range as developer_id from range({tokens})"
        )
        warehouse.execute(
            "create or replace table marts.fct_north_star_weekly as select "
            "date '2026-11-09' as week_start, 'final' as week_status, false as is_data_gap, "
            f"{tokens} as weekly_active_tokens, 2 as weekly_active_companies, "
            "93784.0::double as ttfhw_p50_seconds, 0.25::double as converted_7d_rate, "
            "7 as days_with_logs, false as is_sampled, null::double as resolved_tokens_rate"
        )
        warehouse.execute(
            "create or replace table marts.fct_weekly_values as select "
            "'weekly_active_tokens' as metric, week_start, week_status, "
            "weekly_active_tokens::double as value, 7 as rows_read, 3 as records_read, "
            "'rules' as rules_hash from marts.fct_north_star_weekly"
        )
        warehouse.execute(
            "create or replace table intermediate.int_watermark as "
            "select timestamp '2026-11-20 08:00:00' as watermark_at"
        )
    nodes = {
        MODEL: node(
            MODEL,
            "model",
            "marts",
            "north_star",
            description="Active tokens.\nOne row per token.",
            columns={
                "token_id": column("The token's hash.", "not_null"),
                "developer_id": column("Its owner."),
            },
        ),
        WEEKS: node(WEEKS, "model", "marts", "north_star"),
        VALUES: node(VALUES, "model", "marts", "north_star"),
        VIEW: node(VIEW, "model", "staging", "api_gateway", materialized="view"),
        WATERMARK: node(WATERMARK, "model", "intermediate", "activity"),
        TEST: node(TEST, "test"),
        KEY_TEST: node(KEY_TEST, "test")
        | {
            "attached_node": MODEL,
            "test_metadata": {"name": "unique", "kwargs": {"column_name": "token_id"}},
        },
        OTHER_TEST: node(OTHER_TEST, "test"),
        # Of a model that is switched off.
        DISABLED_TEST: node(DISABLED_TEST, "test", is_enabled=False),
    }
    target = data.root / "target"
    target.mkdir(exist_ok=True)
    data.dbt.mkdir(parents=True, exist_ok=True)
    (target / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    statuses = ALL_PASS if results is None else results
    rows = [{"unique_id": name, "status": status} for name, status in statuses.items()]
    record = {"metadata": {"invocation_id": "invocation"}, "results": rows}
    (target / "run_results.json").write_text(json.dumps(record))
    keep_build(data, target)


def column(description: str, *constraints: str) -> dict:
    """A column of a node of dbt's manifest."""
    return {
        "description": description,
        "constraints": [{"type": constraint} for constraint in constraints],
    }


def node(
    unique_id: str,
    kind: str,
    *folders: str,
    materialized: str = "table",
    is_enabled: bool = True,
    description: str = "",
    columns: Mapping[str, dict] | None = None,
) -> dict:
    """An entry of dbt's manifest."""
    name = unique_id.split(".")[2]
    return {
        "description": description,
        "columns": {name: {"name": name, **told} for name, told in (columns or {}).items()},
        "unique_id": unique_id,
        "resource_type": kind,
        "name": name,
        "alias": name,
        "schema": folders[0] if folders else "",
        "fqn": ["north_star", *folders, name],
        "config": {"materialized": materialized, "enabled": is_enabled},
    }


def tokens(data: DataFolder) -> int:
    """How many rows a reader counts."""
    with duckdb.connect(data.published / "north_star.duckdb", read_only=True) as database:
        return database.execute("select count(*) from fct_weekly_active_tokens").fetchone()[0]


def test_every_mart_is_published_as_a_table_and_as_parquet(built: DataFolder) -> None:
    publish(built, "run-1")
    assert tokens(built) == 3
    parquet = built.published / "parquet" / "fct_weekly_active_tokens" / "0.parquet"
    assert duckdb.sql(f"select count(*) from '{parquet}'").fetchone() == (3,)
    assert (built.published / "dbt" / "manifest.json").exists()
    assert (built.published / "dbt" / "run_results.json").exists()
    assert (built.published / "parquet" / "publication" / "0.parquet").exists()
    assert "Weekly active tokens: 3." in (built.published / DIGEST).read_text()


def test_publication_says_where_it_comes_from(built: DataFolder, tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("vars: {kept_publications: 1}")
    publish(built, "run-1", project=tmp_path)
    with duckdb.connect(built.published / "north_star.duckdb", read_only=True) as database:
        relation = database.table("publication")
        types = dict(zip(relation.columns, map(str, relation.types), strict=True))
        row = dict(zip(relation.columns, relation.fetchone(), strict=True))
    assert types == {
        "run_id": "VARCHAR",
        "git_commit": "VARCHAR",
        "dbt_invocation_id": "VARCHAR",
        "published_at": "TIMESTAMP",
        "watermark": "TIMESTAMP",
        "checks_run": "BIGINT",
        "checks_passed": "BIGINT",
        "contract_version": "VARCHAR",
        "is_sample": "BOOLEAN",
    }
    assert row["run_id"] == "run-1"
    assert row["git_commit"] is None
    assert str(row["watermark"]) == "2026-11-20 08:00:00"
    assert (row["checks_run"], row["checks_passed"], row["is_sample"]) == (3, 3, False)


def test_a_file_of_the_sample_marks_the_publication(built: DataFolder) -> None:
    for day, is_sample in (("20", True), ("21", False)):
        folder = built.raw / "batches" / f"202611{day}T050000000000Z" / "landing" / "files"
        folder.mkdir(parents=True)
        duckdb.sql(f"select {is_sample} as is_sample").write_parquet(str(folder / "0.parquet"))
    assert publish(built, "run-1").is_sample


def test_the_link_survives_a_move_of_the_data_folder(built: DataFolder) -> None:
    publish(built, "run-1")
    assert built.published.readlink() == Path("publications/run-1")


def test_published_files_cannot_be_written(built: DataFolder) -> None:
    publish(built, "run-1")
    files = [path for path in built.published.resolve().rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o222 for path in files} == {0}


@pytest.mark.parametrize(
    ("results", "named"),
    [
        ({**ALL_PASS, TEST: "fail"}, "not_null_token_id failed"),
        ({**ALL_PASS, MODEL: "skipped"}, "fct_weekly_active_tokens failed or was skipped"),
        (
            {name: status for name, status in ALL_PASS.items() if name not in (OTHER_TEST, VIEW)},
            "assert_weeks_follow_each_other, stg_api_gateway",
        ),
        ({**ALL_PASS, VIEW: "error"}, "stg_api_gateway__api_requests failed"),
    ],
)
def test_a_partial_or_failed_build_is_refused(
    built: DataFolder, results: dict[str, str], named: str
) -> None:
    publish(built, "run-1")
    build(built, tokens=5, results=results)
    with pytest.raises(PublishError, match=named):
        publish(built, "run-2")
    assert tokens(built) == 3
    assert not (built.publications / "run-2").exists()


def test_a_warning_is_published_and_counted(built: DataFolder) -> None:
    build(built, tokens=3, results={**ALL_PASS, TEST: "warn"})
    publish(built, "run-1")
    with duckdb.connect(built.published / "north_star.duckdb", read_only=True) as database:
        assert database.execute("select checks_run, checks_passed from publication").fetchone() == (
            3,
            2,
        )


def test_without_a_build_there_is_nothing_to_publish(data: DataFolder) -> None:
    with pytest.raises(PublishError, match="nothing to publish"):
        publish(data, "run-1")
    assert what_stays(data) == "Nothing has been published yet."


@pytest.mark.parametrize("step", ["rename", "replace"])
def test_a_crash_leaves_the_old_set_and_the_next_attempt_finishes(
    built: DataFolder, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    publish(built, "run-1")
    build(built, tokens=5)
    with monkeypatch.context() as patched:

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(Path, step, crash)
        with pytest.raises(KeyboardInterrupt):
            publish(built, "run-2")
    assert tokens(built) == 3
    assert current_publication(built).run_id == "run-1"

    publish(built, "run-2")
    assert tokens(built) == 5
    names = sorted(path.name for path in built.publications.iterdir())
    assert names == ["run-1", "run-2"]


def test_publishing_the_same_run_twice_changes_nothing(built: DataFolder) -> None:
    first = publish(built, "run-1")
    build(built, tokens=5)
    assert publish(built, "run-1") == first
    assert tokens(built) == 3

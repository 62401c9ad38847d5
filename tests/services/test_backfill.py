"""A year of weeks computed again, as one run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration.publishing import current_publication
from orchestration.rebuild import days_with_logs
from orchestration.settings import DataFolder
from tests.services.program import Program, run_program
from tests.toy import REPOSITORY

pytestmark = pytest.mark.services

WEEKS = 52


def test_a_year_computed_again_is_one_run_that_equals_what_there_was(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(run_program(tmp_path_factory).root, tmp_path / "data", symlinks=True)
    shutil.rmtree(tmp_path / "data" / "dagster")
    program = Program(DataFolder(tmp_path / "data"))
    data = program.data
    before = contents(program)
    assert before["fct_weekly_active_tokens"]
    last = current_publication(data).watermark.date()
    monday = last - timedelta(days=last.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    assert first > min(days_with_logs(data))
    with duckdb.connect(data.warehouse) as warehouse:
        # What is computed again must not depend on what was there.
        warehouse.execute(
            "update intermediate.int_token_days set requests = 0, outcome = 'bot' "
            "where event_date between $1 and $2",
            [first, last],
        )
    done = subprocess.run(
        [sys.executable, "-m", "orchestration", "backfill", f"{first}..{last}"],
        cwd=REPOSITORY,
        env={**os.environ, "NORTH_STAR_DATA": str(data.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert {name: rows for name, rows in contents(program).items() if rows != before[name]} == {}

    monkeypatch.setenv("NORTH_STAR_DATA", str(data.root))
    with dg.DagsterInstance.from_config(str(data.dagster)) as instance:
        (run,) = instance.get_runs()
        assert run.is_success
        assert run.job_name == "backfill"
        assert current_publication(data).run_id == run.run_id
        computed = instance.get_materialized_partitions(dg.AssetKey("weeks"))
        assert computed == {str(first + timedelta(weeks=number)) for number in range(WEEKS)}
        # Each table's own page tells of the run, too.
        event = instance.get_latest_materialization_event(
            dg.AssetKey(["marts", "fct_weekly_active_tokens"])
        )
        assert event.run_id == run.run_id
        assert event.asset_materialization.metadata["dagster/row_count"].value > 0


def contents(program) -> dict[str, list[tuple]]:
    """The rows of every published table, but what says of itself when it was published."""
    tables = set(program.tables()) - {"publication"}
    # Sums of floating-point numbers depend on the order they are made in.
    inexact = {"fct_ttfhw_comparisons"}
    return {table: program.rows(f"from {table} order by all") for table in tables - inexact}

"""Whole runs of a small project: what readers see after each."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from orchestration.report import DIGEST
from orchestration.run_lock import hold_run_lock
from tests.report.receiver import receiving
from tests.toy import ToyProject


@dg.job
def a_job() -> None:
    """A job for runs that are only noted, never executed."""


MARTS = ("fct_weekly_active_tokens", "fct_north_star_weekly")


def test_a_run_publishes_and_ends_with_the_latest_final_week(refreshed: ToyProject) -> None:
    shown = refreshed.run("show").stdout
    assert "Week of 2026-11-02 to 2026-11-08, the latest that is final" in shown
    assert str(refreshed.data.published / "north_star.duckdb") in shown
    assert refreshed.published("select checks_run, checks_passed from publication") == [(2, 2)]


def test_a_run_is_in_the_history_with_row_counts(refreshed: ToyProject) -> None:
    (run_id,) = refreshed.published("select run_id from publication")[0]
    with dg.DagsterInstance.from_config(str(refreshed.data.dagster)) as instance:
        assert instance.get_run_by_id(run_id).is_success

        def metadata(*key: str) -> dict:
            event = instance.get_latest_materialization_event(dg.AssetKey(key))
            return {
                name: value.value for name, value in event.asset_materialization.metadata.items()
            }

        assert metadata("api_gateway", "api_requests")["rows_landed"] == 2
        assert metadata("crm", "contacts")["rows_landed"] == 0
        mart = metadata("marts", "fct_weekly_active_tokens")
        assert mart["dagster/row_count"] == 2
        assert [column.name for column in mart["dagster/column_schema"].columns] == [
            "token_id",
            "week_start",
            "qualified_requests",
        ]


def test_a_run_publishes_its_digest_and_shows_it_in_the_history(refreshed: ToyProject) -> None:
    printed = refreshed.run("digest").stdout
    assert printed.startswith("# Week of 2026-11-02 to 2026-11-08\n")
    assert "- Weekly active tokens: 1. [3]\n" in printed
    assert "Not told, because its table is not published: what moved most," in printed
    assert printed == (refreshed.data.published / DIGEST).read_text()
    with dg.DagsterInstance.from_config(str(refreshed.data.dagster)) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("digest"))
    shown = event.asset_materialization.metadata
    assert shown["digest"].value == printed
    assert shown["delivery"].value.startswith("It is sent to nobody")


@pytest.mark.services
def test_a_digest_reaches_the_webhook_once_and_its_address_stays_secret(
    refreshed: ToyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as webhook:
        monkeypatch.setenv("NORTH_STAR_DIGEST_WEBHOOK", webhook.url)
        webhook.answers = [404]
        refused, delivered = (refreshed.run() for _ in range(2))
    assert (refused.returncode, delivered.returncode) == (0, 0)
    assert "Warning: The digest of the week of 2026-11-02 was not delivered: the webhook " in (
        refused.stdout
    )
    assert "Published" in refused.stdout.splitlines()[-1]
    assert "digest of the week" not in delivered.stdout
    first, second = webhook.texts
    assert first.startswith("# Week of 2026-11-02 to 2026-11-08\n")
    assert second == (refreshed.data.published / DIGEST).read_text()
    assert "SECRET" not in refused.stdout + delivered.stdout
    files = [path for path in refreshed.data.root.rglob("*") if path.is_file()]
    assert len(files) > 50
    assert not [path for path in files if b"SECRET" in path.read_bytes()]
    with dg.DagsterInstance.from_config(str(refreshed.data.dagster)) as instance:
        key = dg.AssetCheckKey(dg.AssetKey("digest"), "is_delivered")
        checks = instance.event_log_storage.get_asset_check_execution_history(key, limit=9)
    # Both runs had nothing to publish, and skipped the asset that the check was planned for.
    told = [check.status.value for check in checks if check.status.value != "PLANNED"]
    assert told[:2] == ["SUCCEEDED", "FAILED"]


def test_an_address_that_nothing_can_be_sent_to_stops_a_scheduled_run_at_its_start(
    refreshed: ToyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTH_STAR_DIGEST_WEBHOOK", "http://hooks.example/SECRET")
    before = refreshed.published_bytes()
    # It does not come by way of the command line, which looks before Dagster is loaded.
    script = (
        "from orchestration.refresh import refresh; from orchestration.settings import *; "
        "refresh(DataFolder.from_environment())"
    )
    done = refreshed.python("-c", script)
    assert done.stdout.splitlines()[-1].startswith(
        "orchestration.refresh.RefreshError: NORTH_STAR_DIGEST_WEBHOOK is no address"
    )
    assert "SECRET" not in done.stdout
    assert "Landed" not in done.stdout
    assert refreshed.published_bytes() == before


def test_a_run_with_nothing_new_publishes_nothing_and_says_so(refreshed: ToyProject) -> None:
    before, kept = refreshed.published_bytes(), sorted(refreshed.data.publications.iterdir())
    warehouse = refreshed.data.warehouse.stat().st_mtime_ns
    done = refreshed.run()
    assert done.returncode == 0, done.stdout
    said = [line for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    assert [line.split(" ")[0] for line in said] == ["Warning:", "Nothing", "Week", "Published"]
    assert "so nothing was built or published" in said[1]
    assert refreshed.published_bytes() == before
    assert sorted(refreshed.data.publications.iterdir()) == kept
    assert refreshed.data.warehouse.stat().st_mtime_ns == warehouse
    with dg.DagsterInstance.from_config(str(refreshed.data.dagster)) as instance:
        (run,) = instance.get_runs(dg.RunsFilter(job_name="refresh"), limit=1)
        assert run.is_success
        states = {
            step.step_key: step.status.value for step in instance.get_run_step_stats(run.run_id)
        }
        assert states == {
            "landing": "SUCCESS",
            "dbt": "SUCCESS",
            "published": "SKIPPED",
            "digest": "SKIPPED",
        }
        events = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
        assert {event.step_key for event in events} == {"landing"}
        logged = [event.user_message for event in instance.all_logs(run.run_id)]
        assert said[1] in logged


def test_a_run_publishes_though_nothing_is_new_if_it_is_asked_to(refreshed: ToyProject) -> None:
    kept = set(refreshed.data.publications.iterdir())
    done = refreshed.run("build", "--full")
    assert done.returncode == 0, done.stdout
    (new,) = set(refreshed.data.publications.iterdir()) - kept
    assert refreshed.data.published.resolve() == new


def test_weeks_that_cannot_be_meant_are_one_sentence(refreshed: ToyProject) -> None:
    done = refreshed.run("build", "--weeks", "2026-01-05..2026-01-12")
    assert (done.returncode, done.stdout) == (
        2,
        "Error: WEEKS=2026-01-05..2026-01-12: there are no logs from 2026-01-05 to 2026-01-18; "
        "those that were landed reach from 2026-11-02 to 2026-11-10.\n",
    )


def test_a_failed_test_leaves_what_is_published_byte_for_byte(refreshed: ToyProject) -> None:
    before, kept = refreshed.published_bytes(), sorted(refreshed.data.publications.iterdir())
    failing = refreshed.folder / "tests" / "dbt" / "assert_nobody_is_active.sql"
    failing.write_text("select * from {{ ref('fct_weekly_active_tokens') }}")
    refreshed.drop("2026-11-12.jsonl", [("2026-11-12", "grace", 500)])
    try:
        result = refreshed.run()
    finally:
        failing.unlink()
    assert result.returncode == 1
    said = result.stdout.splitlines()[-1]
    assert said.startswith("Error: The run failed. dbt build failed: assert_nobody_is_active.")
    assert "What is published is still the set of" in said
    assert refreshed.published_bytes() == before
    assert sorted(refreshed.data.publications.iterdir()) == kept


def test_what_a_model_refuses_with_is_what_the_run_says(refreshed: ToyProject) -> None:
    model = refreshed.folder / "models" / "intermediate" / "int_watermark.sql"
    before = model.read_text()
    refusal = "exceptions.raise_compiler_error('The list has changed: make build FULL=yes.')"
    model.write_text(f"{{% if execute %}}{{{{ {refusal} }}}}{{% endif %}}\n{before}")
    try:
        result = refreshed.run()
    finally:
        model.write_text(before)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1].startswith(
        "Error: The run failed. dbt build failed: int_watermark. The list has changed: make build "
        "FULL=yes. What is published is still the set of"
    )


def test_a_run_that_may_not_wait_any_longer_says_for_whom(refreshed: ToyProject) -> None:
    with hold_run_lock(refreshed.data, "run first", "first"):
        result = refreshed.run("run", "--wait", "1")
    assert result.returncode == 1
    waiting, said = result.stdout.splitlines()[-2:]
    assert waiting.startswith("Waiting for run first (process ")
    assert said.startswith(
        "Error: The run failed. Gave up after waiting 1 s for run first (process "
    )


def test_a_killed_run_is_closed_by_the_next(refreshed: ToyProject) -> None:
    with dg.DagsterInstance.from_config(str(refreshed.data.dagster)) as instance:
        killed = instance.create_run_for_job(a_job, status=dg.DagsterRunStatus.STARTED)
        with hold_run_lock(refreshed.data, "killed run", killed.run_id):
            holder = (refreshed.data.root / "run.lock.holder.json").read_text()
        # A killed process leaves its name behind.
        (refreshed.data.root / "run.lock.holder.json").write_text(holder)
        assert refreshed.run().returncode == 0
        assert instance.get_run_by_id(killed.run_id).status is dg.DagsterRunStatus.FAILURE


@pytest.mark.services
def test_a_lost_warehouse_is_built_again_to_the_same_marts(refreshed: ToyProject) -> None:
    before = {mart: refreshed.published(f"from {mart} order by all") for mart in MARTS}
    refreshed.data.warehouse.unlink()
    assert refreshed.run().returncode == 0
    assert {mart: refreshed.published(f"from {mart} order by all") for mart in MARTS} == before
    assert before["fct_weekly_active_tokens"]


@pytest.mark.services  # for the time it takes
def test_a_model_that_is_replaced_is_published_beside_its_successor(tmp_path: Path) -> None:
    toy = ToyProject(tmp_path)
    folder = toy.folder / "models" / "marts" / "north_star"
    model = folder / "fct_weekly_active_tokens.sql"
    (folder / "fct_weekly_active_tokens_v2.sql").write_text(model.read_text())
    model.rename(folder / "fct_weekly_active_tokens_v1.sql")
    described = folder / "north_star.yml"
    versions = (
        "    latest_version: 2\n"
        "    versions:\n"
        "      - v: 1\n"
        "        deprecation_date: 2099-12-31\n"
        "      - v: 2\n"
    )
    columns = "    columns:\n      - name: token_id\n"
    described.write_text(described.read_text().replace(columns, versions + columns, 1))
    toy.drop("1.jsonl", [("2026-11-02", "ada", 200)])
    done = toy.run()
    assert done.returncode == 0, done.stdout
    assert toy.published(
        "select table_name, comment from duckdb_tables() "
        "where table_name like 'fct_weekly_active_tokens%' order by all"
    ) == [
        ("fct_weekly_active_tokens", "Active tokens. One row per token and week."),
        (
            "fct_weekly_active_tokens_v1",
            "Deprecated: use fct_weekly_active_tokens. It is published until 2099-12-31. "
            "Active tokens. One row per token and week.",
        ),
    ]

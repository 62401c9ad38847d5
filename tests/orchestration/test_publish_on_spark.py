"""Publishing on Spark, with a Spark that only notes what it is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestration.operations import OperationError, sentence_of
from orchestration.publishing import (
    PublishError,
    SwitchError,
    current_publication,
    kept_publications,
    publish,
    rename_people,
    roll_back,
    spark,
    what_stays,
)
from orchestration.publishing.spark import valid_name
from orchestration.report import DIGEST
from orchestration.settings import DataFolder
from orchestration.summary import summarise
from tests.orchestration.test_publish import ALL_PASS, TEST, build
from tests.orchestration.test_versions import log

COPIED = """{
    "schema": "north_star_publication_%s",
    "publication": {"run_id": "%s", "published_at": "2026-11-22T05:00:30.123Z",
                    "watermark": "2026-11-21T23:59:00.000Z", "is_sample": false},
    "latest_final_week": {"week_start": "2026-11-09", "is_data_gap": false,
        "weekly_active_tokens": 1234, "weekly_active_companies": 56,
        "weekly_active_developers": null, "qualified_requests": 98765, "new_sign_ups": 7,
        "hello_worlds": 3, "ttfhw_p50_seconds": null, "converted_7d_rate": 0.4321},
    "final_values": [{"metric": "weekly_active_tokens", "week_start": "2026-11-09",
        "week_status": "final", "value": 1234.0, "rows_read": 9876543210, "records_read": null,
        "rules_hash": "rules"}]
}"""


class Spark:
    """Stands in for the engine.

    Attributes:
        asked: the operations, and for which publication.
        arguments: of the last one.
        refuses: the operation that fails.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.arguments: Mapping[str, Any] = {}
        self.refuses = ""

    @staticmethod
    def answer(query: str) -> list[dict[str, Any]]:
        """Rows of one question, which names the database that was copied into."""
        if "select weekly_active_tokens\nfrom north_star_publication_run_" in query:
            return [{"weekly_active_tokens": 1234}]
        return []

    def run(self, data: DataFolder, macro: str, arguments: Mapping[str, Any], _: Path) -> list[str]:
        self.asked.append((macro, arguments.get("name", "")))
        self.arguments = arguments
        if macro == self.refuses:
            raise OperationError("the cluster is gone.")
        if macro == "switch_readers":
            return []
        if macro == "read_rows":
            return [
                json.dumps({name: self.answer(sql) for name, sql in arguments["queries"].items()})
            ]
        run_id = arguments["publication"]["run_id"]
        return ["said before", COPIED % (arguments["name"], run_id)]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Spark:
    engine = Spark()
    monkeypatch.setattr(spark, "run_operation", engine.run)
    return engine


@pytest.fixture
def on_spark(data: DataFolder) -> DataFolder:
    """A data folder after a build on Spark that passed."""
    on_spark = replace(data, target="spark")
    build(on_spark, tokens=3)
    return on_spark


@pytest.mark.parametrize(
    ("run_id", "name"),
    [
        ("3467ef32-e1ef-4569-911a-bdf43a4edd2e", "3467ef32_e1ef_4569_911a_bdf43a4edd2e"),
        ("Run 1.é`; drop", "run_1_____drop"),
        ("run_1", "run_1"),
    ],
)
def test_a_run_id_becomes_a_valid_name(run_id: str, name: str) -> None:
    assert valid_name(run_id) == name


def test_marts_are_copied_before_readers_are_switched(on_spark: DataFolder, engine: Spark) -> None:
    publish(on_spark, "run-1")
    assert engine.asked == [("copy_marts", "run_1"), ("read_rows", ""), ("switch_readers", "run_1")]
    assert on_spark.published.name == "published-spark"
    assert on_spark.published.readlink() == Path("publications/run-1")
    assert (on_spark.published / "dbt" / "manifest.json").exists()
    assert not replace(on_spark, target="prod").published.exists()


def test_what_is_copied_is_what_was_audited(on_spark: DataFolder, engine: Spark) -> None:
    engine.refuses = "copy_marts"
    with pytest.raises(PublishError, match=r"^Spark could not copy the marts: the cluster is gone"):
        publish(on_spark, "run-1")
    marts = engine.arguments["marts"]
    names = ("fct_north_star_weekly", "fct_weekly_active_tokens", "fct_weekly_values")
    assert [(mart["schema"], mart["relation"], mart["name"]) for mart in marts] == [
        ("marts", name, name) for name in names
    ]
    assert marts[1]["comment"] == "Active tokens. One row per token. Key: token_id."
    assert marts[1]["columns"] == {"token_id": "The token's hash.", "developer_id": "Its owner."}
    assert engine.arguments["watermark"] == ("intermediate", "int_watermark")
    publication = engine.arguments["publication"]
    assert (publication["checks_run"], publication["checks_passed"]) == (3, 3)
    assert what_stays(on_spark) == "Nothing has been published yet."


def test_the_digest_is_told_by_the_tables_that_were_copied(
    on_spark: DataFolder, engine: Spark
) -> None:
    publish(on_spark, "run-1")
    digest = (on_spark.published / DIGEST).read_text()
    assert "Weekly active tokens: 1,234. [3]" in digest
    # Whoever reads it asks the published views, whichever database they lead to.
    assert "select weekly_active_tokens\nfrom fct_north_star_weekly\n" in digest


def test_a_digest_that_spark_does_not_answer_for_leaves_what_is_published(
    on_spark: DataFolder, engine: Spark
) -> None:
    engine.refuses = "read_rows"
    with pytest.raises(PublishError, match=r"^Spark could not answer for the digest: the cluster"):
        publish(on_spark, "run-1")
    assert what_stays(on_spark) == "Nothing has been published yet."


def test_what_was_told_is_logged_without_asking_spark(on_spark: DataFolder, engine: Spark) -> None:
    publish(on_spark, "run-1")
    assert log(on_spark) == [
        ("run-1", "weekly_active_tokens", "2026-11-09", 1234.0, 9876543210, "rules")
    ]


def test_versions_that_are_not_kept_are_dropped_with_the_next_switch(
    on_spark: DataFolder, engine: Spark
) -> None:
    for number in range(1, 10):
        publish(on_spark, f"run-{number}")
    assert engine.arguments == {
        "name": "run_9",
        "kept": [f"run_{number}" for number in range(9, 1, -1)],
    }
    assert len(kept_publications(on_spark)) == 7
    roll_back(on_spark)
    assert engine.asked[-1] == ("switch_readers", "run_8")


def test_versions_with_people_who_are_forgotten_are_given_up(
    on_spark: DataFolder, engine: Spark
) -> None:
    publish(on_spark, "run-1")
    engine.asked.clear()
    assert rename_people(on_spark, {"dev_1": "forgotten-a"}) == 1
    assert engine.asked == []
    build(on_spark, tokens=3)
    publish(on_spark, "run-2")
    assert engine.arguments == {"name": "run_2", "kept": ["run_2"]}


def test_a_build_with_a_failed_check_asks_spark_for_nothing(
    on_spark: DataFolder, engine: Spark
) -> None:
    build(on_spark, tokens=3, results={**ALL_PASS, TEST: "fail"})
    with pytest.raises(PublishError, match="not_null_token_id failed"):
        publish(on_spark, "run-1")
    assert engine.asked == []


def test_a_build_on_duckdb_is_not_published_on_spark(data: DataFolder, engine: Spark) -> None:
    build(data, tokens=3)
    with pytest.raises(PublishError, match="nothing to publish"):
        publish(replace(data, target="spark"), "run-1")
    assert engine.asked == []


def test_a_switch_that_fails_is_finished_by_the_same_run(
    on_spark: DataFolder, engine: Spark
) -> None:
    engine.refuses = "switch_readers"
    with pytest.raises(SwitchError, match="could not switch all published views to run run-1"):
        publish(on_spark, "run-1")
    assert current_publication(on_spark) is None
    engine.refuses = ""
    engine.asked.clear()
    assert publish(on_spark, "run-1") == current_publication(on_spark)
    assert engine.asked == [("switch_readers", "run_1")]


def test_the_latest_final_week_is_shown_without_asking_spark(
    on_spark: DataFolder, engine: Spark
) -> None:
    publish(on_spark, "run-1")
    engine.refuses = "copy_marts"
    lines = [" ".join(line.split()) for line in summarise(on_spark).splitlines()]
    assert "Week of 2026-11-09 to 2026-11-15, the latest that is final" in lines
    assert "Weekly active tokens 1,234" in lines
    assert lines[-1] == (
        "Published 2026-11-22 05:00 UTC: database north_star_publication_run_1 on Spark, "
        "which the published views read"
    )


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            "Compilation Error in macro copy_marts (macros/cross_db/copy_marts.sql)\n"
            "  The copy of dim_weeks has 2 rows, the build 3.\n  \n  > in macro spark__copy_marts",
            "The copy of dim_weeks has 2 rows, the build 3.",
        ),
        (
            "Runtime Error\n  org.apache.hive.service.cli.HiveSQLException: Error running query: "
            "[NOT_FOUND] org.apache.spark.sql.AnalysisException: [NOT_FOUND] There is no `a`.`b`.",
            "There is no `a`.`b`.",
        ),
        ("Runtime Error\n  Database Error\n    no connection", "no connection."),
        ("it broke", "it broke."),
        ("", "it gave no reason."),
    ],
)
def test_of_an_error_of_dbt_the_sentence_is_told(error: str, sentence: str) -> None:
    assert sentence_of(error) == sentence

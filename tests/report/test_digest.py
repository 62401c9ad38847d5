"""What the digest says of a week, what it proves, and what it keeps to itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.report.evidence import evidence, unproven
from tests.report.marts import COLUMNS, TABLES, WEEK, digest, lines, published


def test_a_week_is_told_in_lines_to_forward(tmp_path: Path) -> None:
    publication = published(tmp_path / "run")
    assert digest(publication).splitlines()[:3] == [
        "# Week of 2025-12-08 to 2025-12-14",
        "",
        "The latest week that is final. Logs are complete up to 2025-12-18 23:59 UTC "
        "(the watermark). Run 3467ef32. [1][2]",
    ]
    assert lines(publication) == [
        "Weekly active tokens: 1,280, +65 on the week before, +5.3%: outside the usual "
        "week-to-week noise (-20 to +25).",
        "What moved weekly active tokens most: company size band 51-200, +41 "
        "(38 new, 5 back, 4 churned, 2 switched in).",
        "Weekly active companies: 122, -3 on the week before, -2.4%: within the usual "
        "week-to-week noise (-6 to +7).",
        "Growth: 70 new and 15 back, 20 churned token lineages; 4.25 won for each one lost.",
        "Median time to first hello world of recent sign-ups: 1 d 12 h; "
        "within 7 days 52.5% had one.",
        "Only looks like growth: in the week of 2025-11-03 channel Paid Social with 4,200 page "
        "views (usually 800), 310 sign-ups (usually 40.5), but 9 hello worlds (usually 8); "
        "in the week of 2025-11-03 campaign autumn-boost with 4,200 page views (usually 800), "
        "310 sign-ups (usually 40.5), but 9 hello worlds (usually 8).",
        "Whom to call: 13 companies have fallen silent, first: Acme & Sons (5001+ employees, "
        "since 2025-09-19, last error 401 on /v1/orders on 2025-09-20); "
        "com_8 (since 2025-11-21); C3.",
        "Stuck developers: 4 wait for their hello world; the last error of 2 of the 3 that met "
        "one was 401 on /v1/orders.",
        "Targets: converted within 7 days 52.5% of at least 50.0%, reached by 2.5 points; "
        "median time to first hello world 1 d 12 h of at most 1 d 12 h, reached; "
        "weekly active tokens 1,280 of at least 1,300, missed by 20.",
        "In this week: release sdk-2 (2025-12-09), The new quickstart; "
        "campaign boost (2025-12-10 to 2025-12-23), Ads.",
        "How much is known: logs on 7 of 7 days; 91.2% of the active tokens belong to a known "
        "company; 2 numbers of 1 week are told otherwise than when first published as final.",
    ]


def test_each_number_is_what_its_evidence_gives(tmp_path: Path) -> None:
    publication = published(tmp_path / "run")
    text = digest(publication)
    with duckdb.connect(publication.database) as connection:
        assert unproven(text, connection) == []
        assert len(evidence(text)) > 15
        # A number that the tables do not have is noticed.
        connection.execute("update fct_growth_accounting_weekly set churned = 21")
        connection.execute("delete from fct_silent_companies where stake_rank = 9")
        found = unproven(text, connection)
    assert [line[:8] for line in found] == ["- Growth", "- Whom t"]
    assert found[0].endswith(": 20")


def test_every_line_says_where_its_numbers_are(tmp_path: Path) -> None:
    text = digest(published(tmp_path / "run"))
    queries = evidence(text)
    told = text.partition("```")[0].splitlines()
    for line in told:
        if line.startswith(("- ", "The latest")):
            assert line.endswith("]"), line
            references = line[line.rindex(" ") + 1 :].strip("[]").split("][")
            assert set(references) <= set(queries), line


def changed(table: str, place: int = 0, **values: Any) -> dict[str, Any]:
    """The tables, with other values in one row of one."""
    rows = [dict(row) for row in TABLES[table]]
    rows[place] |= values
    return {table: rows}


def both_within_noise(is_within_noise: bool | None) -> dict[str, Any]:
    table = "fct_north_star_changes_weekly"
    usual = {} if is_within_noise is not None else {"usual_low": None, "usual_high": None}
    return {table: [{**row, **usual, "is_within_noise": is_within_noise} for row in TABLES[table]]}


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        (both_within_noise(True), "A quiet week: neither north star moved by more than"),
        (
            both_within_noise(None),
            "+65 on the week before, +5.3%; too few weeks are known to tell what is usual.",
        ),
        (
            changed("fct_north_star_changes_weekly", previous_week_start="2025-11-24"),
            "1,280, +65 on the week of 2025-11-24, +5.3%: outside",
        ),
        (
            changed("fct_north_star_changes_weekly", change=3.0, usual_low=-2.97, usual_high=2.97),
            "+3 on the week before, +5.3%: outside the usual week-to-week noise (-2 to +2).",
        ),
        (
            changed("fct_north_star_changes_weekly", usual_low=0.2, usual_high=0.8),
            "outside the usual week-to-week noise (+0.2 to +0.8).",
        ),
        ({"fct_north_star_changes_weekly": []}, "1,280. There is no week before to compare it"),
        ({"fct_north_star_drivers_weekly": []}, "tokens moved, and no segment that is published"),
        (
            changed("fct_north_star_drivers_weekly", is_explaining=False),
            "most: no segment stands out; the first is company size band 51-200, +41",
        ),
        (changed("fct_north_star_weekly", ttfhw_p50_seconds=None), "sign-ups: not reached;"),
        (changed("fct_north_star_weekly", days_with_logs=3), "known: logs on 3 of 7 days;"),
        (changed("fct_north_star_weekly", is_sampled=True), "they are sampled, so that counts"),
        (changed("fct_growth_accounting_weekly", is_left_censored=True), "everyone looks new"),
        (changed("fct_growth_accounting_weekly", churned=0, quick_ratio=None), "none was lost"),
        (
            changed("fct_channel_scorecard_weekly", is_vanity=False)
            | changed("fct_campaign_scorecard_weekly", is_vanity=False),
            "Nothing only looks like growth, among channels in the week of 2025-11-03 and "
            "campaigns in the week of 2025-11-03.",
        ),
        ({"fct_silent_companies": []}, "Whom to call: no company has fallen silent."),
        (
            {"fct_silent_companies": TABLES["fct_silent_companies"][1:2]},
            "Whom to call: 1 company has fallen silent",
        ),
        ({"fct_stuck_developers": []}, "Stuck developers: none."),
        (
            {"fct_stuck_developers": TABLES["fct_stuck_developers"][:1]},
            "1 wait for their hello world; none of them met an error.",
        ),
    ],
)
def test_what_is_not_as_usual_is_said(tmp_path: Path, tables: Mapping, told: str) -> None:
    publication = published(tmp_path / "run", tables)
    assert any(told in line for line in lines(publication)), lines(publication)
    with duckdb.connect(publication.database) as connection:
        assert unproven(digest(publication), connection) == []


@pytest.mark.parametrize(
    ("tables", "subject"),
    [
        ({"fct_channel_scorecard_weekly": [], "fct_campaign_scorecard_weekly": []}, "growth, am"),
        ({"fct_targets_weekly": []}, "Targets"),
        (changed("fct_targets_weekly", value=None, gap=None, is_reached=None), "tokens 1,280 of"),
        ({"fct_program_events_weekly": []}, "In this week"),
        ({"fct_restatements": []}, "told otherwise"),
        (both_within_noise(None), "What moved"),
    ],
)
def test_what_there_is_nothing_to_say_of_is_left_out(
    tmp_path: Path, tables: Mapping, subject: str
) -> None:
    shown = "\n".join(lines(published(tmp_path / "run", tables)))
    assert shown
    assert subject not in shown


def test_the_sample_is_named(tmp_path: Path) -> None:
    assert "These are numbers of the sample" in digest(published(tmp_path / "1", is_sample=True))
    assert "sample" not in digest(published(tmp_path / "2")).partition("```")[0]


@pytest.mark.parametrize(
    ("watermark", "reason"),
    [
        ("2025-12-14 23:59:00", "the logs are complete up to 2025-12-14 23:59 UTC (the watermark)"),
        (None, "no logs have arrived."),
    ],
)
def test_without_a_final_week_nothing_is_claimed(
    tmp_path: Path, watermark: str | None, reason: str
) -> None:
    weeks = changed("fct_north_star_weekly", week_status="settling")
    publication = published(tmp_path / "run", weeks, watermark=watermark)
    text = digest(publication)
    assert text.startswith("# No week is final yet\n\nNo week is final yet: ")
    assert reason in text
    assert lines(publication) == []
    assert "1,280" not in text
    with duckdb.connect(publication.database) as connection:
        assert unproven(text, connection) == []


def test_of_a_gap_nothing_is_told_that_logs_would_tell(tmp_path: Path) -> None:
    unknown = {
        **{"is_data_gap": True, "days_with_logs": 0, "weekly_active_tokens": None},
        **{"weekly_active_companies": None, "ttfhw_p50_seconds": None, "converted_7d_rate": None},
        "resolved_tokens_rate": None,
    }
    publication = published(tmp_path / "run", changed("fct_north_star_weekly", **unknown))
    text = digest(publication)
    assert "It is a gap: no logs arrived, so nothing is known of its activity." in text
    told = [line.split(":")[0] for line in lines(publication)]
    assert told == [
        "Only looks like growth",
        "Whom to call",
        "Stuck developers",
        "In this week",
        "How much is known",
    ]
    assert "logs on 0 of 7 days" in text


@pytest.mark.parametrize("table", [name for name in TABLES if name != "fct_north_star_weekly"])
def test_what_is_not_published_is_not_told_and_named(tmp_path: Path, table: str) -> None:
    whole = published(tmp_path / "whole")
    publication = published(tmp_path / "run", {table: None})
    text = digest(publication)
    assert f"from {table}" not in text
    assert lines(publication) != lines(whole)
    with duckdb.connect(publication.database) as connection:
        assert unproven(text, connection) == []


def test_a_project_with_few_marts_has_a_short_digest(tmp_path: Path) -> None:
    few = {table: None for table in TABLES if table != "fct_north_star_weekly"}
    assert lines(published(tmp_path / "run", few)) == [
        "Weekly active tokens: 1,280.",
        "Weekly active companies: 122.",
        "Median time to first hello world of recent sign-ups: 1 d 12 h; "
        "within 7 days 52.5% had one.",
        "How much is known: logs on 7 of 7 days; 91.2% of the active tokens belong to a known "
        "company.",
        "Not told, because its table is not published: what moved most, growth, what only looks "
        "like growth, whom to call, stuck developers, targets, events.",
    ]


# What the contracts of the tables promise to be there; everything else may be NULL.
_NEVER_NULL = {
    "week_start", "week_status", "is_data_gap", "days_with_logs", "is_sampled", "comparison",
    "metric", "grain", "stake_rank", "company_id", "developer_id", "event_id", "kind",
    "event_date", "target", "direction", "channel", "campaign", "dimension", "segment", "rank",
    "previous_week_start", "is_left_censored",
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table, column.split()[0])
        for table, columns in COLUMNS.items()
        if table in TABLES
        for column in columns.split(", ")
        if column.split()[0] not in _NEVER_NULL
    ],
)
def test_a_value_that_is_not_known_is_no_error(tmp_path: Path, table: str, column: str) -> None:
    rows = [{**row, column: None} for row in TABLES[table]]
    publication = published(tmp_path / "run", {table: rows})
    assert "None" not in digest(publication)


def test_evidence_holds_nothing_that_came_with_the_data(tmp_path: Path) -> None:
    hostile = "x'; drop table dim_weeks; --```"
    tables = {
        table: [
            {
                name: hostile if isinstance(value, str) and name in _FREE_TEXT else value
                for name, value in row.items()
            }
            for row in rows
        ]
        for table, rows in TABLES.items()
    }
    block = digest(published(tmp_path / "hostile", tables)).split("```")
    assert len(block) == 3
    assert block[1] == digest(published(tmp_path / "plain")).split("```")[1]
    assert f"date '{WEEK}'" in block[1]


_FREE_TEXT = {
    "segment", "channel", "campaign", "company_id", "company_name", "last_error_endpoint",
    "event_id", "description",
}  # fmt: skip

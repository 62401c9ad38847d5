"""Published tables made by hand, with what a digest reads, and the digest of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publishing import Publication
from orchestration.publishing.current import read_publication, write_record
from orchestration.report import DIGEST, ask_duckdb, write_digest

Rows = Sequence[Mapping[str, Any]]

WEEK = "2025-12-08"
DATABASE = "north_star.duckdb"
_OF_WEEK = {"week_start": WEEK, "week_status": "final"}
_CHANGED = {"week_start": WEEK, "comparison": "week", "previous_week_start": "2025-12-01"}

COLUMNS = {
    "fct_north_star_weekly": (
        "week_start date, week_status varchar, is_data_gap boolean, days_with_logs bigint, "
        "is_sampled boolean, weekly_active_tokens bigint, weekly_active_companies bigint, "
        "ttfhw_p50_seconds double, converted_7d_rate double, resolved_tokens_rate double"
    ),
    "fct_north_star_changes_weekly": (
        "week_start date, comparison varchar, previous_week_start date, metric varchar, "
        "value double, previous_value double, change double, growth_rate double, "
        "usual_low double, usual_high double, compared_weeks bigint, is_within_noise boolean"
    ),
    "fct_north_star_drivers_weekly": (
        "week_start date, comparison varchar, metric varchar, dimension varchar, segment varchar, "
        "contribution double, new bigint, resurrected bigint, churned bigint, switched_in bigint, "
        "switched_out bigint, is_explaining boolean, rank bigint"
    ),
    "fct_growth_accounting_weekly": (
        "week_start date, grain varchar, new bigint, resurrected bigint, churned bigint, "
        "quick_ratio double, is_left_censored boolean, week_status varchar"
    ),
    "fct_channel_scorecard_weekly": (
        "week_start date, week_status varchar, channel varchar, page_views bigint, "
        "usual_page_views double, sign_ups bigint, usual_sign_ups double, "
        "tokens_created bigint, usual_tokens_created double, hello_worlds_7d bigint, "
        "usual_hello_worlds_7d double, is_vanity boolean"
    ),
    "fct_campaign_scorecard_weekly": (
        "week_start date, week_status varchar, channel varchar, campaign varchar, "
        "page_views bigint, usual_page_views double, sign_ups bigint, usual_sign_ups double, "
        "tokens_created bigint, usual_tokens_created double, "
        "hello_worlds_7d bigint, usual_hello_worlds_7d double, is_vanity boolean"
    ),
    "fct_silent_companies": (
        "stake_rank bigint, company_id varchar, company_name varchar, company_size_band varchar, "
        "silent_since timestamp, last_error_status_code bigint, last_error_endpoint varchar, "
        "last_error_at timestamp"
    ),
    "fct_stuck_developers": (
        "developer_id varchar, last_error_status_code bigint, last_error_endpoint varchar"
    ),
    "fct_targets_weekly": (
        "metric varchar, week_start date, week_status varchar, value double, target double, "
        "direction varchar, gap double, is_reached boolean"
    ),
    "fct_program_events_weekly": (
        "event_id varchar, kind varchar, week_start date, event_date date, end_date date, "
        "description varchar, week_status varchar, is_data_gap boolean"
    ),
    "fct_restatements": "metric varchar, week_start date",
    "publication": "run_id varchar, watermark timestamp, is_sample boolean",
}

_CAMPAIGN = {
    **{"page_views": 4200, "usual_page_views": 800.0, "sign_ups": 310, "usual_sign_ups": 40.5},
    **{"tokens_created": 19, "usual_tokens_created": 20.0},
    **{"hello_worlds_7d": 9, "usual_hello_worlds_7d": 8.0, "is_vanity": True},
}
_QUIET = {**_CAMPAIGN, "is_vanity": False, "sign_ups": 3, "page_views": 11}

# A week in which tokens rose by more than usual, after a campaign that brought sign-ups only.
TABLES: dict[str, Rows] = {
    "fct_north_star_weekly": [
        {
            **{**_OF_WEEK, "is_data_gap": False, "days_with_logs": 7, "is_sampled": False},
            **{"weekly_active_tokens": 1280, "weekly_active_companies": 122},
            **{"ttfhw_p50_seconds": 129600.0, "converted_7d_rate": 0.525},
            "resolved_tokens_rate": 0.9123,
        },
        {**_OF_WEEK, "week_start": "2025-12-15", "week_status": "settling"},
    ],
    "fct_north_star_changes_weekly": [
        {
            **{**_CHANGED, "metric": "weekly_active_tokens", "change": 65.0},
            **{"growth_rate": 65 / 1215, "usual_low": -20.25, "usual_high": 25.0},
            **{"compared_weeks": 13, "is_within_noise": False},
        },
        {
            **{**_CHANGED, "metric": "weekly_active_companies", "change": -3.0},
            **{"growth_rate": -3 / 125, "usual_low": -6.0, "usual_high": 7.0},
            **{"compared_weeks": 13, "is_within_noise": True},
        },
    ],
    "fct_north_star_drivers_weekly": [
        {
            **{"week_start": WEEK, "comparison": "week", "metric": "weekly_active_tokens"},
            **{"dimension": "company_size_band", "segment": "51-200", "contribution": 41.0},
            **{"new": 38, "resurrected": 5, "churned": 4, "switched_in": 2, "switched_out": 0},
            **{"is_explaining": True, "rank": 1},
        },
    ],
    "fct_growth_accounting_weekly": [
        {
            **{**_OF_WEEK, "grain": "token_lineage", "new": 70, "resurrected": 15, "churned": 20},
            **{"quick_ratio": 4.25, "is_left_censored": False},
        },
        {**_OF_WEEK, "grain": "company", "new": 1, "resurrected": 2, "churned": 6},
    ],
    "fct_channel_scorecard_weekly": [
        {**_CAMPAIGN, **_OF_WEEK, "week_start": "2025-11-03", "channel": "Paid Social"},
        {**_QUIET, **_OF_WEEK, "week_start": "2025-11-03", "channel": "Direct"},
        {**_CAMPAIGN, **_OF_WEEK, "week_start": "2025-10-27", "channel": "Email"},
        {**_CAMPAIGN, **_OF_WEEK, "channel": "Direct", "is_vanity": None},
    ],
    "fct_campaign_scorecard_weekly": [
        {
            **{**_CAMPAIGN, **_OF_WEEK, "week_start": "2025-11-03", "channel": "Paid Social"},
            "campaign": "autumn-boost",
        },
        {**_QUIET, **_OF_WEEK, "week_start": "2025-11-03", "channel": "Email", "campaign": "news"},
    ],
    "fct_silent_companies": [
        {
            **{"stake_rank": 1, "company_id": "com_7", "company_name": "Acme & Sons"},
            **{"company_size_band": "5001+", "silent_since": "2025-09-19 17:03:00"},
            **{"last_error_status_code": 401, "last_error_endpoint": "/v1/orders"},
            "last_error_at": "2025-09-20 06:00:00",
        },
        {
            **{"stake_rank": 2, "company_id": "com_8", "company_name": None},
            **{"company_size_band": "unknown", "silent_since": "2025-11-21 08:00:00"},
        },
        *({"stake_rank": n, "company_id": f"c{n}", "company_name": f"C{n}"} for n in range(3, 14)),
    ],
    "fct_stuck_developers": [
        {"developer_id": "dev_1"},
        {
            **{"developer_id": "dev_2", "last_error_status_code": 401},
            "last_error_endpoint": "/v1/orders",
        },
        {
            **{"developer_id": "dev_3", "last_error_status_code": 401},
            "last_error_endpoint": "/v1/orders",
        },
        {"developer_id": "dev_4", "last_error_status_code": 422, "last_error_endpoint": None},
    ],
    "fct_targets_weekly": [
        {
            **{**_OF_WEEK, "metric": "weekly_active_tokens", "value": 1280.0, "target": 1300.0},
            **{"direction": "at_least", "gap": -20.0, "is_reached": False},
        },
        {
            **{**_OF_WEEK, "metric": "converted_7d_rate", "value": 0.525, "target": 0.5},
            **{"direction": "at_least", "gap": 0.025, "is_reached": True},
        },
        {
            **{**_OF_WEEK, "metric": "ttfhw_p50_seconds", "value": 129600.0, "target": 129600.0},
            **{"direction": "at_most", "gap": 0.0, "is_reached": True},
        },
    ],
    "fct_program_events_weekly": [
        {
            **{**_OF_WEEK, "event_id": "sdk-2", "kind": "release", "event_date": "2025-12-09"},
            **{"end_date": None, "description": "The new quickstart."},
        },
        {
            **{**_OF_WEEK, "event_id": "boost", "kind": "campaign", "event_date": "2025-12-10"},
            **{"end_date": "2025-12-23", "description": "Ads"},
        },
    ],
    "fct_restatements": [
        {"metric": "weekly_active_tokens", "week_start": "2025-11-03"},
        {"metric": "weekly_active_companies", "week_start": "2025-11-03"},
    ],
}


def published(
    place: Path,
    tables: Mapping[str, Rows | None] | None = None,
    *,
    watermark: str | None = "2025-12-18 23:59:00",
    is_sample: bool = False,
) -> Publication:
    """Write a publication with its digest.

    Args:
        place: its folder, which may not exist.
        tables: rows in place of those above; None leaves a table out.
        watermark: up to when its logs are complete.
        is_sample: whether they are the sample's.
    """
    place.mkdir(parents=True)
    held = {**TABLES, **(tables or {})}
    row = {"run_id": "3467ef32-e1ef-4569", "watermark": watermark, "is_sample": is_sample}
    held["publication"] = [row]
    with duckdb.connect(place / DATABASE) as connection:
        connection.execute("begin")
        for table, rows in held.items():
            if rows is not None:
                _create(connection, table, rows)
        connection.execute("commit")
    weeks = [week for week in held["fct_north_star_weekly"] if week["week_status"] == "final"]
    latest = max(weeks, key=lambda week: week["week_start"]) if weeks else None
    row = {**row, "published_at": "2025-12-19 05:00:30"}
    write_record(place, {"schema": None, "publication": row, "latest_final_week": latest})
    publication = read_publication(place)
    write_digest(place, publication, partial(ask_duckdb, publication.database))
    return publication


def digest(publication: Publication) -> str:
    """The digest that was written."""
    return (publication.folder / DIGEST).read_text()


def lines(publication: Publication) -> list[str]:
    """What it claims, without the numbers of the evidence."""
    told = [line for line in digest(publication).splitlines() if line.startswith("- ")]
    return [line[2:].partition(" [")[0] for line in told]


def _create(connection: duckdb.DuckDBPyConnection, table: str, rows: Rows) -> None:
    connection.execute(f"create table {table} ({COLUMNS[table]})")
    for row in rows:
        names = ", ".join(row)
        places = ", ".join(f"${name}" for name in row)
        connection.execute(f"insert into {table} ({names}) values ({places})", dict(row))

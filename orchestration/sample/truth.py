"""What is true in the sample's world, read from the generator's own tables."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from orchestration.sample import period

Events = set[str] | frozenset[str]


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries, dates and times as ISO 8601 text."""
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in result.fetchall()]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    return value.isoformat() if isinstance(value, date) else value


def _column(connection: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    return [_plain(value) for (value,) in connection.execute(query).fetchall()]


def planted_events(connection: duckdb.DuckDBPyConnection, planted: Events) -> dict[str, Any]:
    """What each planted event did to whom and when, by its name."""
    describe = {
        "campaign": _campaign,
        "outage": _outage,
        "sdk_release": _sdk_release,
        "silent_customer": _silent_customer,
    }
    return {name: describe[name](connection) for name in sorted(planted)}


def _campaign(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    developer_ids = _column(
        connection, "select developer_id from developers where is_campaign order by developer_id"
    )
    counts = _rows(
        connection,
        """
        select
            (select count(*) from token_versions
             inner join tokens using (token) where is_campaign and updated_at = tokens.created_at
            ) as extra_tokens_created,
            (select count(*) from page_views where is_campaign) as extra_page_views,
            (select count(*) from delivered where is_campaign) as extra_request_rows
        """,
    )[0]
    weeks = [period.CAMPAIGN_WEEK, period.CAMPAIGN_WEEK + timedelta(weeks=1)]
    return {
        "weeks": [week.isoformat() for week in weeks],
        "utm_source": period.CAMPAIGN["source"],
        "utm_medium": period.CAMPAIGN["medium"],
        "utm_campaign": period.CAMPAIGN["name"],
        "extra_sign_ups": len(developer_ids),
        **counts,
        "developer_ids": developer_ids,
    }


def _outage(_: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return {"weeks": [period.OUTAGE_WEEK.isoformat()]}


def _sdk_release(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    medians = _rows(
        connection,
        """
        select
            language = getvariable('sdk_language') as is_language,
            signed_up_at >= getvariable('sdk_release_at') as is_after,
            count(*) as converters,
            round(median(delay_seconds), 3) as median_seconds
        from developers
        where delay_seconds > 0 and not is_internal
            and first_success_at < coalesce(deleted_at, getvariable('end_at'))
        group by all
        order by all
        """,
    )
    names = {
        (True, False): "before",
        (True, True): "after",
        (False, False): "others_before",
        (False, True): "others_after",
    }
    return {
        "date": period.SDK_RELEASE_ON.isoformat(),
        "language": period.SDK_LANGUAGE,
        "factor": period.SDK_FACTOR,
        "converters_only": {
            names[row.pop("is_language"), row.pop("is_after")]: row for row in medians
        },
    }


def _silent_customer(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    company = _rows(
        connection,
        "select company_id, company_name, employee_count from companies where company = 1",
    )[0]
    rotated = _rows(
        connection,
        """
        select
            old.developer_id,
            old.application_id,
            old.created_at as old_token_created_at,
            new.created_at as new_token_created_at
        from tokens as new
        inner join tokens as old on new.replaces_token = old.token
        where new.is_crew
        """,
    )[0]
    silent = period.SILENT_AT.date()
    return {
        **company,
        "developer_ids": _column(
            connection, "select developer_id from developers where is_crew order by developer_id"
        ),
        **rotated,
        "rotated_week": period.week_of(period.ROTATED_AT.date()).isoformat(),
        "last_active_week": (silent - timedelta(weeks=1)).isoformat(),
        "first_silent_week": silent.isoformat(),
    }


def expected_numbers(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What a correct warehouse finds in the files.

    Counts are rows of api_requests, the second copy of a byte-identical file left out; weeks are
    ISO weeks in UTC, with None where nothing is known of a week.
    """
    api_requests = _rows(
        connection,
        """
        select
            count(*) as rows_delivered,
            count(*) filter (outcome = 'unreadable') as unreadable,
            count(*) filter (outcome = 'malformed') as out_of_range,
            count(*) filter (outcome = 'duplicate') as duplicates,
            max(requested_at) filter (outcome not in ('unreadable', 'malformed', 'duplicate'))
                as watermark
        from judged
        """,
    )[0]
    outcomes = _rows(
        connection, "select outcome, count(*) as requests from judged group by all order by all"
    )
    lineage = _rows(
        connection,
        """
        select
            count(*) as tokens,
            count(distinct slot) as lineages,
            count(*) filter (replaces_token is not null) as explicit_links,
            count(*) filter (is_rotation and replaces_token is null) as inferred_links
        from tokens
        where created_at < getvariable('end_at')
        """,
    )[0]
    developers = _rows(
        connection,
        """
        select
            count(*) as sign_ups,
            count(*) filter (is_internal) as internal,
            (select count(*) from hello_worlds) as with_hello_world
        from developers
        """,
    )[0]
    return {
        "api_requests": api_requests,
        "outcomes": {row["outcome"]: row["requests"] for row in outcomes},
        "faults": {
            row["fault"]: row["requests"]
            for row in _rows(
                connection,
                "select fault, count(*) as requests from judged where fault is not null "
                "group by all order by all",
            )
        },
        "weekly": _rows(connection, "select * from weekly_truth order by week_start"),
        "lineage": lineage,
        "developers": developers,
        "clock_skew": {
            name: _column(
                connection,
                f"select developer_id from clock_skews where status = '{name}' order by 1",
            )
            for name in ("clamped", "anomaly")
        },
        "unknown_token": {"first_week": period.UNKNOWN_KEY_WEEK.isoformat()},
    }

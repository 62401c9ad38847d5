"""MetricFlow counts the rows anew: each metric equals the marts, by week and by each dimension."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from orchestration.publishing.current import DATABASE
from tests.semantic.conftest import MeasuredWorld
from tests.semantic.facts import FACTS, Fact, queries
from tools.semantic_layer import Question

pytestmark = pytest.mark.services

Cells = dict[tuple[Any, ...], dict[str, Any]]


def _plain(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def _cells(columns: Iterable[str], rows: Iterable[tuple], keys: int) -> Cells:
    """Rows by their first columns. What is absent or 0 claims the same: nothing was there."""
    names = list(columns)[keys:]
    cells = {}
    for row in rows:
        values = {name: row[keys + place] for place, name in enumerate(names)}
        if any(values.values()):
            key = tuple(_plain(each) for each in row[:keys])
            assert key not in cells, f"{key} stands there twice"
            cells[key] = {name: value or 0 for name, value in values.items()}
    return cells


def _differences(found: Cells, expected: Cells) -> list[str]:
    differences = [f"only one has {key}" for key in found.keys() ^ expected.keys()]
    for key in found.keys() & expected.keys():
        for name, value in expected[key].items():
            if not math.isclose(float(found[key][name]), float(value), rel_tol=1e-12):
                differences.append(f"{name} of {key}: {found[key][name]}, not {value}")
    return differences


def _published(measured: MeasuredWorld, query: str) -> tuple[list[str], list[tuple]]:
    path = measured.data.published / DATABASE
    with duckdb.connect(path, read_only=True, config={"TimeZone": "UTC"}) as database:
        found = database.execute(query)
        return [column[0] for column in found.description], found.fetchall()


def test_every_metric_is_compared_once(measured: MeasuredWorld) -> None:
    compared = Counter(name for fact in FACTS for name in fact.metrics)
    assert compared == Counter(measured.layer.metrics.keys())


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.name} by {fact.week}")
def test_metrics_equal_the_facts_by_week_and_each_dimension(
    measured: MeasuredWorld, fact: Fact
) -> None:
    names = list(fact.metrics)
    dimensions = [
        dimension
        for dimension in measured.layer.dimensions(*names)
        # The week itself is in every question; a week of another entity is a day like any other.
        if dimension != "metric_time" and dimension.split("__")[-1] != fact.week
    ]
    assert len(dimensions) >= 3
    wrong = []
    for dimension in dimensions:
        answer = measured.layer.ask(Question(names, ["metric_time", dimension]))
        assert sorted(answer.columns[2:]) == sorted(names)
        # MetricFlow adds the grain to the names of times.
        assert answer.columns[1].removesuffix("__day") == dimension
        columns, rows = _published(
            measured, fact.expected(dimension, queries(measured.settings))
        )
        assert rows
        wrong += [
            f"{dimension}: {difference}"
            for difference in _differences(
                _cells(answer.columns, answer.rows, 2), _cells(columns, rows, 2)
            )
        ]
    assert wrong == []


def test_metrics_equal_the_weekly_north_star(measured: MeasuredWorld) -> None:
    columns, rows = _published(measured, "select * from fct_north_star_weekly")
    names = sorted(measured.layer.metrics.keys() & set(columns))
    assert {
        *("weekly_active_tokens", "weekly_active_token_lineages", "weekly_active_developers"),
        *("weekly_active_companies", "qualified_requests", "new_sign_ups", "tokens_created"),
        *("page_views", "hello_worlds", "resolved_tokens_rate", "days_with_logs"),
    } == set(names)
    answer = measured.layer.ask(Question([*names, "weeks_with_logs"], ["metric_time"]))
    found = {_plain(row[0]): dict(zip(answer.columns, row, strict=True)) for row in answer.rows}
    weeks = {row[columns.index("week_start")]: dict(zip(columns, row, strict=True)) for row in rows}
    assert sum(week["is_data_gap"] for week in weeks.values()) == 1
    for week_start, week in weeks.items():
        metrics = found[week_start]
        # A gap is told from a zero by weeks_with_logs alone: no row is there to be counted.
        assert metrics["weeks_with_logs"] == (not week["is_data_gap"])
        for name in names:
            assert math.isclose(metrics[name] or 0, week[name] or 0, rel_tol=1e-12), (
                week_start,
                name,
            )
            if week["is_data_gap"] and week[name] is None:
                assert not metrics[name]
    # Sign-ups and tokens are older than the first log row, nothing else is.
    early = [row for start, row in found.items() if start not in weeks]
    counted = {name for row in early for name, value in row.items() if value}
    assert counted == {"metric_time__day", "new_sign_ups", "tokens_created"}


@pytest.mark.parametrize(
    ("grain", "units", "active"),
    [
        ("token_lineage", "token_lineages", "weekly_active_token_lineages"),
        ("company", "companies", "weekly_active_companies"),
        ("developer", None, "weekly_active_developers"),
    ],
)
def test_metrics_equal_growth_accounting(
    measured: MeasuredWorld, grain: str, units: str | None, active: str
) -> None:
    kinds = ["new", "retained", "resurrected"] if units else []
    names = [active, *(f"{kind}_{units}" for kind in kinds)]
    answer = measured.layer.ask(Question(names, ["metric_time"]))
    order = ["metric_time__day", *names]
    found = [tuple(row[answer.columns.index(name)] for name in order) for row in answer.rows]
    _, rows = _published(
        measured,
        f"select week_start, {', '.join(['active', *kinds])} from fct_growth_accounting_weekly "
        f"where grain = '{grain}'",
    )
    assert _differences(_cells(order, found, 1), _cells(order, rows, 1)) == []


def test_conversions_equal_the_summary_by_cohort_and_segment(measured: MeasuredWorld) -> None:
    horizons = ["1h", "24h", "7d", "28d"]
    _, rows = _published(
        measured,
        "select cohort, dimension, segment, "
        + ", ".join(f"n_{name}, converted_{name}_rate" for name in horizons)
        + " from fct_ttfhw_summary where unit = 'developer'",
    )
    dimensions = sorted({dimension for _, dimension, *_ in rows} - {"all"})
    assert len(dimensions) == 8
    names = [f"cohort_{n}" for h in horizons for n in (f"observed_{h}", f"converted_{h}_rate")]
    compared = 0
    for dimension in [*dimensions, "all"]:
        for cohort in ("sign_up__sign_up_month", None):
            groups = [cohort, f"sign_up__{dimension}" if dimension != "all" else None]
            groups = [group for group in groups if group]
            # Developers outside of the distribution have a month, and nobody to convert in it.
            answer = measured.layer.ask(Question(names, groups))
            found = {}
            for row in answer.rows:
                values = dict(zip(answer.columns, row, strict=True))
                month = values.get("sign_up__sign_up_month__day")
                key = (str(_plain(month)) if cohort else "all", values.get(f"sign_up__{dimension}", "all"))
                found[key] = tuple(values[name] for name in names)
            expected = {
                row[:3:2]: row[3:]
                for row in rows
                if row[1] == dimension and (row[0] == "all") == (cohort is None)
            }
            assert expected.keys() <= found.keys()
            for key, values in expected.items():
                assert found[key] == pytest.approx(values, rel=1e-12), (dimension, key)
                compared += 1
            assert not any(any(found[key]) for key in found.keys() - expected.keys())
    assert compared == len(rows) > 100


def test_outcomes_add_up_to_the_rows_of_the_mart(measured: MeasuredWorld) -> None:
    answer = measured.layer.ask(
        Question(["logged_requests"], ["metric_time", "log_week__source", "log_week__outcome"])
    )
    _, rows = _published(
        measured, "select week_start, source, outcome, requests from fct_request_outcomes_weekly"
    )
    assert sorted((_plain(w), *rest) for w, *rest in answer.rows if w) == sorted(
        row for row in rows if row[0]
    )
    assert sum(row[3] for row in answer.rows) == sum(row[3] for row in rows)


def test_every_saved_query_has_an_answer(measured: MeasuredWorld) -> None:
    saved = [query["name"] for query in measured.layer.manifest["saved_queries"].values()]
    assert len(saved) >= 6
    for name in saved:
        assert measured.layer.ask(Question(saved_query=name)).rows, name


def test_the_calendar_reaches_from_the_first_sign_up_to_the_last_week(
    measured: MeasuredWorld,
) -> None:
    (bounds,) = measured.world.rows("""
        select min(calendar_date), max(calendar_date), count(*) from semantic.metric_time_spine
    """)
    first, last, days = bounds
    (expected,) = measured.world.rows("""
        select
            (select min(cohort_week) from fct_time_to_first_hello_world), max(week_end)
        from dim_weeks
    """)
    assert (first, last) == expected
    assert isinstance(first, date)
    assert days == (last - first).days + 1

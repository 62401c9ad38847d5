"""MetricFlow counts the rows anew: each metric equals the marts, by week and by each dimension."""

from __future__ import annotations

import math
import re
import socket
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
import yaml
from click.testing import CliRunner, Result

from orchestration.publishing.copying import DATABASE
from orchestration.settings import PROJECT
from tests.semantic.conftest import MeasuredWorld
from tests.semantic.facts import FACTS, Fact, queries
from tools.mf import main as mf
from tools.semantic_layer import Question

pytestmark = pytest.mark.services

Cells = dict[tuple[Any, ...], dict[str, Any]]

# What is counted in a gap in the logs, too (definition D5).
INPUTS = {"new_sign_ups", "tokens_created", "page_views"}
RATIO = re.compile(r"_rate$|_per_")


def _plain(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def _cells(columns: Iterable[str], rows: Iterable[tuple], keys: Iterable[str]) -> Cells:
    """Rows by what they are grouped by.

    A count that is absent claims what 0 does: nothing was there. A ratio of nothing is NULL.
    """
    # MetricFlow adds the grain to the names of times.
    columns, keys = [column.removesuffix("__day") for column in columns], tuple(keys)
    cells: Cells = {}
    for row in rows:
        values = dict(zip(columns, map(_plain, row), strict=True))
        key = tuple(values.pop(name) for name in keys)
        assert key not in cells, f"{key} stands there twice"
        if any(values.values()):
            cells[key] = {
                name: value if RATIO.search(name) else value or 0 for name, value in values.items()
            }
    return cells


def _differences(found: Cells, expected: Cells) -> list[str]:
    differences = [f"only one has {key}" for key in found.keys() ^ expected.keys()]
    for key in found.keys() & expected.keys():
        for name, value in expected[key].items():
            if not _same(found[key][name], value):
                differences.append(f"{name} of {key}: {found[key][name]}, not {value}")
    return differences


def _same(found: Any, expected: Any) -> bool:
    if None in (found, expected):
        return found is expected
    return math.isclose(found, expected, rel_tol=1e-12)


def _published(measured: MeasuredWorld, query: str) -> tuple[list[str], list[tuple]]:
    path = measured.data.published / DATABASE
    with duckdb.connect(path, read_only=True) as database:
        database.execute("set TimeZone = 'UTC'")
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
    wrong = []
    dimensions = _dimensions(measured, fact)
    assert len(dimensions) >= 2
    for dimension in dimensions:
        answer = measured.layer.ask(Question(names, ["metric_time", dimension]))
        assert answer.rows
        columns, rows = _published(measured, fact.expected(dimension, queries(measured.settings)))
        keys = ("metric_time", dimension)
        found = _cells(answer.columns, answer.rows, keys)
        expected = _cells([*keys, *columns[2:]], rows, keys)
        wrong += [f"by {dimension}: {each}" for each in _differences(found, expected)]
    assert wrong == []


def _dimensions(measured: MeasuredWorld, fact: Fact) -> list[str]:
    """What the metrics of a fact go by; in the second world its own attributes are enough."""
    return [
        dimension
        for dimension in measured.layer.dimensions(*fact.metrics)
        # The week is in every question.
        if dimension != "metric_time" and not dimension.endswith(f"__{fact.week}")
        if not measured.settings or dimension.rpartition("__")[0] == fact.name
    ]


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
    # The outage lasts from Monday to Sunday: weeks that start on Sunday have a day of logs each.
    gaps = sum(week["is_data_gap"] for week in weeks.values())
    assert gaps == (0 if measured.settings else 1)
    for week_start, week in weeks.items():
        metrics = found[week_start]
        # A gap is told from a zero by weeks_with_logs alone: no row is there to be counted.
        assert metrics["weeks_with_logs"] == (not week["is_data_gap"])
        for name in names:
            assert _same(metrics[name] or 0, week[name] or 0), (week_start, name)
            if week["is_data_gap"] and name not in INPUTS:
                assert metrics[name] is None or name == "days_with_logs"
    # Sign-ups and tokens are older than the first log row, nothing else is.
    early = [row for start, row in found.items() if start not in weeks]
    counted = {name for row in early for name, value in row.items() if value}
    assert counted - {"metric_time__day"} == INPUTS - {"page_views"}


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
    _, rows = _published(
        measured,
        f"select week_start, {', '.join(['active', *kinds])} from fct_growth_accounting_weekly "
        f"where grain = '{grain}'",
    )
    found = _cells(answer.columns, answer.rows, ["metric_time"])
    expected = _cells(["metric_time", *names], rows, ["metric_time"])
    assert len(expected) > 70
    assert _differences(found, expected) == []


def test_conversions_equal_the_summary_by_cohort_and_segment(measured: MeasuredWorld) -> None:
    horizons = ["1h", "24h", "7d", "28d"]
    columns = [
        f"{what.format(each)}" for each in horizons for what in ("n_{}", "converted_{}_rate")
    ]
    names = [f"cohort_{column.replace('n_', 'observed_')}" for column in columns]
    month = "sign_up__sign_up_month"
    _, dimensions = _published(measured, "select distinct dimension from fct_ttfhw_summary")
    assert len(dimensions) == 11
    for (dimension,) in dimensions:
        segment = [f"sign_up__{dimension}"] if dimension != "all" else []
        for cohort in ([month], []):
            answer = measured.layer.ask(Question(names, [*cohort, *segment]))
            _, rows = _published(
                measured,
                f"""
                select {"cohort::date, " if cohort else ""} {"segment, " if segment else ""}
                    {", ".join(columns)}
                from fct_ttfhw_summary
                where unit = 'developer' and dimension = '{dimension}'
                    and (cohort <> 'all') = {bool(cohort)}
                """,
            )
            assert rows
            found = _cells(answer.columns, answer.rows, [*cohort, *segment])
            expected = _cells([*cohort, *segment, *names], rows, [*cohort, *segment])
            assert _differences(found, expected) == [], (dimension, cohort)


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


def test_every_example_of_the_catalogue_can_be_asked(measured: MeasuredWorld) -> None:
    examples = yaml.safe_load((PROJECT / "tools" / "catalogue" / "examples.yml").read_text())
    without = [name for name, query in examples.items() if not _published(measured, query)[1]]
    # Nothing was published before this, so that nothing can have changed since.
    assert set(without) <= {"fct_restatements"}


def test_the_command_answers_without_any_connection(
    measured: MeasuredWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"a connection to {arguments[-1]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("NORTH_STAR_DATA", str(measured.data.root))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(mf, arguments)

    listed = run("--list")
    assert listed.exit_code == 0, listed.output
    assert "weekly_active_tokens " in listed.output
    assert "token_week__channel" in run("--list", "--metrics", "weekly_active_tokens").output
    question = ("--metrics", "weekly_active_tokens", "--group-by", "metric_time")
    said = run(*question, "--order", "-metric_time", "--limit", "1", "--csv")
    assert said.exit_code == 0, said.output
    _, rows = _published(
        measured,
        "select week_start, weekly_active_tokens from fct_north_star_weekly order by 1 desc",
    )
    assert said.output.splitlines() == [
        "metric_time__day,weekly_active_tokens",
        f"{rows[0][0]},{rows[0][1]}",
    ]
    assert "COUNT(DISTINCT token_id)" in run(*question, "--explain").output
    refused = run("--metrics", "nonsense", "--group-by", "metric_time")
    assert refused.exit_code == 1
    assert refused.output == (
        "Error: There is no metric nonsense: without --metrics, --list lists those there are.\n"
    )
    close = run("--saved-query", "headline_by_weeks")
    assert "no saved query headline_by_weeks: did you mean headline_by_week?" in close.output


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

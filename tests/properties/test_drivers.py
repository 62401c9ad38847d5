"""What moves the metrics: nothing is left over, in any world, and published examples come out.

A world that fails is named in the message; NORTH_STAR_WORLD_SEED=<seed> runs it alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pytest

from tests.compiled import Step, compile_ahead, compile_models
from tests.properties.comparison import RANDOM_VARIANTS, message, seeds
from tests.properties.drivers import OF_TOKENS, drivers_weekly, ranked
from tests.properties.reference import Row, understand
from tests.properties.test_hello_worlds_equal_the_reference import world_of
from tests.properties.warehouse import VARIANTS, Warehouse, variables

MART = "fct_north_star_drivers_weekly"
CHECKS = (
    "assert_contributions_add_up_to_the_change",
    "assert_parts_add_up_to_their_contribution",
    "assert_drivers_equal_the_growth",
)
WORLDS = 34
"""Of each variant: together more than a hundred. A few of them are looked at in every test run."""
FEW = 4
KEY = ("metric", "week_start", "comparison", "dimension", "segment")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Warehouse]:
    """Gives the database of a variant by its name."""
    found: dict[str, Warehouse] = {}

    def open_(variant: str) -> Warehouse:
        # All of them at once, because dbt starts only once then.
        compile_ahead(variables(VARIANTS[name]) for name in RANDOM_VARIANTS)
        if variant not in found:
            place = tmp_path_factory.mktemp(f"drivers-{variant}")
            found[variant] = Warehouse(
                VARIANTS[variant], place, (MART,), checks=CHECKS, left_empty=()
            )
        return found[variant]

    return open_


def by_key(rows: list[Row]) -> dict[tuple, Row]:
    """Rows by what they are of."""
    return {tuple(row[name] for name in KEY): row for row in rows}


def told(expected: dict[tuple, Row], found: dict[tuple, Row]) -> list[str]:
    """What differs, in words."""
    lines = [f"missing {key}" for key in expected.keys() - found.keys()]
    lines += [f"too much {key}" for key in found.keys() - expected.keys()]
    for key in expected.keys() & found.keys():
        for name, value in expected[key].items():
            other = found[key][name]
            is_equal = other == value
            if isinstance(value, float) and other is not None:
                is_equal = abs(other - value) < 1e-9
            if not is_equal:
                lines.append(f"{key}: {name} is {other}, not {value}")
    return sorted(lines)[:12]


def some_at_once() -> list[Any]:
    """The seeds; most of them stand with the tests that take long."""
    chosen = [seed for seed in seeds() if seed < WORLDS] or seeds()
    return [
        pytest.param(seed, marks=() if place < FEW else pytest.mark.services)
        for place, seed in enumerate(chosen)
    ]


@pytest.mark.parametrize("seed", some_at_once())
@pytest.mark.parametrize("variant", RANDOM_VARIANTS)
def test_contributions_equal_the_reference_and_leave_nothing_over(
    variant: str, seed: int, opened: Callable[[str], Warehouse]
) -> None:
    settings = VARIANTS[variant]
    tables = world_of(seed, settings)
    warehouse = opened(variant)
    rows = warehouse.build(tables)[MART]
    for check, wrong in warehouse.failures().items():
        assert not wrong, message(seed, variant, [check, *map(str, wrong[:4])])
    expected = drivers_weekly(understand(tables, settings), tables)
    problems = told(by_key(expected), by_key(rows))
    assert not problems, message(seed, variant, problems)
    by_rank: dict[tuple, list[tuple[Any, ...]]] = {}
    for row in sorted(rows, key=lambda one: one["rank"] or 0):
        if row["dimension"] != "all":
            key = (row["metric"], row["week_start"], row["comparison"])
            named = (row["dimension"], row["segment"], row["is_explaining"])
            by_rank.setdefault(key, []).append(named)
    assert by_rank == ranked(rows), message(seed, variant, ["the ranks differ"])


@pytest.mark.services
def test_the_worlds_hold_what_can_move() -> None:
    """Every part of a contribution occurs, of every metric that has it."""
    seen: set[tuple[str, str]] = set()
    for variant in RANDOM_VARIANTS:
        for seed in range(12):
            settings = VARIANTS[variant]
            tables = world_of(seed, settings)
            for row in drivers_weekly(understand(tables, settings), tables):
                seen |= {
                    (row["metric"], name)
                    for name, value in row.items()
                    if name not in KEY and value
                }
    counts = ("new", "resurrected", "churned", "switched_in", "switched_out")
    expected = {
        (metric, name)
        for metric in (
            *("weekly_active_tokens", "weekly_active_token_lineages"),
            *("weekly_active_developers", "weekly_active_companies", "qualified_requests"),
        )
        for name in counts
    }
    expected |= {("qualified_requests", name) for name in ("expanded", "contracted")}
    for metric in ("qualified_requests", "tokens_per_company", "converted_7d_rate"):
        expected |= {(metric, "rate_effect"), (metric, "mix_effect")}
    assert expected <= seen


# Payments to four professions: sum in cents and number of them, in 2021 and in 2022, and what
# M. Halford ("KPI evolution decomposition", maxhalford.github.io) makes of them.
PAYMENTS = {
    "Dentist": ((110442, 9), (62248, 6), (-170.70, -311.24)),
    "GP": ((59444, 6), (74908, 9), (-95.05, 249.69)),
    "Physio": ((80178, 6), (33945, 3), (-122.88, -339.45)),
    "Psych": ((131390, 7), (117928, 8), (-282.03, 147.41)),
}


def test_a_sum_decomposes_as_in_the_published_example() -> None:
    """Each payment is a token, its cents are requests, its profession is an industry."""
    models = compile_models(("int_count_changes",))
    steps = {step.name: step for step in models.steps}
    now, before = date(2022, 1, 3), date(2021, 1, 4)
    with duckdb.connect() as connection:
        connection.execute(f"attach ':memory:' as \"{models.database}\"")
        for schema in models.schemas:
            connection.execute(f"create schema {schema}")
        columns = ("week_start", "comparison", "previous_week_start")
        _fill(connection, steps["int_week_comparisons"], columns, [(now, "4_weeks", before)])
        columns = (
            *("grain", "unit_id", "family_id", "week_start", "first_week_start"),
            *("family_first_week_start", "amount", "everybody", *OF_TOKENS, "cohort_age"),
        )
        rows = [
            (
                *("token", unit, unit, week, week, week, amount, "all"),
                *(profession if name == "industry" else "-" for name in OF_TOKENS),
                "0",
            )
            for profession, (*payments, _) in PAYMENTS.items()
            for week, (cents, number) in zip((before, now), payments, strict=True)
            for place in range(number)
            for unit in [f"{profession} {week} {place}"]
            for amount in [cents // number + (place < cents % number)]
        ]
        _fill(connection, steps["int_unit_weeks"], columns, rows)
        for name in ("int_unit_changes", "int_segment_flows", "int_count_changes"):
            connection.execute(steps[name].statement(as_table=True))
        found = connection.execute(f"""
            select
                segment, round(rate_effect / 100, 2), round(mix_effect / 100, 2),
                (value - previous_value) / 100
            from {steps["int_count_changes"].relation}
            where metric = 'qualified_requests' and dimension = 'industry'
        """).fetchall()
    effects = {segment: tuple(effects) for segment, *effects, _ in found}
    assert effects == {profession: effects for profession, (*_, effects) in PAYMENTS.items()}
    assert round(sum(change for *_, change in found), 2) == -924.25


def _fill(
    connection: duckdb.DuckDBPyConnection,
    step: Step,
    columns: tuple[str, ...],
    rows: list[tuple[Any, ...]],
) -> None:
    """Makes a table of rows in place of a model's own."""
    names = ", ".join(columns)
    marks = ", ".join("?" * len(columns))
    types = {date: "date", int: "bigint", str: "varchar"}
    typed = ", ".join(
        f"{name} {types[type(value)]}" for name, value in zip(columns, rows[0], strict=True)
    )
    connection.execute(f"create table {step.relation} ({typed})")
    connection.executemany(f"insert into {step.relation} ({names}) values ({marks})", rows)

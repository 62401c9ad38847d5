"""What moves the metrics: nothing is left over, in any world, and published examples come out.

A world that fails is named in the message; NORTH_STAR_WORLD_SEED=<seed> runs it alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.compiled import compile_ahead
from tests.properties.comparison import RANDOM_VARIANTS, message, seeds
from tests.properties.drivers import drivers_weekly, ranked
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
"""Of each variant: together more than a hundred."""
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


@pytest.mark.parametrize("seed", [seed for seed in seeds() if seed < WORLDS] or seeds())
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


def test_the_worlds_hold_what_can_move(opened: Callable[[str], Warehouse]) -> None:
    """Every part of a contribution occurs, of every metric that has it."""
    seen: set[tuple[str, str]] = set()
    for variant in RANDOM_VARIANTS:
        for seed in range(12):
            settings = VARIANTS[variant]
            tables = world_of(seed, settings)
            for row in drivers_weekly(understand(tables, settings), tables):
                seen |= {
                    (row["metric"], name) for name, value in row.items() if name not in KEY and value
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

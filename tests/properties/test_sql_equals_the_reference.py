"""Row for row, the marts of random worlds are what a plain Python program makes of the same rows.

A world that fails is named in the message; NORTH_STAR_WORLD_SEED=<seed> runs it alone.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from tests.properties.comparison import RANDOM_VARIANTS, differences, message, seeds
from tests.properties.reference import CHANNELS, UNITS, marts_of, understand
from tests.properties.warehouse import MARTS, VARIANTS, Warehouse
from tests.properties.worlds import random_world


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("variant", RANDOM_VARIANTS)
def test_marts_equal_the_reference(
    variant: str, seed: int, warehouse: Callable[[str], Warehouse]
) -> None:
    settings = VARIANTS[variant]
    world = random_world(seed, settings)
    expected = marts_of(understand(world.tables, settings), world.tables)
    found = warehouse(variant).build(world.tables)
    assert expected.keys() == set(MARTS)
    told = differences(expected, found)
    assert not told, message(seed, variant, told)


# What has to occur in some world, by column.
OCCURRING = {
    "outcome": (
        *("malformed", "duplicate", "no_token", "failed_authentication", "unsuccessful"),
        *("internal", "synthetic", "bot", "sandbox", "qualified"),
    ),
    "source": ("api_gateway", "cloudtrail"),
    "week_status": ("open", "settling", "final"),
    "is_data_gap": (True, False),
    "is_sampled": (True, False),
    "is_left_censored": (True, False),
    "is_mature": (True, False),
    "lifecycle": ("new", "retained", "resurrected"),
    "resolution_method": ("manual", "token", "developer", "contact", "domain", "unresolved"),
    "channel": {*CHANNELS.values(), "unknown"},
    "company_size_band": ("unknown", "1-10", "11-50", "51-200", "201-1000", "1001-5000", "5001+"),
    "github_stars_band": ("unknown", "0", "1-9", "10-99", "100-999", "1000+"),
    "sdk": ("unknown", "north-star-python"),
    "language": ("unknown", "python", "ruby", "php"),
    "client_kind": ("unknown", "sdk", "tool", "ai_agent"),
    "api": ("unknown", "orders"),
    "rolling_7_day_active_tokens": (None, 0, 1, 2, 3),
}
THEN_AND_NOW = ("company_size_band", "industry", "plan", "country", "github_stars_band")
RATIOS = ("quick_ratio", "quick_ratio_trailing_4_weeks")
TWO_IDS = (
    ("token_id", "token_lineage_id"),
    ("company_id", "ultimate_parent_company_id"),
)


def test_the_worlds_hold_what_the_definitions_argue_about() -> None:
    missing: set[Any] = {(name, value) for name, values in OCCURRING.items() for value in values}
    missing |= {f"{name} as of the week and now" for name in THEN_AND_NOW} | set(TWO_IDS)
    missing |= {(ratio, grain) for ratio in RATIOS for grain in UNITS}
    missing |= {"a merger", "a merger that is refused", "no watermark"}
    for variant, seed in product(RANDOM_VARIANTS, range(30)):
        world = random_world(seed, VARIANTS[variant])
        program = understand(world.tables, VARIANTS[variant])
        marts = marts_of(program, world.tables)
        for row in (row for rows in marts.values() for row in rows):
            missing -= {(name, row[name]) for name in row.keys() & OCCURRING.keys()}
        for row in marts["fct_weekly_active_tokens"]:
            missing -= {
                f"{name} as of the week and now"
                for name in THEN_AND_NOW
                if row[name] != row[f"{name}_current"]
            }
            missing -= {(one, other) for one, other in TWO_IDS if row[one] != row[other]}
        for row in marts["fct_growth_accounting_weekly"]:
            missing -= {(ratio, row["grain"]) for ratio in RATIOS if row[ratio]}
        companies = program.registry.companies
        for company_id, (_, company) in companies.latest_versions().items():
            if company["merged_into_company_id"] not in (None, company_id):
                is_refused = program.registry.survivor(company_id) == company_id
                missing.discard("a merger that is refused" if is_refused else "a merger")
        if program.watermark is None:
            missing.discard("no watermark")
    assert not missing

"""Row for row, the marts of the time to first hello world are what a plain program makes of them.

The random worlds of the other marts, with accounts that are deleted, docs that are visited and
read with a key, and more of the calls made in a sandbox.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.compiled import compile_ahead
from tests.properties.comparison import RANDOM_VARIANTS, differences, message
from tests.properties.hello_worlds import VARS, marts_of_hello_worlds
from tests.properties.reference import Marts, Settings, Tables, understand
from tests.properties.warehouse import VARIANTS, Warehouse, variables
from tests.properties.worlds import DEVELOPERS, REQUESTS, TOKENS, random_world

MARTS = (
    *("fct_time_to_first_hello_world", "fct_ttfhw_survival", "fct_ttfhw_summary"),
    *("fct_developer_funnel_weekly", "fct_ttfhw_retention", "fct_stuck_developers"),
)
WORLDS = 12


def world_of(seed: int, settings: Settings) -> Tables:
    """A random world in which people leave, read the docs and try things out."""
    tables = dict(random_world(seed, settings).tables)
    chance = random.Random(f"{seed} hello worlds")
    owners = {row["token_id"]: row["developer_id"] for row in tables[TOKENS]}
    calls = {owners.get(row["token_id"]): row["requested_at"] for row in tables[REQUESTS]}
    added: dict[str, dict[str, Any]] = {}
    for row in tables[DEVELOPERS]:
        developer_id, signed_up_at = row["developer_id"], row["signed_up_at"]
        if developer_id in added:
            continue
        values = added[developer_id] = {}
        if developer_id in calls and chance.random() < 0.2:
            # The registry's clock is late.
            signed_up_at = calls[developer_id] + timedelta(minutes=chance.randrange(9))
            values["signed_up_at"] = signed_up_at
        if chance.random() < 0.3:
            values["deleted_at"] = signed_up_at + timedelta(days=chance.choice([0, 1, 5, 20, 90]))
        if chance.random() < 0.7:
            minutes = chance.randrange(-9, 99)
            values["first_docs_visit_at"] = signed_up_at - timedelta(minutes=minutes)
    tables[DEVELOPERS] = [row | added[row["developer_id"]] for row in tables[DEVELOPERS]]
    tables[REQUESTS] = [
        # The same for what was delivered twice.
        row
        | random.Random(f"{row['token_id']} {row['requested_at']} {seed}").choice(
            [
                {},
                {},
                {},
                {"environment": "sandbox"},
                {"endpoint": "/docs/start"},
                {"status_code": 429},
            ]
        )
        for row in tables[REQUESTS]
    ]
    return tables


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Warehouse]:
    """Gives the database of a variant by its name."""
    found: dict[str, Warehouse] = {}

    def open_(variant: str) -> Warehouse:
        # All of them at once, because dbt starts only once then.
        compile_ahead(variables(VARIANTS[name]) | VARS for name in RANDOM_VARIANTS)
        if variant not in found:
            place = tmp_path_factory.mktemp(f"hello-{variant}")
            found[variant] = Warehouse(VARIANTS[variant], place, MARTS, more_vars=VARS)
        return found[variant]

    return open_


def expected_of(seed: int, variant: str) -> tuple[Tables, Marts]:
    """A world and what is to be found in it."""
    settings = VARIANTS[variant]
    tables = world_of(seed, settings)
    return tables, marts_of_hello_worlds(understand(tables, settings), tables)


@pytest.mark.parametrize("seed", range(WORLDS))
@pytest.mark.parametrize("variant", RANDOM_VARIANTS)
def test_marts_equal_the_reference(
    variant: str, seed: int, opened: Callable[[str], Warehouse]
) -> None:
    tables, expected = expected_of(seed, variant)
    told = differences(expected, opened(variant).build(tables))
    assert not told, message(seed, variant, told)


def test_the_worlds_hold_what_is_argued_about() -> None:
    missing: set[Any] = {
        *((name, value) for name in ("is_greenfield", "is_left_truncated") for value in (0, 1)),
        *(("status", value) for value in ("ok", "clamped", "anomaly", "not_yet_observed")),
        *(("censor_reason", value) for value in ("waiting", "deleted", None)),
        *(("unit", value) for value in ("developer", "company", "token")),
        *(("last_step", value) for value in ("sign_up", "first_token", "first_request")),
        *(("has_integrated_company", value) for value in (0, 1)),
        *(("is_mature", value) for value in (0, 1)),
        *(("failed_attempts", value) for value in (0, 1, 2, 3)),
        *(("sdk", value) for value in ("unknown", "north-star-python")),
        *(("language", value) for value in ("unknown", "python", "ruby", "php")),
        *(("client_kind", value) for value in ("unknown", "sdk", "tool", "ai_agent")),
    }
    filled = {
        *("last_error_endpoint", "last_error_sdk", "nth_production_success_at", "median_seconds"),
        *("active_week_4_rate", "converted_28d_rate"),
    }
    for variant in RANDOM_VARIANTS:
        for seed in range(WORLDS):
            _, expected = expected_of(seed, variant)
            for row in (row for rows in expected.values() for row in rows):
                missing -= {(name, value) for name, value in row.items()}
                filled -= {name for name in filled & row.keys() if row[name]}
    assert not missing | filled

"""An increment is what a full build would be: late files, other owners, withdrawn files and all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.landing import Options, land, withdraw
from orchestration.sample import simulate
from orchestration.settings import DataFolder
from tests.worlds.conftest import World

pytestmark = pytest.mark.services

LOG = "api_gateway/api_requests"
LATE_WEEK = "2025-W10"
# What a run notes of itself, and statistics that are summed in any order.
NOTES = {"int_landed_dates", "int_token_days_looked_into"}
SUMMED_IN_ANY_ORDER = {
    *("int_log_rank_covariances", "int_log_rank_p_values", "int_log_rank_scores"),
    *("int_log_rank_statistics", "fct_ttfhw_comparisons"),
}


@dataclass(frozen=True)
class Built:
    """A world after some builds.

    Attributes:
        world: the data folder.
        increment: a copy of the database that increments made.
        outdated: dates that each build computed, in the order of the builds.
    """

    world: World
    increment: Path
    outdated: list[set[date]]


def _outdated(world: World) -> set[date]:
    query = "select distinct event_date from intermediate.int_landed_dates where is_outdated"
    return {event_date for (event_date,) in world.rows(query)}


def _change_owner(registry: Path) -> None:
    """A token of somebody goes to somebody else, in the middle of its life."""
    token, developer, when = "tok_of_the_test", "developer_of_the_test", "2025-03-05T12:00:00Z"
    rows = [
        {"token_id": token, "developer_id": "first", "created_at": "2025-01-01T00:00:00Z"},
        {"token_id": token, "developer_id": developer, "created_at": "2025-01-01T00:00:00Z"},
    ]
    for row, updated in zip(rows, ("2025-01-01T00:00:00Z", when), strict=True):
        row["updated_at"] = updated
    registry.write_text("".join(json.dumps(row) + "\n" for row in rows[1:]))
    (registry.parent / "0_first.jsonl").write_text(json.dumps(rows[0]) + "\n")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, workshop: Path) -> Iterator[Built]:
    """The sample, landed and built in four steps."""
    data = DataFolder(tmp_path_factory.mktemp("increments"))
    simulate(data.landing, developers=150, seed=3)
    requests, tokens = data.landing / LOG, data.landing / "developer_portal" / "api_tokens"
    (requests / "of_one_token.jsonl").write_text(
        "".join(
            json.dumps(
                {
                    "request_id": f"r{day}",
                    "requested_at": f"2025-03-{day:02d}T10:00:00Z",
                    "token_id": "tok_of_the_test",
                    "status_code": 200,
                    "endpoint": "/v1/orders",
                }
            )
            + "\n"
            for day in range(1, 11)
        )
    )
    newest = sorted(each for each in requests.iterdir() if "-W" in each.name)[-1]
    late = [newest, *requests.glob(f"{LATE_WEEK}*")]
    elsewhere = tmp_path_factory.mktemp("late")
    for file in late:
        shutil.move(file, elsewhere / file.name)
    world = World(data, workshop)
    world.build("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    outdated = []

    def build_again() -> None:
        # In many batches, of a day or two each.
        world.build(
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            *("--vars", json.dumps({"batch_requests": 300})),
        )
        outdated.append(_outdated(world))

    build_again()
    for file in elsewhere.iterdir():
        shutil.move(file, requests / file.name)
    land(data, progress=lambda line: None, options=Options())
    build_again()
    _change_owner(tokens / "1_other.jsonl")
    land(data, progress=lambda line: None, options=Options())
    build_again()
    withdraw(data, [f"{LOG}/{newest.name}"])
    build_again()
    increment = elsewhere / "increment.duckdb"
    shutil.copy(data.dev / "dev.duckdb", increment)
    yield Built(world, increment, outdated)


def test_a_run_with_nothing_new_computes_no_date(built: Built) -> None:
    assert built.outdated[0] == set()


def test_a_run_computes_the_dates_of_new_files_however_old(built: Built) -> None:
    dates = built.outdated[1]
    assert {date(2025, 3, day) for day in range(3, 10)} <= dates
    # A week each, and what their deliveries repeat of the days around them.
    assert len(dates) < 40


def test_a_run_computes_the_dates_on_which_a_token_has_another_owner(built: Built) -> None:
    # Unknown until now, so every day has an owner that it had not.
    assert built.outdated[2] == {date(2025, 3, day) for day in range(1, 11)}


def test_a_run_computes_the_dates_of_files_that_are_gone(built: Built) -> None:
    assert built.outdated[3]
    assert built.outdated[3] <= built.outdated[1]


def test_increments_equal_a_full_build(
    built: Built, world_differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    built.world.build(
        *("--full-refresh", "--exclude-resource-type", "test"),
        *("--exclude-resource-type", "unit_test"),
        # In many batches, of some days each.
        *("--vars", json.dumps({"batch_requests": 500})),
    )
    full = built.world.data.dev / "dev.duckdb"
    assert world_differences(built.increment, full) == {}


@pytest.fixture
def world_differences() -> Callable[[Path, Path], dict[str, int]]:
    """Counts the rows that two databases do not share, by table; the tables that differ."""

    def compare(one: Path, other: Path) -> dict[str, int]:
        with duckdb.connect() as connection:
            connection.execute(f"attach '{one}' as one (read_only)")
            connection.execute(f"attach '{other}' as other (read_only)")
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() "
                "where database_name = 'other' and schema_name in ('intermediate', 'marts') "
                "and table_name not like 'last_build%'"
            ).fetchall()
            assert ("intermediate", "int_token_days") in tables
            found = {}
            for schema, table in tables:
                if table in NOTES | SUMMED_IN_ANY_ORDER:
                    continue
                name = f"{schema}.{table}"
                found[table] = connection.execute(
                    f"select (select count(*) from (from one.{name} except all from other.{name}))"
                    f" + (select count(*) from (from other.{name} except all from one.{name}))"
                ).fetchone()[0]
        return {table: rows for table, rows in found.items() if rows}

    return compare


def test_a_changed_rule_is_refused_until_everything_is_built_again(built: Built) -> None:
    with pytest.raises(AssertionError) as refused:
        built.world.build(
            *("--select", "+int_token_days", "--exclude-resource-type", "test"),
            *("--vars", json.dumps({"extra_success_status_codes": [304, 409]})),
        )
    said = " ".join(str(refused.value).split())
    assert "var extra_success_status_codes changed since" in said
    assert "make build FULL=yes" in said


def test_weeks_by_hand_are_computed_again(built: Built) -> None:
    built.world.build(
        *("--select", "int_landed_dates", "--exclude-resource-type", "unit_test"),
        *("--vars", json.dumps({"rebuild_weeks": "2025-02-04..2025-02-12"})),
    )
    dates = _outdated(built.world)
    assert dates == {date(2025, 2, day) for day in range(2, 18)}

"""The project's SQL over one random world after another."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from orchestration.landing.contract import read_contract
from orchestration.landing.raw import EMPTY_BATCH
from orchestration.landing.repeats import list_all_repeats
from tests.compiled import Step, compile_models
from tests.properties.reference import Marts, Settings
from tests.properties.worlds import GROWING_SEEDS, Row, raw_columns, write_batch

MARTS = (
    "fct_request_outcomes_weekly",
    "dim_weeks",
    "dim_tokens",
    "fct_weekly_active_tokens",
    "fct_weekly_active_companies",
    "fct_growth_accounting_weekly",
    "fct_retention_weekly",
    "fct_north_star_weekly",
    "fct_rolling_active_tokens_daily",
)

# What stands in the north star's table beside the activity is not looked at here, and stays empty.
LEFT_EMPTY = frozenset(
    {"int_inputs_weekly", "int_hello_world_medians_weekly", "int_hello_world_rates_weekly"}
)
VARIANTS = {
    "defaults": Settings(),
    "california": Settings(
        week_start_day="sunday",
        reporting_timezone="America/Los_Angeles",
        min_qualified_requests=2,
        late_allowance_days=0,
    ),
    "new_zealand": Settings(
        reporting_timezone="Pacific/Auckland",
        rotation_window_days=2,
        extra_success_status_codes=(),
        required_log_sources=("api_gateway",),
    ),
    "sundays": Settings(week_start_day="sunday"),
}


def variables(settings: Settings) -> dict[str, Any]:
    """The vars that differ from the project's defaults."""
    defaults = asdict(Settings())
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(settings).items()
        if value != defaults[name]
    }


class Warehouse:
    """A database in memory in which the marts are built again for each world.

    Attributes:
        marts: names of the marts that are built.
    """

    def __init__(
        self,
        settings: Settings,
        place: Path,
        marts: Collection[str] = MARTS,
        crm_sources: Sequence[str] = ("crm",),
        more_vars: Mapping[str, Any] | None = None,
        checks: Collection[str] = (),
        left_empty: Collection[str] = LEFT_EMPTY,
    ) -> None:
        """Builds the marts of an empty world, seeds included.

        Args:
            settings: the vars to compile the models with.
            place: an empty folder for the Parquet files.
            marts: to build.
            crm_sources: the CRMs that are switched on.
            more_vars: vars that are not in the settings.
            checks: names of singular data tests, for ``failures``.
            left_empty: models that are built of the empty world only.
        """
        self.marts = tuple(marts)
        self._checks = tuple(checks)
        self._left_empty = frozenset(left_empty)
        self._place = place
        of_crms = {"crm_sources": list(crm_sources)} if tuple(crm_sources) != ("crm",) else {}
        given = variables(settings) | of_crms | dict(more_vars or {})
        self._models = compile_models((*self.marts, *self._checks), given)
        self._relations = {step.name: step.relation for step in self._models.steps}
        self._connection = self._models.connect(place, threads=1)
        self._number_of_batches = 0
        write_batch(self._connection, {table: [] for table in raw_columns()}, place / EMPTY_BATCH)
        self._build(self._models.steps)
        self._steps = self._needed()

    def _needed(self) -> list[Step]:
        """The models that differ from world to world.

        Not those that stay empty and what only they read, nor those that read nothing but lists.
        """
        steps = {step.name: step for step in self._models.steps}
        moving = set(GROWING_SEEDS)
        for step in self._models.steps:
            if step.needs & moving or "read_parquet" in step.query:
                moving.add(step.name)
        waiting, needed = [*self.marts, *self._checks], set()
        while waiting:
            name = waiting.pop()
            if name not in needed | self._left_empty and not steps[name].is_seed:
                needed.add(name)
                waiting += steps[name].needs
        return [step for step in self._models.steps if step.name in needed & moving]

    def failures(self) -> dict[str, list[tuple[Any, ...]]]:
        """The rows that each check finds wrong in the world that was built last."""
        steps = {step.name: step for step in self._models.steps}
        return {
            name: self._connection.execute(steps[name].query).fetchall() for name in self._checks
        }

    def build(self, *batches: dict[str, list[Row]]) -> Marts:
        """The rows of the marts over a world.

        Args:
            batches: rows by raw table, as landed one after the other. The marts are built after
                each of them, in the same database.
        """
        self._clear()
        for tables in batches:
            self._write(tables)
            self._add_to_seeds(tables)
            self._build(self._steps)
        return {name: self._rows(name) for name in self.marts}

    def _clear(self) -> None:
        for folder in self._place.iterdir():
            if folder.name != EMPTY_BATCH:
                shutil.rmtree(folder)
        for name in GROWING_SEEDS:
            if name in self._relations:
                self._connection.execute(
                    f"delete from {self._relations[name]} where reason = 'random'"
                )

    def _write(self, tables: dict[str, list[Row]]) -> None:
        # No name twice: DuckDB remembers pages of the files that it has read.
        self._number_of_batches += 1
        filled = {table: tables[table] for table in raw_columns() if tables.get(table)}
        write_batch(self._connection, filled, self._place / f"{self._number_of_batches:06d}")
        list_all_repeats(self._connection, read_contract().tables, self._place)

    def _add_to_seeds(self, tables: dict[str, list[Row]]) -> None:
        for name in GROWING_SEEDS:
            for row in tables.get(name, ()):
                columns = ", ".join((*row, "reason"))
                places = ", ".join("?" * (len(row) + 1))
                self._connection.execute(
                    f"insert into {self._relations[name]} ({columns}) values ({places})",
                    [*row.values(), "random"],
                )

    def _build(self, steps: Sequence[Step]) -> None:
        # In one transaction, which is faster than many.
        self._connection.execute("begin")
        try:
            for step in steps:
                if step.is_check:
                    continue
                # A view would be planned anew in each model that reads it.
                self._connection.execute(step.statement(as_table=True))
        except duckdb.Error:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def _rows(self, name: str) -> list[dict[str, Any]]:
        result = self._connection.execute(f"select * from {self._relations[name]}")
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]

"""The marts of a landed folder in a second: the project's models, compiled once, run in memory."""

from __future__ import annotations

from orchestration.settings import DataFolder
from tests.compiled import compile_models

MARTS = (
    "fct_weekly_active_tokens",
    "fct_weekly_active_companies",
    "fct_time_to_first_hello_world",
    "fct_request_outcomes_weekly",
    "fct_north_star_weekly",
    "fct_growth_accounting_weekly",
    "fct_retention_weekly",
    "fct_rolling_active_tokens_daily",
    "dim_tokens",
    "dim_developers_history",
    "dim_companies_history",
)


def build_marts(data: DataFolder) -> dict[str, list[tuple]]:
    """The rows of each mart of a folder that was landed, in an order of their own."""
    models = compile_models(MARTS)
    with models.connect(data.raw / "batches") as connection:
        for step in models.steps:
            connection.execute(step.statement())
        return models.rows(connection)

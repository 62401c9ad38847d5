"""Weeks of requests as partitions: what each run has computed of them, and computing them again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import dagster as dg

from orchestration.landing.custom_fields import project_vars
from orchestration.rebuild import days_with_logs, week_of
from orchestration.settings import PROJECT, DataFolder

KEY = dg.AssetKey("weeks")
# Counted as Dagster does, from Sunday.
_DAY_OFFSETS = {"sunday": 0, "monday": 1}


def week_partitions(data: DataFolder) -> dg.WeeklyPartitionsDefinition:
    """The weeks from the first that logs were landed of, by the day that they begin on.

    They are read when the code location is loaded: logs of older weeks show after a reload.
    """
    variables = project_vars(PROJECT)
    first = min(filter(_is_meant, days_with_logs(data)), default=date.today())
    begins, _ = week_of(first, variables)
    return dg.WeeklyPartitionsDefinition(
        start_date=begins.isoformat(),
        day_offset=_DAY_OFFSETS[variables.get("week_start_day", "monday")],
        timezone=variables.get("reporting_timezone", "UTC"),
        end_offset=1,  # the week that is going on has logs, too
    )


def note_weeks(context: dg.AssetExecutionContext, weeks: Mapping[date, int]) -> None:
    """Note in Dagster's history which weeks a run has computed, and tag the run with them.

    Args:
        context: of the step that has computed them.
        weeks: the days they begin on, with the number of requests that were computed.
    """
    weeks = {week: requests for week, requests in weeks.items() if _is_meant(week)}
    for week, requests in sorted(weeks.items()):
        context.log_event(
            dg.AssetMaterialization(
                KEY, partition=week.isoformat(), metadata={"requests": requests}
            )
        )
    if weeks:
        told = f"{min(weeks)}..{max(weeks)} ({len(weeks)})"
        context.instance.add_run_tags(context.run_id, {"north_star/weeks": told})


def _is_meant(day: date) -> bool:
    """Whether a clock can have meant a day; those of broken ones make no week."""
    first = date.fromisoformat(str(project_vars(PROJECT)["tracking_starts_at"]))
    return first <= day <= date.today() + timedelta(days=1)

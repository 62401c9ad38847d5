"""Schedules from orchestration/automation.yml."""

import dagster as dg

from orchestration.automation import Schedule, read_automation


def as_definition(schedule: Schedule) -> dg.ScheduleDefinition:
    """A schedule in Dagster's terms."""
    status = dg.DefaultScheduleStatus
    return dg.ScheduleDefinition(
        name=schedule.name,
        job_name=schedule.job,
        cron_schedule=schedule.cron,
        execution_timezone=schedule.time_zone,
        default_status=status.RUNNING if schedule.running else status.STOPPED,
    )


@dg.definitions
def schedules() -> dg.Definitions:
    """Every schedule of the file."""
    return dg.Definitions(schedules=[*map(as_definition, read_automation().schedules)])

"""Somebody looks whether all is well: closes runs that were killed, and tells what is wrong."""

import dagster as dg

from orchestration.alerts import channels, find_incidents, tell
from orchestration.automation import read_automation
from orchestration.history import end_stuck_runs, tidy
from orchestration.settings import DataFolder

_JOBS = ("refresh", "close_week", "backfill", "send_digest", "compact")


@dg.definitions
def sensors() -> dg.Definitions:
    """The sensor ``watch``."""
    settings = read_automation().watch

    @dg.sensor(
        minimum_interval_seconds=settings.every_seconds,
        default_status=(
            dg.DefaultSensorStatus.RUNNING if settings.running else dg.DefaultSensorStatus.STOPPED
        ),
        description="Closes runs whose process is gone. Tells once, by webhook and mail, of failed "
        "runs, blocked publications, stale data and warnings that matter.",
    )
    def watch(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        data = DataFolder.from_environment()
        end_stuck_runs(context.instance, data, settings.longest_run_seconds)
        tidy(data, context.instance)
        told = tell(data, find_incidents(context.instance, data, _JOBS), channels())
        for incident in told.new:
            context.log.info(incident.text)
        for problem in told.problems:
            context.log.warning(problem)
        return dg.SkipReason(str(told))

    return dg.Definitions(sensors=[watch])

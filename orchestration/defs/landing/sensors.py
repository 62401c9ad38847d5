"""Files that arrive start a run."""

import time

import dagster as dg

from orchestration.automation import read_automation
from orchestration.history import is_anything_going_on
from orchestration.landing.arrivals import Arrivals, decide, new_files
from orchestration.settings import DataFolder

# They land whatever is new.
_LANDING_JOBS = ("refresh", "close_week")


@dg.definitions
def sensors() -> dg.Definitions:
    """The sensor ``files_arrived``."""
    settings = read_automation().files_arrived

    @dg.sensor(
        job_name="refresh",
        minimum_interval_seconds=settings.every_seconds,
        default_status=(
            dg.DefaultSensorStatus.RUNNING if settings.running else dg.DefaultSensorStatus.STOPPED
        ),
        description="Starts one run when files have arrived in landing/ and no further one comes.",
    )
    def files_arrived(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        decision = decide(
            Arrivals.from_text(context.cursor),
            new_files(DataFolder.from_environment()),
            time.time(),
            quiet_seconds=settings.quiet_seconds,
            longest_wait_seconds=settings.longest_wait_seconds,
            is_running=is_anything_going_on(context.instance, _LANDING_JOBS),
        )
        cursor = str(decision.arrivals)
        if decision.run_key is None:
            return dg.SensorResult(skip_reason=decision.told, cursor=cursor)
        request = dg.RunRequest(
            run_key=decision.run_key, tags={"north_star/because": decision.told}
        )
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return dg.Definitions(sensors=[files_arrived])

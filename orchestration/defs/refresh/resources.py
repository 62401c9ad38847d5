"""The run lock as a resource: set up before a run's first step, torn down after its last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import dagster as dg

from orchestration.history import close_killed_run, is_over
from orchestration.publishing import complete_log, mend, what_stays
from orchestration.run_folder import prune_run_folders
from orchestration.run_lock import RunLockError, at_work, end_processes, hold_run_lock
from orchestration.settings import DataFolder, check_settings


class RunLock(dg.ConfigurableResource):
    """Held by each asset of a run, so that two runs never write to a data folder at once.

    Attributes:
        wait_seconds: how long a run waits for the one before it to end.
    """

    wait_seconds: int = 3600

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[RunLock]:
        def tell(sentence: str) -> None:
            context.log.warning(sentence)
            print(sentence, flush=True)  # a terminal does not show Dagster's own log

        data = DataFolder.from_environment()
        check_settings()
        run_id = context.run_id
        stuck = partial(is_over, context.instance)
        lock = hold_run_lock(data, f"run {run_id}", run_id, self.wait_seconds, tell, stuck)
        try:
            with at_work(data, run_id), lock as killed:
                end_processes(killed and killed.run_id)
                close_killed_run(context.instance, killed)
                damaged = mend(data)
                if damaged:
                    tell(damaged)
                complete_log(data)
                prune_run_folders(data)
                yield self
        except RunLockError as error:
            raise RunLockError(f"{error} {what_stays(data)}") from None


@dg.definitions
def resources() -> dg.Definitions:
    """The lock, under the name that assets ask for."""
    return dg.Definitions(resources={"run_lock": RunLock()})

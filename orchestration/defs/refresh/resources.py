"""The run lock as a resource: set up before a run's first step, torn down after its last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestration.history import close_killed_run
from orchestration.publishing import complete_log, mend, what_stays
from orchestration.run_lock import RunLockError, hold_run_lock
from orchestration.settings import DataFolder, digest_webhook, memory_limit


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
        # What is wrong with them is told now, and not when all is done.
        digest_webhook()
        memory_limit()
        name = f"run {context.run_id}"
        lock = hold_run_lock(data, name, context.run_id, self.wait_seconds, tell)
        try:
            with lock as killed:
                close_killed_run(context.instance, killed)
                damaged = mend(data)
                if damaged:
                    tell(damaged)
                complete_log(data)
                yield self
        except RunLockError as error:
            raise RunLockError(f"{error} {what_stays(data)}") from None


@dg.definitions
def resources() -> dg.Definitions:
    """The lock, under the name that assets ask for."""
    return dg.Definitions(resources={"run_lock": RunLock()})

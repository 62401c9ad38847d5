"""How far a copy is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    import pyarrow

_QUIET_SECONDS = 10.0


class Progress:
    """Counts the rows that went by."""

    def __init__(self, bar: tqdm, tell: Callable[[str], object]) -> None:
        self._bar = bar
        self._tell = tell
        self._done = 0
        self._started = self._said = time.monotonic()

    def counted(self, batches: pyarrow.RecordBatchReader) -> pyarrow.RecordBatchReader:
        """The same batches, noted as they pass."""
        import pyarrow

        return pyarrow.RecordBatchReader.from_batches(batches.schema, self._count(batches))

    def _count(self, batches: pyarrow.RecordBatchReader) -> Iterator[pyarrow.RecordBatch]:
        for batch in batches:
            yield batch
            self._done += batch.num_rows
            self._bar.update(batch.num_rows)
            now = time.monotonic()
            if self._bar.disable and now - self._said > _QUIET_SECONDS:
                self._said = now
                speed = self._done / (now - self._started)
                left = (self._bar.total - self._done) / speed
                self._tell(
                    f"{self._done:,} of {self._bar.total:,} rows copied, {speed:,.0f} rows/s, "
                    f"about {left:,.0f} s left"
                )


@contextmanager
def progress(rows: int, tell: Callable[[str], object]) -> Iterator[Progress]:
    """Shows how far a copy of so many rows is, by lines to ``tell`` where there is no terminal."""
    with tqdm(total=rows, unit=" rows", desc="Copying", leave=False, disable=None) as bar:
        yield Progress(bar, tell)

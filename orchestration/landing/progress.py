"""How far a landing is: a bar on a terminal, lines elsewhere; rows per second and the time left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import duckdb
from tqdm import tqdm

from orchestration.landing.scan import ScannedFile

_BAR = "Landing {percentage:3.0f}% of {total_fmt}B |{bar}|{postfix}, {remaining} left"
_POLL_SECONDS = 0.5
_QUIET_SECONDS = 10.0


class Progress:
    """Counts bytes and rows; bytes, because they are known before the rows are.

    A terminal gets a bar on stderr. Elsewhere ``tell`` gets a line now and then with the same
    figures, when a landing takes long.
    """

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell = tell
        self._bar: tqdm | None = None
        self._rows = 0
        self._ahead = 0
        self._said = time.monotonic()

    @contextmanager
    def over(self, size: int) -> Iterator[None]:
        """Shows the bar while ``size`` bytes are landed."""
        with tqdm(
            total=size, unit="B", unit_scale=True, leave=False, disable=None, bar_format=_BAR
        ) as self._bar:
            self._started = self._said = time.monotonic()
            self._size, self._done = size, 0
            yield
        self._bar = None

    def tell(self, line: str) -> None:
        """Says a line, without breaking the bar."""
        if self._bar is not None and not self._bar.disable:
            with tqdm.external_write_mode():
                self._tell(line)
        else:
            self._tell(line)

    def advance(self, size: int, rows: int = 0) -> None:
        """Notes that files of ``size`` bytes are done, and how many rows they gave."""
        self._rows += rows
        self._done += size
        self._show(self._done)
        seconds = time.monotonic() - self._started
        if self._bar.disable and time.monotonic() - self._said > _QUIET_SECONDS and self._done:
            self._said = time.monotonic()
            left = seconds * (self._size - self._done) / self._done
            self._tell(
                f"{self._done / self._size:.0%} of {self._size / 1e9:,.1f} GB, "
                f"{self._rows / seconds:,.0f} rows/s, about {left:,.0f} s left"
            )

    @contextmanager
    def watch(
        self, connection: duckdb.DuckDBPyConnection, group: Sequence[ScannedFile]
    ) -> Iterator[None]:
        """Moves the bar while one scan runs; a single file may take minutes."""
        if self._bar is None or self._bar.disable:
            yield
            return
        size = sum(scanned.file.size for scanned in group)
        done = threading.Event()

        def poll() -> None:
            while not done.wait(_POLL_SECONDS):
                percent = connection.query_progress()
                if 0 < percent < 100:
                    self._show(self._done + size * percent / 100)

        thread = threading.Thread(target=poll, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _show(self, position: float) -> None:
        # One scan is several queries, each of which begins at nothing: the bar never goes back.
        self._ahead = max(self._ahead, int(position))
        self._bar.n = min(self._ahead, self._size)
        seconds = time.monotonic() - self._started
        self._bar.set_postfix_str(f"{self._rows / max(seconds, 1e-3):,.0f} rows/s")

"""Two years of a program's requests, written into raw/ as landing and compaction leave them.

A batch for each week, its rows by UTC date, token and time, with the ledger that increments follow.
About 130 requests of a token and day, however many rows there are: fewer rows are fewer tokens. In
them is what logs have: failures, health checks, bots, sandboxes, keys that rotate, are shared or
change hands, rows without a key, deliveries that are repeated or late, and clocks that are wrong.

Rows come in the order they are written in, and all they hold is a function of their place, so
nothing is sorted and any week can be written by itself.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from bench import registries
from bench.measure import BenchError
from bench.request_rows import AGENTS, ENDPOINTS, ROWS, TOKEN_DAYS
from orchestration.landing.contract import read_contract
from orchestration.landing.raw import PARQUET, RawFolder, parquet_file
from orchestration.settings import DataFolder

DAYS = 7 * 104
ROWS_PER_TOKEN = 8_000
WRITERS = 2
_STATE = "made_up.json"
_LOG = "api_gateway/api_requests"
# Raw columns that a benchmark of the core aggregate alone reads; the others are NULL there.
CORE = frozenset(
    {"requested_at", "token_id", "status_code", "_file_hash", "_row_number", "_landed_at"}
)
# What stg_api_gateway__api_requests tells rows apart by.
_CONTENT = (
    *("request_id", "token_id", "application_id", "client_ip_hash", "method", "path", "endpoint"),
    *("api", "environment", "user_agent", "client_country", "status_code", "null"),
    *("requested_at", "round(latency_ms * 1000000)::bigint", "null"),
)


@dataclass(frozen=True)
class Batch:
    """What one landing brought.

    Attributes:
        first_day: of the days whose rows arrived, counted from the program's first.
        end_day: the day after the last of them.
        batch_id: its folder in raw/.
        landed_at: when, as a timestamp's text.
    """

    first_day: int
    end_day: int
    batch_id: str
    landed_at: str

    @property
    def file_hash(self) -> str:
        """Of the file with its own days."""
        return f"{self.first_day:06d}{self.end_day:06d}".ljust(64, "a")

    @property
    def late_hash(self) -> str:
        """Of the file with what was delivered before."""
        return f"{self.first_day:06d}{self.end_day:06d}".ljust(64, "b")

    @classmethod
    def of(cls, first_day: int, end_day: int) -> Batch:
        """The batch that lands six hours after its last day."""
        start = datetime.fromisoformat(registries.FIRST_DAY)
        landed = start + timedelta(days=end_day, hours=6)
        return cls(first_day, end_day, landed.strftime("%Y%m%dT%H%M%S%fZ"), str(landed))


class Program:
    """A program of so many requests in two years, and what of it is in a data folder.

    Attributes:
        data: the data folder.
        rows: requests of the two years, about.
        batches: those that were written.
    """

    def __init__(self, data: Path, rows: int, only: frozenset[str] | None = None) -> None:
        self.data = data
        self.rows = rows
        self.batches: list[Batch] = []
        self._raw = RawFolder(DataFolder(data).raw)
        self._only = only
        state = data / _STATE
        if state.exists():
            stored = json.loads(state.read_text(encoding="utf-8"))
            if stored["rows"] != rows:
                raise BenchError(
                    f"{data} holds a program of {stored['rows']:,} requests and not of {rows:,}; "
                    "name another folder."
                )
            self.batches = [Batch(**batch) for batch in stored["batches"]]

    def provide(self, first_day: int = 0, days_of_a_batch: int = 7) -> None:
        """Writes the registries and the days up to the end of the two years, unless they are there.

        Args:
            first_day: the first day with requests; later than 0 is a shorter history.
            days_of_a_batch: how many days a batch has.
        """
        if self.batches:
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True)
        self._raw.prepare()
        batches = [
            Batch.of(day, min(day + days_of_a_batch, DAYS))
            for day in range(first_day, DAYS, days_of_a_batch)
        ]
        with duckdb.connect() as connection:
            self._raw.store_empty_batch(connection, read_contract())
            self._draw(connection, first_day)
            self._write_registries(connection, batches[0])
            self._write(connection, batches)

    def add(self, days: int, days_of_a_batch: int | None = None) -> None:
        """Writes the days that follow, as one batch more or several.

        Args:
            days: how many.
            days_of_a_batch: how many of them a batch has; all without it.
        """
        start, step = self.batches[-1].end_day, days_of_a_batch or days
        batches = [Batch.of(day, day + step) for day in range(start, start + days, step)]
        if batches[-1].end_day > registries.DAYS:
            raise BenchError(f"The made-up program ends after {registries.DAYS} days.")
        with duckdb.connect() as connection:
            self._draw(connection, max(self.batches[0].first_day, start - 21))
            self._write(connection, batches)

    @property
    def tokens(self) -> int:
        """Tokens that there ever are."""
        return max(self.rows // ROWS_PER_TOKEN, 20)

    def _draw(self, connection: duckdb.DuckDBPyConnection, first_day: int) -> None:
        """Makes the tables that rows are made of: agents, tokens, their days from one on, ..."""
        # Rows keep their order through joins as long as they are what is looked up, not in.
        connection.execute("set disabled_optimizers = 'build_side_probe_side,join_order'")
        numbers = self._numbers()
        connection.execute(f"set TimeZone = 'UTC'; set threads = {WRITERS}")
        for statement in (registries.MACROS, registries.PEOPLE, registries.TOKENS):
            connection.execute(statement.format(**numbers))
        connection.execute(AGENTS)
        connection.execute(ENDPOINTS)
        connection.execute(
            "create or replace table addresses as select number, md5('address' || number) as "
            "address, one_of(['US', 'IN', 'DE', 'GB', 'BR'], number, 'from') as country "
            f"from range({self.tokens} * 8 + 200) as numbers (number)"
        )
        wanted = self.rows * 0.985
        (fixed, variable), *_ = connection.execute(
            "select sum(1) filter (is_rare), sum(level) filter (not is_rare) from tokens inner "
            f"join range({DAYS}) as days (day) on day >= floor(start_day) and day <= end_day "
            "where draw(number * 10000 + day, 'called') < share_of_days"
        ).fetchall()
        connection.execute(
            TOKEN_DAYS.format(
                factor=max((wanted - (fixed or 0)) / variable, 0.1),
                first_day=first_day,
                end_day=registries.DAYS,
                nameless=self.rows // (DAYS * 100) + 1,
            )
        )

    def _numbers(self) -> dict[str, object]:
        developers = max(self.tokens * 4 // 5, 16)
        return {
            "first_day": registries.FIRST_DAY,
            "days": registries.DAYS,
            "tokens": self.tokens,
            "first_tokens": developers * 4 // 5,
            "developers": developers,
            "companies": max(self.tokens * 3 // 25, 12),
            "life": 210,
        }

    def _write_registries(self, connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        folder = self._raw.incoming("00000001T000000000000Z")
        columns = read_contract().raw_columns()
        for name, query in registries.TABLES.items():
            given = f"({query.format(**self._numbers())})"
            found = {row[0] for row in connection.execute(f"describe {given}").fetchall()}
            own = {
                "_file_hash": f"'{name}'",
                "_row_number": "row_number() over ()",
                "_landed_at": f"timestamp '{batch.landed_at}'",
            }
            listed = ", ".join(
                f"cast({column if column in found else own.get(column, 'null')} as {kind})"
                f" as {column}"
                for column, kind in columns[name].items()
            )
            connection.execute(
                f"copy (select {listed} from {given} as given) "
                f"to '{parquet_file(folder, name, 0)}' {PARQUET}"
            )
        self._raw.publish(folder.name.removeprefix(".incoming-"))

    def _write(self, connection: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> None:
        """Writes batches, two at a time: the rows of one come in order, from one thread."""
        before = [*self.batches, *batches]
        with ThreadPoolExecutor(WRITERS) as pool:
            for _ in pool.map(
                lambda batch: self._write_batch(connection.cursor(), batch, before), batches
            ):
                pass
        for batch in batches:
            self._raw.publish(batch.batch_id)
        self.batches += batches
        state = {"rows": self.rows, "batches": [asdict(batch) for batch in self.batches]}
        (self.data / _STATE).write_text(json.dumps(state), encoding="utf-8")

    def _write_batch(
        self, cursor: duckdb.DuckDBPyConnection, batch: Batch, batches: Sequence[Batch]
    ) -> None:
        folder = self._raw.incoming(batch.batch_id)
        columns = read_contract().raw_columns()
        first_day = batches[0].first_day
        own = f"arrival_day >= {batch.first_day} and arrival_day < {batch.end_day}"
        late = (
            f"repeats > 0 and arrival_day + 7 >= {batch.first_day} "
            f"and arrival_day + 7 < {batch.end_day} and arrival_day >= {first_day}"
        )
        files = {
            batch.file_hash: self._rows(batch, batch.file_hash, own, "requests + repeats"),
            batch.late_hash: self._rows(
                batch, batch.late_hash, late, "requests, requests + repeats"
            ),
        }
        for number, query in enumerate(files.values()):
            listed = ", ".join(
                f"cast({column if self._has(column) else 'null'} as {kind}) as {column}"
                for column, kind in columns[_LOG].items()
            )
            file = parquet_file(folder, _LOG, number)
            cursor.execute(f"copy (select {listed} from ({query}) as rows) to '{file}' {PARQUET}")
        self._write_ledger(cursor, batch, folder, {own: batch.file_hash, late: batch.late_hash})
        repeats = " union all ".join(self._repeats(batch, own, late, batches))
        content = " || chr(31) || ".join(f"coalesce(({each})::varchar, '')" for each in _CONTENT)
        cursor.execute(
            "copy (select _file_hash as file_hash, _row_number as row_number, "
            "'api_gateway' as source_name, 'api_requests' as table_name, request_id, "
            f"md5({content}) as content_hash, status_code::bigint as status_code, "
            "requested_at::date as event_date, requested_at as event_at, "
            f"_landed_at as landed_at from ({repeats}) as repeats) "
            f"to '{parquet_file(folder, 'landing/repeats', 0)}' {PARQUET}"
        )

    def _has(self, column: str) -> bool:
        return column not in {"is_success", "sample_rate"} and (
            self._only is None or column in self._only
        )

    def _rows(
        self, batch: Batch, file_hash: str, days: str, places: str, which: str = "true"
    ) -> str:
        return ROWS.format(
            days=days,
            places=places,
            which=f"where {which}",
            program_start=registries.FIRST_DAY,
            file_hash=file_hash,
            landed_at=batch.landed_at,
        )

    def _repeats(
        self, batch: Batch, own: str, late: str, batches: Sequence[Batch]
    ) -> Iterator[str]:
        """Queries for the rows of which another one has the same request id and date."""
        yield f"({self._rows(batch, batch.file_hash, own, '2 * repeats')})"
        again = "requests, requests + repeats"
        yield f"({self._rows(batch, batch.late_hash, late, again)})"
        # What was delivered again now, where it was delivered first.
        for before in batches:
            if before.first_day < batch.end_day - 7 and before.end_day > batch.first_day - 7:
                days = f"arrival_day >= {before.first_day} and arrival_day < {before.end_day}"
                yield f"({self._rows(before, before.file_hash, days, again, late)})"

    def _write_ledger(
        self,
        cursor: duckdb.DuckDBPyConnection,
        batch: Batch,
        folder: Path,
        files: Mapping[str, str],
    ) -> None:
        own = True
        dates, entries = [], []
        for number, (days, file_hash) in enumerate(files.items()):
            rows = "requests + repeats" if own else "repeats"
            dates.append(
                f"select '{file_hash}' as file_hash, 'api_gateway' as source_name, "
                "'api_requests' as table_name, "
                f"date '{registries.FIRST_DAY}' + event_day::int as event_date, "
                f"sum({rows})::bigint as rows_landed, timestamp '{batch.landed_at}' as landed_at "
                f"from token_days where {days} group by event_day"
            )
            file = folder / _LOG / f"{number}.parquet"
            entries.append(
                f"select '{file_hash}' as file_hash, '{batch.batch_id}' as batch_id, "
                "'api_gateway' as source_name, 'api_requests' as table_name, "
                f"'{_LOG}/{file_hash[:12]}-{number}.parquet' as path, 'parquet' as format, "
                f"{file.stat().st_size}::bigint as size_bytes, "
                f"timestamp '{batch.landed_at}' as modified_at, count(*) as rows_read, "
                "count(*) as rows_landed, 0::bigint as rows_rejected, 0::bigint as lines_skipped, "
                "min(requested_at) as first_event_at, max(requested_at) as last_event_at, "
                f"false as is_sample, timestamp '{batch.landed_at}' as landed_at "
                f"from '{file}' having count(*) > 0"
            )
            own = False
        for name, queries in {"file_dates": dates, "files": entries}.items():
            cursor.execute(
                f"copy ({' union all '.join(queries)}) "
                f"to '{parquet_file(folder, f'landing/{name}', 0)}' {PARQUET}"
            )

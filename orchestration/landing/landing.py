"""Landing: files of landing/ that were not landed before become one batch of raw/."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.landing.contract import Contract, Table, read_contract
from orchestration.landing.errors import LandingError
from orchestration.landing.inventory import FoundFile, Inventory, Survey, survey, take_inventory
from orchestration.landing.raw import PARQUET, LedgerEntry, RawFolder, parquet_file
from orchestration.landing.readers import Shape
from orchestration.landing.scan import Scan, ScannedFile, reject_whole
from orchestration.landing.secrets import TokenKey, literal, read_token_key
from orchestration.landing.values import identifier
from orchestration.settings import DataFolder

MEMORY_LIMIT = "1GB"
# What one scan reads at most, in uncompressed text; a larger file is a group of its own.
GROUP_BYTES = 256 << 20
GROUP_FILES = 5_000
_NAMES_SHOWN = 8


@dataclass
class TableCounts:
    """What one landing did with a table's files."""

    files: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0


@dataclass
class LandingResult:
    """What a landing did.

    Attributes:
        batch_id: the new batch, or None when there was nothing new.
        tables: counts by ``source.table``, for tables with new files.
        warnings: sentences for people; none of them stops a run.
    """

    batch_id: str | None = None
    tables: dict[str, TableCounts] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def rows_landed(self) -> int:
        """Rows that became rows of raw/."""
        return sum(counts.rows_landed for counts in self.tables.values())

    @property
    def rows_rejected(self) -> int:
        """Rows that were kept as rejects."""
        return sum(counts.rows_rejected for counts in self.tables.values())


def land(data: DataFolder, progress: Callable[[str], None] = print) -> LandingResult:
    """Lands every file that was not landed before, as one batch that appears whole or not at all.

    A file is known by the hash of its content. The caller holds the lock of the data folder.

    Args:
        data: the folder with all state.
        progress: called with one line for each group of files.

    Raises:
        LandingError: nothing was ever there to land, the token key changed, the contract is wrong,
            or the machine failed; then raw/ is as it was before.
    """
    if set(str(data.root)) & set("*?["):
        raise LandingError(
            f"The data folder {data.root} has one of * ? [ in its path, which DuckDB takes for a "
            "pattern; give it another name."
        )
    contract = read_contract()
    inventory = take_inventory(data.landing, contract)
    raw = RawFolder(data.raw)
    try:
        if not inventory.files and not raw.batches.is_dir():
            raise _nothing_to_land(data, contract, inventory)
        raw.prepare()
        scratch = raw.incoming("scratch")
        try:
            with _connect(scratch) as connection:
                return _Landing(data, contract, inventory, raw, scratch, connection, progress).run()
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except duckdb.Error as error:
        raise LandingError(
            f"DuckDB could not go on: {str(error).strip().splitlines()[0]}"
        ) from error
    except OSError as error:
        raise LandingError(f"{error.filename or data.root}: {error.strerror}.") from error


def _connect(scratch: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(scratch / "spill"),
            # What does not fit in memory is written here. These are typed rows, their tokens
            # hashed already: lines and documents only stream through.
            "autoinstall_known_extensions": False,
        }
    )
    connection.execute("set TimeZone = 'UTC'")
    return connection


class _Landing:
    """One landing, from the inventory to the rename."""

    def __init__(
        self,
        data: DataFolder,
        contract: Contract,
        inventory: Inventory,
        raw: RawFolder,
        scratch: Path,
        connection: duckdb.DuckDBPyConnection,
        progress: Callable[[str], None],
    ) -> None:
        self.data = data
        self.contract = contract
        self.inventory = inventory
        self.raw = raw
        self.scratch = scratch
        self.connection = connection
        self.progress = progress
        self.result = LandingResult()

    def run(self) -> LandingResult:
        ledger = self.raw.read_ledger(self.connection)
        if not self.inventory.files and not ledger:
            raise _nothing_to_land(self.data, self.contract, self.inventory)
        key, warning = read_token_key(self.data.root / "token_key")
        self.raw.check_key(key, has_landed=bool(ledger))
        if warning:
            self.result.warnings.append(warning)
        self._warn_of_what_nobody_reads()
        self.raw.store_key(key)
        self.raw.store_empty_batch(self.connection, self.contract)
        files = self._new_files(ledger)
        if files:
            self._write_batch(files, key)
        return self.result

    # -- Which files -------------------------------------------------------------------------------

    def _warn_of_what_nobody_reads(self) -> None:
        if self.inventory.unclaimed:
            self.result.warnings.append(
                f"No table reads {_enumerate(self.inventory.unclaimed)} in {self.data.landing}."
            )
        if self.inventory.unreadable:
            self.result.warnings.append(
                f"Left for the next landing: {_enumerate(self.inventory.unreadable)}."
            )

    def _new_files(self, ledger: list[LedgerEntry]) -> list[ScannedFile]:
        """The files whose content is not in the ledger, each content once."""
        unchanged = {(entry.path, entry.size, entry.modified, entry.table) for entry in ledger}
        table_of = {entry.file_hash: entry.table for entry in ledger}
        candidates = [
            file
            for file in self.inventory.files
            if (file.shown, file.size, file.modified, file.table.label) not in unchanged
        ]
        new: list[ScannedFile] = []
        elsewhere: list[str] = []
        failed: list[str] = []
        for file, surveyed in zip(candidates, self._survey(candidates), strict=True):
            if isinstance(surveyed, OSError):
                failed.append(f"{file.shown} ({surveyed.strerror})")
            elif surveyed.file_hash not in table_of:
                table_of[surveyed.file_hash] = file.table.label
                new.append(ScannedFile(len(new), file, surveyed))
            elif table_of[surveyed.file_hash] != file.table.label:
                elsewhere.append(f"{file.shown} (as {table_of[surveyed.file_hash]})")
        if failed:
            self.result.warnings.append(f"Left for the next landing: {_enumerate(failed)}.")
        if elsewhere:
            self.result.warnings.append(
                "Not read, because the same content was landed into another table before: "
                f"{_enumerate(elsewhere)}."
            )
        return new

    def _survey(self, files: list[FoundFile]) -> Iterator[Survey | OSError]:
        def surveyed(file: FoundFile) -> Survey | OSError:
            try:
                return survey(file)
            except OSError as error:
                return error

        # Hashing and unzipping leave the interpreter free for each other.
        with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
            yield from pool.map(surveyed, files)

    # -- One batch ---------------------------------------------------------------------------------

    def _write_batch(self, files: list[ScannedFile], key: TokenKey) -> None:
        self.connection.execute(
            "create temp table rejects (_file integer, row_number bigint, reason varchar, "
            "raw_text varchar)"
        )
        links = self.scratch / "files"
        links.mkdir()
        scan = Scan(self.connection, key, links, self.contract.secret_names)
        for scanned in files:
            Path(scan.path(scanned)).symlink_to(scanned.file.path.absolute())
        batch_id, landed_at = self.raw.next_batch_id()
        batch = self.raw.incoming(batch_id)
        try:
            landed = self._write_tables(batch, landed_at, scan, files)
            if not landed:
                return
            self._check_sums(landed)
            self._write_ledger(batch, batch_id, landed_at, landed)
            self.raw.publish(batch_id)
        finally:
            shutil.rmtree(batch, ignore_errors=True)
        self.result.batch_id = batch_id
        for label, names in sorted(scan.unknown.items()):
            if names:
                self.result.warnings.append(
                    f"{label}: columns that the contract does not know are left out: "
                    f"{_enumerate(sorted(names))}."
                )

    def _write_tables(
        self, batch: Path, landed_at: datetime, scan: Scan, files: list[ScannedFile]
    ) -> list[ScannedFile]:
        """Writes the rows of all tables; returns the files that did not change meanwhile."""
        landed: list[ScannedFile] = []
        for table in self.contract.tables:
            of_table = [scanned for scanned in files if scanned.file.table == table]
            if not of_table:
                continue
            counts = self.result.tables.setdefault(table.label, TableCounts())
            shapes: dict[Shape, list[ScannedFile]] = {}
            rowless: list[ScannedFile] = []
            for scanned in of_table:
                shape = scan.shape(scanned)
                if shape is None:
                    rowless.append(scanned)
                else:
                    shapes.setdefault(shape, []).append(scanned)
            number = 0
            for shape, group in itertools.chain(
                ((None, rowless),),
                ((shape, group) for shape, same in shapes.items() for group in _groups(same)),
            ):
                if shape is not None:
                    scan.read(table, shape, group)
                kept = self._settle(scan, shape, group)
                if shape is not None and self._write_rows(batch, table, number, landed_at, kept):
                    number += 1
                landed += kept
                if not kept:
                    continue
                rows, rejected = (
                    sum(scanned.rows_landed for scanned in kept),
                    sum(scanned.rows_rejected for scanned in kept),
                )
                counts.files += len(kept)
                counts.rows_landed += rows
                counts.rows_rejected += rejected
                self.progress(
                    f"{table.label}: {len(kept):,} files, {rows:,} rows landed, {rejected:,} "
                    "rejected"
                )
        return landed

    def _settle(
        self, scan: Scan, shape: Shape | None, group: list[ScannedFile]
    ) -> list[ScannedFile]:
        """Makes each broken file a reject, and leaves out what was written to meanwhile."""
        kept, growing = [], []
        for scanned in group:
            if not scanned.file.is_unchanged():
                growing.append(scanned.file.shown)
                if shape is not None:
                    scan.drop(scanned)
                continue
            if scanned.broken:
                reject_whole(self.connection, scanned)
            kept.append(scanned)
        if growing:
            self.result.warnings.append(
                f"Left for the next landing, written to while being read: {_enumerate(growing)}."
            )
        return kept

    def _write_rows(
        self, batch: Path, table: Table, number: int, landed_at: datetime, kept: list[ScannedFile]
    ) -> bool:
        """Writes the good rows of ``scanned`` to Parquet; counts them and rejects by file."""
        by_number = {scanned.number: scanned for scanned in kept}
        self._load("hashes", "file integer, hash varchar", [
            {"file": scanned.number, "hash": scanned.survey.file_hash} for scanned in kept
        ])  # fmt: skip
        event = f"epoch_us({identifier(table.event_time)})" if table.event_time else "null"
        for file_number, landed, first, last in self.connection.execute(
            f"select _file, count(*), min({event}), max({event}) from scanned "
            "where _problem is null group by _file"
        ).fetchall():
            scanned = by_number[file_number]
            scanned.rows_landed, scanned.first_event, scanned.last_event = landed, first, last
        for file_number, rejected in self.connection.execute(
            "select _file, count(*) from rejects group by _file"
        ).fetchall():
            if file_number in by_number:
                by_number[file_number].rows_rejected = rejected
        expected = sum(scanned.rows_landed for scanned in kept)
        if not expected:
            return False
        columns = ", ".join(identifier(column.name) for column in table.columns)
        order = ""
        if sum(scanned.survey.text_bytes for scanned in kept) <= 2 * GROUP_BYTES:
            # Queries ask for weeks: within a file, rows near in time share row groups.
            by_time = f"{identifier(table.event_time)}, " if table.event_time else ""
            order = f"order by {by_time}_file, _row_number"
        file = parquet_file(batch, f"{table.source}/{table.name}", number)
        written = self.connection.execute(
            f"copy (select {columns}, hash as _file_hash, _row_number, "
            f"timestamp '{landed_at.isoformat(sep=' ')}' as _landed_at "
            "from numbered inner join hashes on numbered._file = hashes.file "
            f"where _problem is null {order}) to {literal(str(file))} {PARQUET}"
        ).fetchone()[0]
        if written != expected:
            raise LandingError(f"{table.label}: {written} of {expected} rows were written.")
        return True

    def _check_sums(self, landed: list[ScannedFile]) -> None:
        for scanned in landed:
            if scanned.rows_read != scanned.rows_landed + scanned.rows_rejected:
                raise LandingError(
                    f"{scanned.file.shown}: of {scanned.rows_read} rows "
                    f"{scanned.rows_landed} were landed and {scanned.rows_rejected} rejected; "
                    "the batch is not kept."
                )

    # -- The ledger --------------------------------------------------------------------------------

    def _write_ledger(
        self, batch: Path, batch_id: str, landed_at: datetime, landed: list[ScannedFile]
    ) -> None:
        sample = self._sample_hashes()
        self._load(
            "landed_files",
            "file integer, file_hash varchar, batch_id varchar, source_name varchar, "
            "table_name varchar, path varchar, size_bytes bigint, modified bigint, "
            "rows_read bigint, rows_landed bigint, rows_rejected bigint, first_event bigint, "
            "last_event bigint, is_sample boolean, landed bigint",
            [
                {
                    "file": scanned.number,
                    "file_hash": scanned.survey.file_hash,
                    "batch_id": batch_id,
                    "source_name": scanned.file.table.source,
                    "table_name": scanned.file.table.name,
                    "path": scanned.file.shown,
                    "size_bytes": scanned.file.size,
                    "modified": scanned.file.modified,
                    "rows_read": scanned.rows_read,
                    "rows_landed": scanned.rows_landed,
                    "rows_rejected": scanned.rows_rejected,
                    "first_event": scanned.first_event,
                    "last_event": scanned.last_event,
                    "is_sample": scanned.survey.file_hash in sample,
                    "landed": _microseconds(landed_at),
                }
                for scanned in landed
            ],
        )
        queries = {
            "files": "select *, make_timestamp(modified) as modified_at, "
            "make_timestamp(first_event) as first_event_at, "
            "make_timestamp(last_event) as last_event_at, "
            "make_timestamp(landed) as landed_at from landed_files order by file",
            "rejects": "select source_name, table_name, path, row_number, reason, raw_text, "
            "file_hash as _file_hash, make_timestamp(landed) as _landed_at "
            "from rejects inner join landed_files on rejects._file = landed_files.file "
            "order by file, row_number",
        }
        for table in self.contract.ledger:
            columns = ", ".join(
                f"{identifier(column.name)}::{column.data_type} as {identifier(column.name)}"
                for column in table.columns
            )
            file = parquet_file(batch, f"{table.source}/{table.name}", 0)
            rows = self.connection.execute(
                f"copy (select {columns} from ({queries[table.name]})) "
                f"to {literal(str(file))} {PARQUET}"
            ).fetchone()[0]
            expected = (
                len(landed)
                if table.name == "files"
                else sum(scanned.rows_rejected for scanned in landed)
            )
            if rows != expected:
                raise LandingError(
                    f"The ledger of {table.name} has {rows} rows instead of {expected}."
                )
            if rows == 0:
                shutil.rmtree(file.parent)

    def _sample_hashes(self) -> set[str]:
        """Hashes of the files that the project's simulator made."""
        listed = self.data.landing / "sample.json"
        if not listed.exists():
            return set()
        try:
            content = json.loads(listed.read_text(encoding="utf-8"))
            return {file["sha256"] for file in content["files"]}
        except (ValueError, KeyError, TypeError) as error:
            raise LandingError(f"{listed} cannot be read: {error!r}.") from error

    def _load(self, name: str, columns: str, rows: list[dict]) -> None:
        """A temporary table from rows, as one JSON text: binding thousands takes seconds."""
        structure = json.dumps(
            [dict(reversed([part.rsplit(" ", 1) for part in columns.split(", ")]))]
        )
        self.connection.execute(f"create or replace temp table {name} ({columns})")
        self.connection.execute(
            f"insert into {name} by name "
            f"select unnest(from_json($rows, {literal(structure)}), recursive := true)",
            {"rows": json.dumps(rows)},
        )


def _groups(files: list[ScannedFile]) -> Iterator[list[ScannedFile]]:
    """Splits files into groups of a bounded size."""
    group: list[ScannedFile] = []
    text_bytes = 0
    for scanned in files:
        if group and (
            text_bytes + scanned.survey.text_bytes > GROUP_BYTES or len(group) >= GROUP_FILES
        ):
            yield group
            group, text_bytes = [], 0
        group.append(scanned)
        text_bytes += scanned.survey.text_bytes
    if group:
        yield group


def _microseconds(time: datetime) -> int:
    since = time.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _enumerate(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def _nothing_to_land(data: DataFolder, contract: Contract, inventory: Inventory) -> LandingError:
    folders = [f"landing/{table.folder}/" for table in contract.tables]
    found = [
        name for name in (*inventory.unclaimed, *inventory.at_root) if name != "sample.json"
    ] + inventory.unreadable
    there = (
        f"found were only {_enumerate(found)} in landing/, which no table reads"
        if found
        else "there is no file at all"
    )
    return LandingError(
        f"{data.root} has nothing to land: expected were files (.jsonl, .csv, .parquet; .gz, .zst) "
        f"in {', '.join(folders)}, but {there}."
    )

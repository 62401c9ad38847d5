"""Landing: files of landing/ that were not landed before become one batch of raw/."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.landing.batch import PARQUET, parquet_file
from orchestration.landing.contract import Contract, Table, read_contract
from orchestration.landing.errors import LandingError
from orchestration.landing.forgetting import ForgottenPeople
from orchestration.landing.formats import Detection, Format, detect, read_formats
from orchestration.landing.inventory import (
    FoundFile,
    Inventory,
    Survey,
    hash_of_beginning,
    printable,
    survey,
    take_inventory,
)
from orchestration.landing.options import Options, read_options
from orchestration.landing.progress import Progress
from orchestration.landing.raw import LedgerEntry, RawFolder
from orchestration.landing.readers import Shape
from orchestration.landing.repeats import list_repeats
from orchestration.landing.scan import Scan, ScannedFile, reject_whole
from orchestration.landing.secrets import MASK, literal, read_token_key
from orchestration.landing.values import identifier
from orchestration.settings import DataFolder

MEMORY_LIMIT = "1GB"
# What one scan reads at most, in uncompressed text; a larger file is a group of its own.
GROUP_BYTES = 256 << 20
GROUP_FILES = 5_000
# What one batch holds at most, in bytes as delivered: a crash loses the work on one batch.
BATCH_BYTES = 1 << 30
# By how much packed text is larger than it looks, for the size of a batch only.
_PACKED = 6
_ROW_GROUP = 122_880  # rows, DuckDB's default
_NAMES_SHOWN = 8
_KEY_CHARACTERS = 16


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
        batch_ids: the new batches, in their order; empty when there was nothing new.
        tables: counts by ``source.table``, for tables with new files.
        warnings: sentences for people; none of them stops a run.
    """

    batch_ids: list[str] = field(default_factory=list)
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


def land(
    data: DataFolder, progress: Callable[[str], object] = print, options: Options | None = None
) -> LandingResult:
    """Lands every file that was not landed before, in batches that appear whole or not at all.

    A file is known by the hash of its content. The caller holds the lock of the data folder.

    Args:
        data: the folder with all state.
        progress: called with one line for each group of files; a terminal shows a bar besides.
        options: settings; those in dbt_project.yml if None.

    Raises:
        LandingError: nothing was ever there to land, the token key changed, the contract, a format
            or a setting is wrong, or the machine failed; batches that were finished stay.
    """
    options = options or read_options()
    contract, formats = read_contract(), read_formats()
    with _failing_in_a_sentence(data):
        inventory = take_inventory(data.landing, contract, formats)
        if not inventory.files and not RawFolder(data.raw).batches.exists():
            raise _nothing_to_land(data, contract, inventory)
    with open_raw(data) as (raw, connection, scratch):
        landing = _Landing(data, contract, formats, inventory, raw, scratch, connection, progress)
        return landing.run(options)


@contextmanager
def open_raw(data: DataFolder) -> Iterator[tuple[RawFolder, duckdb.DuckDBPyConnection, Path]]:
    """raw/ ready to be written to, a connection with bounded memory, and a scratch folder.

    Raises:
        LandingError: raw/ is of a later version, or the machine failed meanwhile.
    """
    if set(str(data.root)) & set("*?["):
        raise LandingError(
            f"The data folder {data.root} has one of * ? [ in its path, which DuckDB takes for a "
            "pattern; give it another name."
        )
    raw = RawFolder(data.raw)
    with _failing_in_a_sentence(data):
        raw.prepare()
        data.dev.mkdir(mode=0o700, exist_ok=True)
        scratch = raw.incoming("scratch")
        try:
            with _connect(scratch) as connection:
                yield raw, connection, scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _failing_in_a_sentence(data: DataFolder) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise LandingError(
            f"DuckDB could not go on: {str(error).strip().splitlines()[0]}"
        ) from error
    except OSError as error:
        # Of a rename the target says more: it is where the new thing was to appear.
        place = error.filename2 or error.filename or data.root
        raise LandingError(f"{place}: {error.strerror}.") from error


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
    # Progress asks how far a query is, and shows it; DuckDB's own bar would go to a night's log.
    connection.execute("set enable_progress_bar = true")
    connection.execute("set enable_progress_bar_print = false")
    return connection


class _Landing:
    """One landing, from the inventory to the last rename."""

    def __init__(
        self,
        data: DataFolder,
        contract: Contract,
        formats: Mapping[str, Format],
        inventory: Inventory,
        raw: RawFolder,
        scratch: Path,
        connection: duckdb.DuckDBPyConnection,
        progress: Callable[[str], object],
    ) -> None:
        self.data = data
        self.contract = contract
        self.formats = formats
        self.inventory = inventory
        self.raw = raw
        self.connection = connection
        self.progress = Progress(progress)
        self.result = LandingResult()
        self.links = scratch / "files"
        self.quiet_seconds = 0.0
        self.growing: list[str] = []
        self.failed: list[str] = []
        self.elsewhere: list[str] = []
        self.grown: list[str] = []
        self.without_a_row: list[str] = []
        self.reasons: Counter[tuple[str, str]] = Counter()

    def run(self, options: Options) -> LandingResult:
        ledger = self.raw.read_ledger(self.connection)
        if not self.inventory.files and not ledger:
            raise _nothing_to_land(self.data, self.contract, self.inventory)
        key, warning = read_token_key(self.data.root / "token_key")
        self.raw.check_key(key, has_landed=bool(ledger))
        if warning:
            self.result.warnings.append(warning)
        self.raw.upgrade(self.connection, self.contract.tables)
        self.raw.store_key(key, self.contract.tables)
        self._note_new_columns(ledger)
        self.raw.store_empty_batch(self.connection, self.contract)
        self.quiet_seconds = options.quiet_seconds
        forgotten = ForgottenPeople(self.data.root, key)
        self.links.mkdir()
        files = self._unknown_files(ledger)
        scan = Scan(
            self.connection, key, self.links, self.contract.secret_names, self.formats, forgotten
        )
        table_of = {entry.file_hash: entry.table for entry in ledger}
        with self.progress.over(sum(file.size for file in files)):
            for some in _batches(files):
                new = self._new_files(some, table_of)
                if new:
                    self._write_batch(scan, new)
        if not forgotten.is_finished:
            self._finish_erasing(forgotten)
        self._warn(scan.unknown)
        return self.result

    def _finish_erasing(self, forgotten: ForgottenPeople) -> None:
        """Erases people from what was landed before new names of theirs came."""
        # Erasing opens raw/ as landing does, so it is imported here.
        from orchestration.landing.erasing import finish_erasing

        done = finish_erasing(self.raw, self.connection, self.contract, forgotten).rewriting
        rows = sum(done.rows_renamed.values())
        if rows:
            self.result.warnings.append(
                f"{rows:,} rows that were landed before hold further names of forgotten people, "
                "which now are pseudonyms there too; what else holds them: repeat make forget."
            )

    def _warn(self, unknown: Mapping[str, set[str]]) -> None:
        """One sentence for each thing that somebody should look at."""
        later = self.inventory.unreadable + self.failed
        sentences = {
            f"No table reads {{}} in {self.data.landing}.": self.inventory.unclaimed,
            "No format of that name, in formats/, fits the table of {}; its files are left where "
            "they are.": self.inventory.misstated,
            "Left for the next landing: {}.": later,
            "Left for the next landing, written to a moment ago: {}.": self.growing,
            "Grown since it was landed: {}. What it held before is delivered twice, and counted "
            "as duplicates; deliver a file when it is finished.": self.grown,
            "Not read, because the same content was landed into another table before: "
            "{}.": self.elsewhere,
            "Not one row could be landed of {}.": self.without_a_row,
        } | {
            f"{label}: columns that the contract does not know are left out: {{}}.": sorted(
                {_column_name(name) for name in names}
            )
            for label, names in sorted(unknown.items())
        }
        self.result.warnings += [
            sentence.replace("{}", _enumerate(names))
            for sentence, names in sentences.items()
            if names
        ]
        for label, counts in self.result.tables.items():
            if counts.rows_rejected:
                reasons = [why for (of, why), _ in self.reasons.most_common() if of == label]
                self.result.warnings.append(
                    f"{label}: {counts.rows_rejected:,} of "
                    f"{counts.rows_rejected + counts.rows_landed:,} rows were rejected "
                    f"({_enumerate(reasons[:3])}); the table landing.rejects keeps them."
                )

    def _note_new_columns(self, ledger: list[LedgerEntry]) -> None:
        """Says which columns are empty in files that were landed before somebody added them."""
        before = self.raw.stored_columns()
        files = Counter(entry.table for entry in ledger)
        for table in self.contract.tables:
            known = before.get(f"{table.source}/{table.name}")
            added = [column.name for column in table.columns if known and column.name not in known]
            if added and files[table.label]:
                self.result.warnings.append(
                    f"{table.label}: {_enumerate(added)} will be empty in {files[table.label]:,} "
                    "files, which were landed before it was asked for; to have them read anew: "
                    f"make withdraw FILE='{table.folders[0]}/*', then make run."
                )

    # -- Which files -------------------------------------------------------------------------------

    def _unknown_files(self, ledger: list[LedgerEntry]) -> list[FoundFile]:
        """The files that the ledger does not name, the format of each text known."""
        landed: dict[str, list[LedgerEntry]] = {}
        for entry in ledger:
            landed.setdefault(entry.path, []).append(entry)
        files = []
        for file in unlanded(self.inventory.files, ledger):
            self._look_for_growth(file, landed.get(file.shown, ()))
            if file.format == "text":
                file = self._text(file)
            if file:
                files.append(file)
        return files

    def _look_for_growth(self, file: FoundFile, before: Sequence[LedgerEntry]) -> None:
        """Notes a file that begins with all that was landed from the same path before."""
        for entry in before:
            if 0 < entry.size < file.size:
                with suppress(OSError):  # which is noted when the file is surveyed
                    beginning = hash_of_beginning(file.path, entry.size)
                    if _known_as(file, beginning) == entry.file_hash:
                        self.grown.append(file.shown)
                        return

    def _text(self, file: FoundFile) -> FoundFile | None:
        """A text with its format, stated or detected; None where nobody can tell."""
        try:
            file = file.with_compression_of_content()
        except OSError as error:
            self.failed.append(f"{file.shown} ({error.strerror})")
            return None
        if file.declared:
            return file
        candidates = [one for one in self.formats.values() if one.fits(file.table)]
        if file.size == 0 or not candidates:
            return None
        probe = self.links.with_name("probe")
        probe.symlink_to(file.path.absolute())
        try:
            found = detect(self.connection, str(probe), file.compression, candidates, file.table)
        except duckdb.Error:
            found = Detection(())
        finally:
            probe.unlink()
        if found.name:
            return replace(file, declared=self.formats[found.name])
        self.inventory.unclaimed.append(f"{file.shown} ({found.problem})")
        return None

    def _new_files(self, files: list[FoundFile], table_of: dict[str, str]) -> list[ScannedFile]:
        """The files whose content was not landed before, each content once."""
        new: list[ScannedFile] = []
        for file, surveyed in zip(files, self._survey(files), strict=True):
            if isinstance(surveyed, OSError):
                self.failed.append(f"{file.shown} ({surveyed.strerror})")
            elif surveyed.file_hash not in table_of:
                table_of[surveyed.file_hash] = file.table.label
                new.append(ScannedFile(0, file, surveyed))
                continue
            elif table_of[surveyed.file_hash] != file.table.label:
                self.elsewhere.append(f"{file.shown} (as {table_of[surveyed.file_hash]})")
            self.progress.advance(file.size)
        return new

    def _survey(self, files: list[FoundFile]) -> Iterator[Survey | OSError]:
        def surveyed(file: FoundFile) -> Survey | OSError:
            try:
                found = survey(file)
            except OSError as error:
                return error
            return replace(found, file_hash=_known_as(file, found.file_hash))

        # Hashing and unpacking leave the interpreter free for each other.
        with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
            yield from pool.map(surveyed, files)

    # -- One batch ---------------------------------------------------------------------------------

    def _write_batch(self, scan: Scan, files: list[ScannedFile]) -> None:
        self.connection.execute(
            "create or replace temp table rejects (_file integer, row_number bigint, "
            "reason varchar, raw_text varchar)"
        )
        self.connection.execute(
            "create or replace temp table dates (_file integer, event_date date, "
            "rows_landed bigint)"
        )
        batch_id, landed_at = self.raw.next_batch_id()
        batch = self.raw.incoming(batch_id)
        try:
            landed = self._write_tables(batch, landed_at, scan, files)
            if not landed:
                return
            self._check_sums(landed)
            self._write_ledger(batch, batch_id, landed_at, landed)
            list_repeats(self.connection, self.contract.tables, batch, self.raw.batches)
            self.raw.publish(batch_id)
        finally:
            shutil.rmtree(batch, ignore_errors=True)
        self.result.batch_ids.append(batch_id)
        self._note_rejects(landed)

    def _note_rejects(self, landed: list[ScannedFile]) -> None:
        """Notes why rows were rejected, and the files of which not one was landed."""
        by_number = {scanned.number: scanned for scanned in landed}
        first: dict[int, str] = {}
        for number, reason, rows in self.connection.execute(
            "select _file, regexp_replace(reason, '''.*''', '...') as why, count(*) as n "
            "from rejects group by all order by _file, n desc, why"
        ).fetchall():
            if number in by_number:
                self.reasons[by_number[number].file.table.label, reason] += rows
                first.setdefault(number, reason)
        self.without_a_row += [
            f"{scanned.file.shown} ({first[scanned.number]})"
            for scanned in landed
            if scanned.rows_rejected and not scanned.rows_landed
        ]

    def _write_tables(
        self, batch: Path, landed_at: datetime, scan: Scan, files: list[ScannedFile]
    ) -> list[ScannedFile]:
        """Writes the rows of all tables; returns the files that did not change meanwhile."""
        landed: list[ScannedFile] = []
        numbers = itertools.count()
        for table in self.contract.tables:
            of_table = [scanned for scanned in files if scanned.file.table == table]
            if not of_table:
                continue
            shapes: dict[Shape | None, list[ScannedFile]] = {}
            for scanned in of_table:
                scanned.number = next(numbers)
                self._link(scan, scanned)
                shapes.setdefault(scan.shape(scanned), []).append(scanned)
            parts = itertools.count()
            for shape, same in shapes.items():
                # Of several CSV files DuckDB does not say in which a quote stayed open.
                alone = shape is not None and shape.has_open_quote
                for group in _groups(same, 1 if alone else GROUP_FILES):
                    for scanned in group:
                        self._renumber(scan, scanned, next(numbers))
                    if shape:
                        with self.progress.watch(self.connection, group):
                            scan.read(table, shape, group)
                    kept = self._settle(scan, shape, group)
                    if shape:
                        self._write_rows(batch, next(parts), scan, table, landed_at, kept)
                    for scanned in group:
                        Path(scan.path(scanned)).unlink()
                    landed += kept
                    self._count(table, group, kept)
        return landed

    def _link(self, scan: Scan, scanned: ScannedFile) -> None:
        Path(scan.path(scanned)).symlink_to(scanned.file.path.absolute())

    def _renumber(self, scan: Scan, scanned: ScannedFile, number: int) -> None:
        """Files that are read together are numbered in a row."""
        before = Path(scan.path(scanned))
        scanned.number = number
        before.rename(scan.path(scanned))

    def _count(self, table: Table, group: list[ScannedFile], kept: list[ScannedFile]) -> None:
        counts = self.result.tables.setdefault(table.label, TableCounts())
        rows = sum(scanned.rows_landed for scanned in kept)
        rejected = sum(scanned.rows_rejected for scanned in kept)
        counts.files += len(kept)
        counts.rows_landed += rows
        counts.rows_rejected += rejected
        self.progress.advance(sum(scanned.file.size for scanned in group), rows)
        if kept:
            self.progress.tell(
                f"{table.label}: {len(kept):,} files, {rows:,} rows landed, {rejected:,} rejected"
            )

    def _settle(
        self, scan: Scan, shape: Shape | None, group: list[ScannedFile]
    ) -> list[ScannedFile]:
        """Makes each broken file a reject, and leaves out what may still be written to."""
        youngest = max(scanned.file.modified for scanned in group) / 1e6
        time.sleep(min(self.quiet_seconds, max(0.0, youngest + self.quiet_seconds - time.time())))
        kept = []
        for scanned in group:
            if not scanned.file.is_unchanged():
                self.growing.append(scanned.file.shown)
                if shape:
                    scan.drop(scanned)
                continue
            if scanned.broken:
                reject_whole(self.connection, scanned)
            kept.append(scanned)
        return kept

    def _write_rows(
        self,
        batch: Path,
        part: int,
        scan: Scan,
        table: Table,
        landed_at: datetime,
        kept: list[ScannedFile],
    ) -> None:
        """Writes the good rows of ``scanned`` to Parquet; counts them and rejects by file."""
        execute = self.connection.execute
        by_number = {scanned.number: scanned for scanned in kept}
        self._load(
            "file_hashes",
            "_number integer, _file_hash varchar, _source_relation varchar",
            [
                {
                    "_number": scanned.number,
                    "_file_hash": scanned.survey.file_hash,
                    "_source_relation": scanned.file.relation,
                }
                for scanned in kept
            ],
        )
        event = identifier(table.event_time) if table.event_time else "null::timestamp"
        for number, landed, first, last in execute(
            f"select _file, count(*), min(epoch_us({event})), max(epoch_us({event})) from scanned "
            "where _problem is null group by _file"
        ).fetchall():
            scanned = by_number[number]
            scanned.rows_landed, scanned.first_event, scanned.last_event = landed, first, last
        for number, rejected in execute(
            "select _file, count(*) from rejects group by _file"
        ).fetchall():
            if number in by_number:
                by_number[number].rows_rejected = rejected
        expected = sum(scanned.rows_landed for scanned in kept)
        if not expected:
            return
        if table.event_time:
            execute(
                f"insert into dates select _file, {event}::date, count(*) from scanned "
                "where _problem is null group by all"
            )
        columns, rows = scan.landed_rows(table)
        relation = "_source_relation, " if table.has_relations else ""
        order = f"order by {event}, _file, _row_number" if self._is_unordered(event, kept) else ""
        file = parquet_file(batch, f"{table.source}/{table.name}", part)
        written = execute(
            f"copy (select {columns}, {relation}_file_hash, _row_number, "
            f"timestamp '{landed_at.isoformat(sep=' ')}' as _landed_at "
            f"from {rows} inner join file_hashes on _file = _number "
            f"where _problem is null {order}) to {literal(str(file))} {PARQUET}"
        ).fetchone()[0]
        if written != expected:
            raise LandingError(f"{table.label}: {written} of {expected} rows were written.")

    def _is_unordered(self, event: str, kept: list[ScannedFile]) -> bool:
        """Whether rows need to be sorted for queries that ask for weeks to skip most row groups.

        Logs come nearly in the order of time, and sorting costs as much as reading. What does not
        fit in memory is left as it is; compaction sorts it.
        """
        if sum(scanned.survey.text_bytes for scanned in kept) > 2 * GROUP_BYTES:
            return False
        spans, whole = self.connection.execute(
            f"""
            select sum(last - first), max(last) - min(first)
            from (
                select min(epoch_us({event})) as first, max(epoch_us({event})) as last
                from scanned
                where _problem is null
                group by rowid // {_ROW_GROUP}
            )
            """
        ).fetchone()
        return bool(whole) and spans > 2 * whole

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
            "table_name varchar, path varchar, format varchar, size_bytes bigint, "
            "modified bigint, rows_read bigint, rows_landed bigint, rows_rejected bigint, "
            "lines_skipped bigint, first_event bigint, last_event bigint, is_sample boolean, "
            "landed bigint",
            [
                {
                    "file": scanned.number,
                    "file_hash": scanned.survey.file_hash,
                    "batch_id": batch_id,
                    "source_name": scanned.file.table.source,
                    "table_name": scanned.file.table.name,
                    "path": scanned.file.shown,
                    "format": scanned.file.format_name,
                    "size_bytes": scanned.file.size,
                    "modified": scanned.file.modified,
                    "rows_read": scanned.rows_read,
                    "rows_landed": scanned.rows_landed,
                    "rows_rejected": scanned.rows_rejected,
                    "lines_skipped": scanned.lines_skipped,
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
            "file_dates": "select file_hash, source_name, table_name, event_date, "
            "dates.rows_landed, make_timestamp(landed) as landed_at "
            "from dates inner join landed_files on dates._file = landed_files.file "
            "order by file, event_date",
            "rejects": "select source_name, table_name, path, row_number, reason, raw_text, "
            "file_hash as _file_hash, make_timestamp(landed) as _landed_at "
            "from rejects inner join landed_files on rejects._file = landed_files.file "
            "order by file, row_number",
        }
        for table in self.contract.ledger:
            if table.name not in queries:
                continue
            columns = ", ".join(
                f"{identifier(column.name)}::{column.data_type} as {identifier(column.name)}"
                for column in table.columns
            )
            file = parquet_file(batch, f"{table.source}/{table.name}", 0)
            rows = self.connection.execute(
                f"copy (select {columns} from ({queries[table.name]})) "
                f"to {literal(str(file))} {PARQUET}"
            ).fetchone()[0]
            expected = {
                "files": len(landed),
                "rejects": sum(scanned.rows_rejected for scanned in landed),
            }
            if rows != expected.get(table.name, rows):
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
        if not listed.is_file():
            raise LandingError(f"{listed} is not a file; move it away.")
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


def unlanded(files: Iterable[FoundFile], ledger: Iterable[LedgerEntry]) -> list[FoundFile]:
    """The files but those whose path, size and time the ledger names."""
    known = {(entry.path, entry.size, entry.modified, entry.table) for entry in ledger}
    return [
        file
        for file in files
        if (file.shown, file.size, file.modified, file.table.label) not in known
    ]


def _batches(files: list[FoundFile]) -> Iterator[list[FoundFile]]:
    """Splits files into batches of a bounded size."""
    batch: list[FoundFile] = []
    total = 0
    for file in files:
        size = file.size * (1 if file.compression == "none" else _PACKED)
        if batch and total + size > BATCH_BYTES:
            yield batch
            batch, total = [], 0
        batch.append(file)
        total += size
    if batch:
        yield batch


def _groups(files: list[ScannedFile], most: int) -> Iterator[list[ScannedFile]]:
    """Splits files into groups of a bounded size."""
    group: list[ScannedFile] = []
    text_bytes = 0
    for scanned in files:
        if group and (text_bytes + scanned.survey.text_bytes > GROUP_BYTES or len(group) >= most):
            yield group
            group, text_bytes = [], 0
        group.append(scanned)
        text_bytes += scanned.survey.text_bytes
    if group:
        yield group


def _known_as(file: FoundFile, content_hash: str) -> str:
    """The hash by which the ledger knows a file: of a further portal, with the portal's name.

    What one portal says is not said by another that says the same.
    """
    if file.relation in (None, file.table.source):
        return content_hash
    return hashlib.sha256(f"{file.relation}/{content_hash}".encode()).hexdigest()


def _microseconds(time: datetime) -> int:
    since = time.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _column_name(name: str) -> str:
    """A column's name, unless it may be a value: of a CSV without a header line the first row."""
    is_long = len(name) >= _KEY_CHARACTERS and any(c.isdigit() for c in name)
    return MASK if is_long or "@" in name or re.fullmatch(r"[\d.:]+", name) else name


def _enumerate(names: list[str]) -> str:
    shown = ", ".join(printable(name) for name in names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def _nothing_to_land(data: DataFolder, contract: Contract, inventory: Inventory) -> LandingError:
    folders = [f"landing/{table.folders[0]}/" for table in contract.tables]
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

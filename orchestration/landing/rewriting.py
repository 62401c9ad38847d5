"""Rewriting raw/: small batches become one, old rows and whole files go, people get pseudonyms.

Each builds the next version of raw/ beside the current one and switches to it with one rename. The
ledger says what was removed, so that rows landed less rows removed are the rows that are there.
"""

from __future__ import annotations

import fnmatch
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.landing.batch import EMPTY_BATCH, PARQUET, files_of, parquet_file, rows_of
from orchestration.landing.contract import LEDGER, Contract, Table, read_contract
from orchestration.landing.errors import LandingError
from orchestration.landing.forgetting import PSEUDONYM_LENGTH, PSEUDONYM_PATTERN
from orchestration.landing.landing import open_raw
from orchestration.landing.names import Names
from orchestration.landing.options import Options, read_options
from orchestration.landing.raw import RawFolder, link_folder
from orchestration.landing.repeats import REPEATS, list_all_repeats
from orchestration.landing.secrets import literal
from orchestration.landing.values import identifier
from orchestration.settings import DataFolder

# A batch of less is small; what small batches become is at most this large (bytes of Parquet).
COMPACT_BYTES = 256 << 20


@dataclass(frozen=True)
class Rewriting:
    """What a rewriting did.

    Attributes:
        batches_before: batches there were.
        batches_after: batches there are.
        rows_removed: rows taken out of raw/, by ``source.table``.
        rows_renamed: rows in which names became pseudonyms, by ``source.table``.
        texts_removed: rejects that lost their texts.
    """

    batches_before: int
    batches_after: int
    rows_removed: Mapping[str, int]
    rows_renamed: Mapping[str, int]
    texts_removed: int


def compact(data: DataFolder, options: Options | None = None) -> Rewriting:
    """Merges small batches, and removes rows of logs that are older than ``raw_retention_days``.

    Rejects of that age stay with their reasons, without their texts. The caller holds the lock of
    the data folder.

    Raises:
        LandingError: the machine failed, or raw/ is of a later version; then it is as it was.
    """
    options = options or read_options()
    with open_raw(data) as (raw, connection, _):
        rewriter = Rewriter(raw, connection, read_contract())
        if options.raw_retention_days:
            oldest = datetime.now(UTC).date() - timedelta(days=options.raw_retention_days)
            rewriter.remove_texts(f"_landed_at < date '{oldest}' and raw_text is not null")
            for table in rewriter.contract.tables:
                if table.event_time:
                    condition = f"{identifier(table.event_time)} < date '{oldest}'"
                    listed = f"event_at < date '{oldest}'"
                    rewriter.remove(table, condition, "expired", listed)
        return rewriter.rewrite(merge=True)


def withdraw(data: DataFolder, paths: Iterable[str]) -> Rewriting:
    """Takes files out of raw/ again, with their rows and rejects and out of the ledger of files.

    A file that still lies in landing/ is read anew by the next landing: after its format or
    contract was corrected, for instance. The caller holds the lock of the data folder.

    Args:
        data: the data folder.
        paths: files as the ledger names them, relative to landing/, or patterns with * for many.

    Raises:
        LandingError: the ledger does not know one of them, or the machine failed.
    """
    paths = [path.removeprefix("landing/") for path in paths]
    with open_raw(data) as (raw, connection, _):
        ledger = raw.read_ledger(connection)
        known = {entry.path for entry in ledger}
        for path in paths:
            if not fnmatch.filter(known, path) and path not in known:
                raise LandingError(
                    f"{path} was never landed; name a file as the table landing.files does, "
                    "relative to landing/."
                )
        hashes = sorted(
            {
                entry.file_hash
                for entry in ledger
                if any(
                    entry.path == path or fnmatch.fnmatchcase(entry.path, path) for path in paths
                )
            }
        )
        rewriter = Rewriter(raw, connection, read_contract())
        rewriter.withdraw(hashes)
        return rewriter.rewrite()


class Rewriter:
    """One rewriting of raw/: first what goes is noted, then the next version is written.

    Attributes:
        contract: the raw tables.
    """

    def __init__(
        self,
        raw: RawFolder,
        connection: duckdb.DuckDBPyConnection,
        contract: Contract,
        parameters: Mapping[str, bytes] | None = None,
    ) -> None:
        self.contract = contract
        self._raw = raw
        self._connection = connection
        self._parameters = dict(parameters or {})
        self._conditions: dict[str, str] = {}
        self._batches = sorted(
            folder.name for folder in raw.batches.iterdir() if folder.name != EMPTY_BATCH
        )
        self._touched: set[str] = set()
        self._texts: str | None = None
        self._reason = "reason"
        self._texts_removed = 0
        self._names: Names | None = None
        self._renamed: dict[str, int] = {}
        self._removed_at = datetime.now(UTC).replace(tzinfo=None)
        ledger = {table.name: table for table in contract.ledger}
        columns = ", ".join(
            f"{column.name} {column.data_type}" for column in ledger["removals"].columns
        )
        connection.execute(f"create temp table removed (batch varchar, {columns})")

    def remove(self, table: Table, condition: str, reason: str, listed: str | None = None) -> None:
        """Notes the rows of a table that go.

        Args:
            table: the table.
            condition: SQL that holds for its rows that go.
            reason: why, as the table of removals has it.
            listed: SQL that holds for them in the list of repeats.
        """
        name = f"{table.source}/{table.name}"
        self._conditions[name] = condition
        if listed and table.is_request_log:
            of_table = (
                f"source_name = {literal(table.source)} and table_name = {literal(table.name)}"
            )
            before = self._conditions.get(REPEATS, "false")
            self._conditions[REPEATS] = f"{before} or ({of_table} and {listed})"
        event = identifier(table.event_time) if table.event_time else "null::timestamp"
        for batch in self._batches:
            files = self._files(batch, name)
            if not files:
                continue
            self._connection.execute(
                f"""
                insert into removed by name
                select
                    {literal(batch)} as batch, _file_hash as file_hash,
                    {literal(table.source)} as source_name, {literal(table.name)} as table_name,
                    {event}::date as event_date, count(*) as rows_removed, 0 as rejects_removed,
                    {literal(reason)} as reason
                from {rows_of(files)}
                where {condition}
                group by all
                """,
                self._parameters_of(condition),
            )
        self._note_touched()

    def remove_texts(self, condition: str, reason: str = "reason") -> set[str]:
        """Notes that rejects lose their texts.

        Args:
            condition: SQL that holds for those that do.
            reason: SQL of what becomes of their reasons.

        Returns:
            Hashes of the files that they are from.
        """
        self._texts = condition
        self._reason = reason
        hashes: set[str] = set()
        for batch in self._batches:
            files = self._files(batch, "landing/rejects")
            if files:
                removed, of_files = self._connection.execute(
                    f"select count(*), list(distinct _file_hash) from {rows_of(files)} "
                    f"where {condition}",
                    self._parameters_of(condition),
                ).fetchone()
                if removed:
                    self._texts_removed += removed
                    self._touched.add(batch)
                    hashes.update(of_files)
        return hashes

    def read_names(self, names: Names) -> None:
        """Reads the names in all tables."""
        for table in self.contract.tables:
            name = f"{table.source}/{table.name}"
            files = [file for batch in self._batches for file in self._files(batch, name)]
            if files and table.naming:
                names.read(table, rows_of(files), self._columns(files))

    def rename(self, names: Names) -> set[str]:
        """Notes that names become pseudonyms, in all tables.

        Returns:
            Hashes of the files whose rows are renamed.
        """
        self._names = names
        hashes: set[str] = set()
        for table in self.contract.tables:
            name = f"{table.source}/{table.name}"
            for batch in self._batches:
                files = self._files(batch, name)
                change = names.change(table, self._columns(files)) if files else None
                if change:
                    renamed, of_files = self._connection.execute(
                        f"select count(*), list(distinct _file_hash) from {rows_of(files)} "
                        f"as landed {change.joins} where {change.is_changed}"
                    ).fetchone()
                    if renamed:
                        self._touched.add(batch)
                        self._renamed[name] = self._renamed.get(name, 0) + renamed
                        hashes.update(of_files)
        return hashes

    def files_with(self, pseudonyms: Iterable[str]) -> set[str]:
        """Hashes of the files in whose rows there are pseudonyms already."""
        listed = ", ".join(literal(each[:PSEUDONYM_LENGTH]) for each in pseudonyms)
        hashes: set[str] = set()
        for table in self.contract.tables:
            name = f"{table.source}/{table.name}"
            files = [file for batch in self._batches for file in self._files(batch, name)]
            present = self._columns(files) if files and table.naming else set()
            for column in table.naming:
                if column.name in present:
                    found = f"regexp_extract_all({identifier(column.name)}, '{PSEUDONYM_PATTERN}')"
                    hashes.update(
                        hashed
                        for (hashed,) in self._connection.execute(
                            f"select distinct _file_hash from {rows_of(files)} "
                            f"where list_has_any({found}, [{listed}]::varchar[])"
                        ).fetchall()
                    )
        return hashes

    def _columns(self, files: Sequence[Path]) -> set[str]:
        """The columns of a table as it was landed: those of its contract may be more by now."""
        described = self._connection.execute(f"describe select * from {rows_of(files)}").fetchall()
        return {name for name, *_ in described}

    def _parameters_of(self, sql: str) -> dict[str, bytes]:
        return self._parameters if "$ipad" in sql else {}

    def withdraw(self, hashes: Sequence[str]) -> None:
        """Notes files that go with all that is known of them."""
        listed = f"({', '.join(literal(each) for each in hashes)})"
        for table in self.contract.tables:
            self.remove(table, f"_file_hash in {listed}", "withdrawn")
        self._conditions |= {
            f"landing/{name}": f"{'_file_hash' if name == 'rejects' else 'file_hash'} in {listed}"
            for name in LEDGER
            if name not in ("removals", "publications")
        }
        for batch in self._batches:
            files = self._files(batch, "landing/files")
            if files:
                # One row for the file itself, be it that it had nothing but rejects.
                self._connection.execute(
                    f"""
                    insert into removed by name
                    select
                        {literal(batch)} as batch, file_hash, source_name, table_name,
                        0 as rows_removed, rows_rejected as rejects_removed,
                        'withdrawn' as reason
                    from {rows_of(files)}
                    where file_hash in {listed}
                    """
                )
        self._note_touched()

    def _note_touched(self) -> None:
        found = self._connection.execute("select distinct batch from removed").fetchall()
        self._touched |= {batch for (batch,) in found}
        for batch in self._batches:
            # A batch lists rows of earlier ones, too.
            files = self._files(batch, REPEATS) if REPEATS in self._conditions else []
            gone = f"select 1 from {rows_of(files)} where {self._conditions.get(REPEATS)} limit 1"
            if files and self._connection.execute(gone).fetchone():
                self._touched.add(batch)

    def rewrite(self, *, merge: bool = False) -> Rewriting:
        """Writes the next version, if anything changes in it, and switches to it."""
        groups = self._merged() if merge else [[batch] for batch in self._batches]
        removed = dict(
            self._connection.execute(
                "select source_name || '.' || table_name, sum(rows_removed)::bigint from removed "
                "group by 1 having sum(rows_removed) > 0 order by 1"
            ).fetchall()
        )
        done = Rewriting(
            batches_before=len(self._batches),
            batches_after=len(groups),
            rows_removed=removed,
            rows_renamed={name.replace("/", "."): n for name, n in sorted(self._renamed.items())},
            texts_removed=self._texts_removed,
        )
        if len(groups) == len(self._batches) and not self._touched:
            return done
        self._complete_removals()
        incoming = self._raw.incoming("version")
        try:
            link_folder(self._raw.batches / EMPTY_BATCH, incoming / EMPTY_BATCH)
            for group in groups:
                # The newest name, so that the ids of batches go on rising.
                target = incoming / group[-1]
                if len(group) > 1 or self._touched & set(group):
                    self._write(group, target)
                else:
                    link_folder(self._raw.batches / group[0], target)
            if any(f"{t.source}/{t.name}" in self._renamed for t in self._request_logs()):
                # Rows that were told apart by a name may be equal now, and hash otherwise.
                list_all_repeats(self._connection, self.contract.tables, incoming)
            self._raw.publish_version(incoming)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
        return done

    def _request_logs(self) -> list[Table]:
        return [table for table in self.contract.tables if table.is_request_log]

    def _merged(self) -> list[list[str]]:
        """Batches in their order, small neighbours together."""
        groups: list[list[str]] = []
        sizes: list[int] = []
        for batch in self._batches:
            folder = self._raw.batches / batch
            size = sum(file.stat().st_size for file in folder.glob("*/*/*.parquet"))
            if groups and sizes[-1] + size <= COMPACT_BYTES:
                groups[-1].append(batch)
                sizes[-1] += size
            else:
                groups.append([batch])
                sizes.append(size)
        return groups

    def _complete_removals(self) -> None:
        """Adds to what was removed the names of the files and the time."""
        files = [file for batch in self._batches for file in self._files(batch, "landing/files")]
        self._connection.execute(
            f"update removed set path = files.path from {rows_of(files)} as files "
            "where removed.file_hash = files.file_hash"
        )
        self._connection.execute("update removed set removed_at = $now", {"now": self._removed_at})

    def _write(self, group: Sequence[str], target: Path) -> None:
        """Writes batches as one, without what goes."""
        names = sorted(
            {
                str(file.parent.relative_to(self._raw.batches / batch))
                for batch in group
                for file in (self._raw.batches / batch).glob("*/*/*.parquet")
            }
            | {"landing/removals"}
        )
        order = {f"{t.source}/{t.name}": t.event_time for t in self.contract.tables}
        batches = ", ".join(literal(batch) for batch in group)
        for name in names:
            files = [file for batch in group for file in self._files(batch, name)]
            if len(group) == 1 and not self._may_change(name):
                link_folder(self._raw.batches / group[0] / name, target / name)
                continue
            kept = self._kept(name, files)
            if name == "landing/removals":
                new = f"select * exclude batch from removed where batch in ({batches})"
                kept = f"{kept} union all by name {new}" if kept else new
            elif order.get(name):
                # Queries ask for weeks: rows near in time share row groups.
                kept += f" order by {identifier(order[name])}, _file_hash, _row_number"
            file = parquet_file(target, name, 0)
            rows = self._connection.execute(
                f"copy ({kept}) to {literal(str(file))} {PARQUET}", self._parameters_of(kept)
            ).fetchone()[0]
            self._check(group, name, files, rows)
            if rows == 0:
                shutil.rmtree(file.parent)
        target.mkdir(exist_ok=True)

    def _may_change(self, name: str) -> bool:
        """Whether a table of a batch may have other rows after the rewriting."""
        return (
            name == "landing/removals"
            or name in self._conditions
            or name in self._renamed
            or (name == "landing/rejects" and self._texts is not None)
        )

    def _kept(self, name: str, files: Sequence[Path]) -> str:
        """SQL of what stays of a table, and how; empty without files."""
        if not files:
            return ""
        columns, joins = "landed.*", ""
        if name == "landing/rejects" and self._texts:
            columns += (
                f" replace (if({self._texts}, {self._reason}, reason) as reason, "
                f"if({self._texts}, null, raw_text) as raw_text)"
            )
        if self._names and name in self._renamed:
            (table,) = (t for t in self.contract.tables if f"{t.source}/{t.name}" == name)
            change = self._names.change(table, self._columns(files))
            if change:
                columns, joins = change.rows, change.joins
        kept = f"select {columns} from {rows_of(files)} as landed {joins}"
        if name in self._conditions:
            kept += f" where not coalesce({self._conditions[name]}, false)"
        return kept

    def _check(self, group: Sequence[str], name: str, files: Sequence[Path], rows: int) -> None:
        """Compares a table's rows with what was there and what was removed."""
        if not files or name.startswith("landing/"):
            return
        source, table = name.split("/")
        batches = ", ".join(literal(batch) for batch in group)
        before = self._connection.execute(f"select count(*) from {rows_of(files)}").fetchone()[0]
        removed = self._connection.execute(
            "select coalesce(sum(rows_removed), 0)::bigint from removed where "
            f"batch in ({batches}) and source_name = $source and table_name = $table",
            {"source": source, "table": table},
        ).fetchone()[0]
        if rows != before - removed:
            raise LandingError(
                f"{name}: {rows} rows were written of {before} less {removed}; raw/ stays as it "
                "was."
            )

    def _files(self, batch: str, name: str) -> list[Path]:
        return files_of(self._raw.batches / batch, name)

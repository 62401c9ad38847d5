"""The folder raw/: batches that appear whole or not at all, the ledger, and the format's version.

    raw/format.json                                   version, fingerprint of the token key
    raw/batches                                       a link to the current one of raw/versions/
    raw/versions/<n>/<batch id>/<source>/<table>/<n>.parquet
    raw/versions/<n>/<batch id>/landing/{files,file_dates,repeats,rejects,removals}/0.parquet
    raw/versions/<n>/00000000T000000000000Z/          an empty file for every table: its columns

A batch is built in ``raw/.incoming-<batch id>/`` on the same disk, synced, and renamed once. What
rewrites batches (compaction, retention, forgetting) builds the next version beside the current one,
with hard links to all that stays, and switches the link with one rename.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.landing.batch import EMPTY_BATCH, PARQUET, parquet_file
from orchestration.landing.contract import Contract, Table
from orchestration.landing.errors import LandingError
from orchestration.landing.repeats import REPEATS, definition_of_repeats, list_all_repeats
from orchestration.landing.secrets import TokenKey, literal
from orchestration.landing.values import identifier

# 1: raw/batches was a folder, and the ledger had no file_dates. 2: nor repeats.
FORMAT_VERSION = 3
_BATCH_ID = "%Y%m%dT%H%M%S%fZ"
_INCOMING = ".incoming-"
_FIRST_VERSION = "000001"


@dataclass(frozen=True)
class LedgerEntry:
    """A file that was landed before."""

    file_hash: str
    table: str
    path: str
    size: int
    modified: int


@dataclass(frozen=True)
class _Format:
    version: int
    fingerprint: str
    definition_of_repeats: str


class RawFolder:
    """raw/ and what happens to it as a whole.

    Attributes:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def batches(self) -> Path:
        """One folder for each batch."""
        return self.root / "batches"

    @property
    def versions(self) -> Path:
        """One folder of batches for each rewriting; only the current one stays."""
        return self.root / "versions"

    @property
    def _format(self) -> Path:
        return self.root / "format.json"

    def prepare(self) -> None:
        """Makes the folder, readable by its owner only, and removes what a crash left behind.

        Raises:
            LandingError: raw/ was written by a later version of this program.
        """
        self._refuse_later_version()
        for folder in (self.root, self.versions):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        for leftover in self.root.glob(_INCOMING + "*"):
            if leftover.is_dir() and not leftover.is_symlink():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()
        if not self.batches.is_symlink():
            self._make_link()
        current = self.batches.resolve()
        for version in self.versions.iterdir():
            if version != current:
                shutil.rmtree(version)

    def _make_link(self) -> None:
        versions = sorted(folder.name for folder in self.versions.iterdir())
        if self.batches.exists() and not self.batches.is_dir():
            raise LandingError(f"{self.batches} is not the folder it should be; move it away.")
        if self.batches.is_dir():  # format 1
            self.batches.rename(self.versions / _FIRST_VERSION)
            versions = [_FIRST_VERSION]
        elif not versions:
            (self.versions / _FIRST_VERSION).mkdir(mode=0o700)
            versions = [_FIRST_VERSION]
        _sync(self.versions)
        self._switch(versions[-1])

    def _switch(self, version: str) -> None:
        incoming = self.root / f"{_INCOMING}batches"
        # Relative, so that the data folder can be moved or mounted elsewhere.
        incoming.symlink_to(Path("versions", version), target_is_directory=True)
        incoming.replace(self.batches)
        _sync(self.root)

    def publish_version(self, incoming: Path) -> None:
        """Syncs a version that was built by ``rewrite`` and makes it the current one.

        Args:
            incoming: the folder it was built in, made by ``incoming``.
        """
        before = self.batches.resolve()
        version = f"{int(before.name) + 1:06d}"
        _make_durable(incoming)
        incoming.rename(self.versions / version)
        _sync(self.versions)
        self._switch(version)
        shutil.rmtree(before)

    def read_ledger(self, connection: duckdb.DuckDBPyConnection) -> list[LedgerEntry]:
        """Every file that was ever landed."""
        if not any(self.batches.glob("*/landing/files/*.parquet")):
            return []
        pattern = literal(str(self.batches / "*" / "landing" / "files" / "*.parquet"))
        rows = connection.execute(
            "select file_hash, source_name || '.' || table_name, path, size_bytes, "
            f"epoch_us(modified_at) from read_parquet({pattern}, union_by_name = true)"
        ).fetchall()
        return [LedgerEntry(*row) for row in rows]

    def _stored(self) -> _Format | None:
        """What stands in ``format.json``, None where it is missing."""
        try:
            stored = json.loads(self._format.read_text(encoding="utf-8"))
            return _Format(
                int(stored["format_version"]),
                str(stored["token_key_fingerprint"]),
                str(stored.get("definition_of_repeats")),
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise LandingError(f"{self._format} cannot be read: {error}.") from error

    def _refuse_later_version(self) -> None:
        stored = self._stored()
        if stored and stored.version > FORMAT_VERSION:
            raise LandingError(
                f"{self.root} has format {stored.version}; this version of North Star knows up to "
                f"{FORMAT_VERSION}."
            )

    def check_key(self, key: TokenKey, *, has_landed: bool) -> None:
        """Refuses another key than the tokens in raw/ were hashed with.

        Args:
            key: the key of this landing.
            has_landed: whether any file is in the ledger; without one, no row depends on a key.

        Raises:
            LandingError: as described, or ``format.json`` cannot be read.
        """
        stored = self._stored()
        if stored is None and has_landed:
            raise LandingError(
                f"{self._format} is missing, so nobody can tell which token key the rows "
                "beside it were hashed with; restore it from a backup."
            )
        if stored and stored.fingerprint != key.fingerprint and has_landed:
            raise LandingError(
                "The token key is not the one that the tokens in raw/ were hashed with "
                f"(NORTH_STAR_TOKEN_KEY, or {self.root.parent / 'token_key'} without it), so old "
                "and new rows would not match; set the former key again, or follow 'Rotating the "
                "token key' in docs/landing.md."
            )

    def upgrade(self, connection: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> None:
        """Brings the ledger of earlier formats up to date, in steps that survive a crash.

        The list of repeats is made anew, too, if it was made by another definition of them. The
        version is written with the key, after this.
        """
        stored = self._stored()
        if stored is None:
            return
        if stored.version < 2:
            self._add_file_dates(connection, tables)
        if stored.definition_of_repeats != definition_of_repeats(tables):
            self._renew_repeats(connection, tables)

    def _add_file_dates(
        self, connection: duckdb.DuckDBPyConnection, tables: Sequence[Table]
    ) -> None:
        """Adds the event dates of the files in it to the ledger, as one batch more."""
        dated = [
            f"select _file_hash as file_hash, {literal(table.source)} as source_name, "
            f"{literal(table.name)} as table_name, "
            f"{identifier(table.event_time)}::date as event_date, count(*) as rows_landed, "
            "any_value(_landed_at) as landed_at "
            f"from read_parquet({literal(str(pattern))}, union_by_name = true) group by all"
            for table in tables
            if table.event_time
            for pattern in [self.batches / "*" / table.source / table.name / "*.parquet"]
            if any(self.batches.glob(f"*/{table.source}/{table.name}/*.parquet"))
        ]
        known = any(self.batches.glob("*/landing/file_dates/*.parquet"))
        if not dated or known:
            return
        batch_id, _ = self.next_batch_id()
        file = parquet_file(self.incoming(batch_id), "landing/file_dates", 0)
        connection.execute(f"copy ({' union all '.join(dated)}) to {literal(str(file))} {PARQUET}")
        self.publish(batch_id)

    def _renew_repeats(
        self, connection: duckdb.DuckDBPyConnection, tables: Sequence[Table]
    ) -> None:
        logs = [f"{table.source}/{table.name}" for table in tables if table.is_request_log]
        if not any(any(self.batches.glob(f"*/{name}/*.parquet")) for name in (*logs, REPEATS)):
            return
        incoming = self.incoming("version")
        try:
            link_folder(self.batches.resolve(), incoming)
            list_all_repeats(connection, tables, incoming)
            self.publish_version(incoming)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)

    def store_key(self, key: TokenKey, tables: Sequence[Table]) -> None:
        """Writes ``format.json``: the version, the key's fingerprint, what repeats are."""
        content = {
            "format_version": FORMAT_VERSION,
            "token_key_fingerprint": key.fingerprint,
            "definition_of_repeats": definition_of_repeats(tables),
        }
        text = json.dumps(content, indent=2) + "\n"
        if self._format.exists() and self._format.read_text(encoding="utf-8") == text:
            return
        incoming = self.root / f"{_INCOMING}format.json"
        incoming.write_text(text, encoding="utf-8")
        incoming.chmod(0o600)
        _sync(incoming)
        incoming.replace(self._format)
        _sync(self.root)

    def store_empty_batch(self, connection: duckdb.DuckDBPyConnection, contract: Contract) -> bool:
        """Writes the empty batch, if it is missing or the contract's columns changed.

        Returns:
            Whether it was written.
        """
        columns = contract.raw_columns()
        described = json.dumps(columns, indent=1)
        target = self.batches / EMPTY_BATCH
        stored = target / "contract.json"
        if stored.exists() and stored.read_text(encoding="utf-8") == described:
            return False
        incoming = self.incoming(EMPTY_BATCH)
        for table, types in columns.items():
            nulls = ", ".join(f"null::{kind} as {identifier(name)}" for name, kind in types.items())
            file = parquet_file(incoming, table, 0)
            connection.execute(
                f"copy (select {nulls} where false) to {literal(str(file))} {PARQUET}"
            )
        (incoming / "contract.json").write_text(described, encoding="utf-8")
        if target.exists():
            # A folder cannot replace another in one step. After a crash between the two, the next
            # landing finds none and writes it again.
            target.rename(self.root / f"{_INCOMING}replaced")
        self.publish(EMPTY_BATCH)
        shutil.rmtree(self.root / f"{_INCOMING}replaced", ignore_errors=True)
        return True

    def stored_columns(self) -> dict[str, list[str]]:
        """The columns that raw tables had at the last landing, by ``source/table``."""
        stored = self.batches / EMPTY_BATCH / "contract.json"
        if not stored.exists():
            return {}
        return {table: list(types) for table, types in json.loads(stored.read_bytes()).items()}

    def next_batch_id(self, now: datetime | None = None) -> tuple[str, datetime]:
        """An id later than every batch's, and its time (UTC, without a zone)."""
        now = now or datetime.now(UTC).replace(tzinfo=None)
        ids = [folder.name for folder in self.batches.iterdir() if folder.name != EMPTY_BATCH]
        if ids:
            now = max(now, datetime.strptime(max(ids), _BATCH_ID) + timedelta(microseconds=1))
        return now.strftime(_BATCH_ID), now

    def incoming(self, batch_id: str) -> Path:
        """Makes and names the folder that a batch is built in."""
        folder = self.root / f"{_INCOMING}{batch_id}"
        folder.mkdir(mode=0o700)
        return folder

    def publish(self, batch_id: str) -> None:
        """Syncs a batch that was built to the disk and makes it visible by one rename."""
        incoming = self.root / f"{_INCOMING}{batch_id}"
        _make_durable(incoming)
        incoming.rename(self.batches / batch_id)
        _sync(self.batches)


def link_folder(source: Path, target: Path) -> None:
    """A folder again, its files being the same on the disk."""
    shutil.copytree(source, target, copy_function=_hard_link, dirs_exist_ok=True)


def _hard_link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # some file systems have no hard links
        shutil.copy2(source, target)


def _make_durable(folder: Path) -> None:
    """Syncs a folder that was built to the disk, readable by its owner only."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            file = Path(place, name)
            file.chmod(0o600)
            _sync(file)
        Path(place).chmod(0o700)
        _sync(Path(place))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

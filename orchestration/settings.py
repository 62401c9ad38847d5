"""Where everything lies: one folder, ``NORTH_STAR_DATA``, holds all state of a run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
DEFAULT_DATA = PROJECT / "data"


class SettingsError(Exception):
    """A setting is wrong; the message is one sentence for the person who set it."""


@dataclass(frozen=True)
class DataFolder:
    """The folder that holds all state, and the names of what lies in it.

    Attributes:
        root: absolute path of the folder.
    """

    root: Path

    @classmethod
    def from_environment(cls) -> DataFolder:
        """The folder that ``NORTH_STAR_DATA`` names; without it ``data/``, made if absent.

        Raises:
            SettingsError: ``NORTH_STAR_DATA`` names no folder.
        """
        named = os.environ.get("NORTH_STAR_DATA")
        if not named:
            DEFAULT_DATA.mkdir(exist_ok=True)
            return cls(DEFAULT_DATA)
        root = Path(named).expanduser().resolve()
        if not root.is_dir():
            raise SettingsError(
                f"NORTH_STAR_DATA={named}: there is no such folder; it should be one that holds "
                "landing/<source>/<table>/ with your files, for instance "
                "landing/api_gateway/api_requests/2026-11-22.jsonl.gz."
            )
        return cls(root)

    @property
    def is_default(self) -> bool:
        """Whether this is ``data/``, the only folder that is ever filled with the sample."""
        return self.root == DEFAULT_DATA

    @property
    def landing(self) -> Path:
        """Files dropped by other systems; read, never changed."""
        return self.root / "landing"

    @property
    def raw(self) -> Path:
        """What landing wrote: the only state that is not rebuilt."""
        return self.root / "raw"

    @property
    def warehouse(self) -> Path:
        """The build's own database; may be deleted between runs."""
        return self.root / "warehouse.duckdb"

    @property
    def dev(self) -> Path:
        """Databases of those who work on the models, in a folder that only they may read."""
        return self.root / "dev"

    @property
    def publications(self) -> Path:
        """One folder for each published set of marts."""
        return self.root / "publications"

    @property
    def published(self) -> Path:
        """The symbolic link to the current publication."""
        return self.root / "published"

    @property
    def dbt(self) -> Path:
        """dbt's target folder and logs of the orchestrated builds."""
        return self.root / "dbt"

    @property
    def dagster(self) -> Path:
        """Dagster's storage: run history, event log, compute logs."""
        return self.root / "dagster"

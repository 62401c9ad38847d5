"""What is kept of a run besides Dagster's history: dbt's artifacts, its log as JSON lines."""

from __future__ import annotations

import json
import logging
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.settings import DataFolder

# Runs whose folder is kept; a year of nights with a few runs each would be gigabytes.
KEPT = 50
_ARTIFACTS = ("run_results.json", "dbt.log")
LOG = "events.jsonl"


def run_folder(data: DataFolder, run_id: str) -> Path:
    """The folder of a run, made if absent; only its owner may read it."""
    folder = data.runs / run_id
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def keep_artifacts(data: DataFolder, run_id: str, target: Path) -> None:
    """Keep what a dbt build has left in its target folder, be it that it has failed.

    Args:
        data: the data folder.
        run_id: the run.
        target: dbt's target folder, which the next build writes to.
    """
    folder = run_folder(data, run_id)
    for name in _ARTIFACTS:
        found = target / name
        if found.exists():
            shutil.copyfile(found, folder / name)
            (folder / name).chmod(0o600)


def prune_run_folders(data: DataFolder, kept: int = KEPT) -> None:
    """Remove all but the newest folders of runs."""
    folders = sorted(data.runs.glob("*"), key=lambda each: each.stat().st_mtime, reverse=True)
    for folder in folders[kept:]:
        shutil.rmtree(folder, ignore_errors=True)


class RunLog(logging.Handler):
    """Writes what Dagster logs in a run into the folder of the run, a JSON object a line.

    ``dagster.yaml`` names it. Keys: time (UTC), level, run_id, job, step, event, message; those
    that a line has no value for are left out.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Append one line; what cannot be written is no reason to fail a run."""
        meta: dict[str, Any] = getattr(record, "dagster_meta", None) or {}
        run_id, root = meta.get("run_id"), os.environ.get("NORTH_STAR_DATA")
        if not run_id or not root:
            return
        event = getattr(record, "dagster_event", None)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "run_id": run_id,
            "job": meta.get("job_name"),
            "step": meta.get("step_key"),
            "event": event.event_type.name if event else None,
            "message": meta.get("orig_message") or record.getMessage(),
        }
        try:
            file = run_folder(DataFolder(Path(root)), run_id) / LOG
            written = json.dumps({key: value for key, value in line.items() if value is not None})
            opened = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(opened, "a", encoding="utf-8") as out:
                out.write(f"{written}\n")
        except OSError:
            self.handleError(record)

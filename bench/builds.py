"""dbt's commands over a data folder, each in a process of its own, for ``bench.scale``.

What dbt costs by itself is measured as the same command over an empty raw/, and taken off.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from bench.measure import BenchError, Measured, measure
from bench.peer import FACTS
from orchestration.landing.contract import read_contract
from orchestration.landing.raw import RawFolder
from orchestration.settings import PROJECT, DataFolder

THREE_FACTS = ("run", "--select", *(f"+{fact}" for fact in FACTS))
ALL_MODELS = ("run",)
REQUEST_GRAIN = ("run", "--select", "int_token_days")
DATA_TESTS = ("test", "--exclude", "test_type:unit")
PARSE = ("parse", "--no-partial-parse")


def run_dbt(data: str, *command: str) -> dict[str, float]:
    """Runs a command on the dev target.

    Args:
        data: the data folder.
        command: as for dbt.

    Returns:
        Seconds of each model (or test) by its name.

    Raises:
        BenchError: dbt failed; its last words are in the message.
    """
    target = Path(data, "target")
    Path(data, "dev").mkdir(exist_ok=True)
    done = subprocess.run(
        [Path(sys.executable).with_name("dbt"), "--quiet", *command, "--target", "dev"],
        cwd=PROJECT,
        env={
            **os.environ,
            "NORTH_STAR_DATA": data,
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(target),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise BenchError(f"dbt {' '.join(command)} failed: {done.stdout[-2_000:]}")
    results = target / "run_results.json"
    if command[0] == "parse" or not results.exists():
        return {}
    return {
        each["unique_id"].split(".")[2]: each["execution_time"]
        for each in json.loads(results.read_bytes())["results"]
    }


class Warehouse:
    """The database of a data folder, and copies of it to begin from.

    Attributes:
        data: the data folder.
    """

    def __init__(self, data: Path) -> None:
        self.data = data

    @property
    def file(self) -> Path:
        """What dbt builds."""
        return self.data / "dev" / "dev.duckdb"

    def seed(self) -> None:
        """Makes a database with the lists and nothing else, and lets dbt parse the project."""
        self.file.unlink(missing_ok=True)
        run_dbt(str(self.data), "seed", "--full-refresh")
        self.keep("seeded")

    def keep(self, name: str) -> None:
        """Keeps a copy under a name."""
        shutil.copyfile(self.file, self._copy(name))

    def restore(self, name: str) -> None:
        """Puts that copy back."""
        shutil.copyfile(self._copy(name), self.file)

    def measure(self, command: Sequence[str], begin_from: str | None = None) -> Measured:
        """Measures one command.

        Args:
            command: as for dbt.
            begin_from: the name of the copy that it begins from; without it what is there.
        """
        if begin_from:
            self.restore(begin_from)
        return measure(run_dbt, str(self.data), *command)

    def rows(self, relation: str) -> int:
        """Rows of a relation."""
        with duckdb.connect(str(self.file), read_only=True) as connection:
            return connection.execute(f"select count(*) from {relation}").fetchone()[0]

    def differs(self, relation: str, other: str) -> int:
        """Rows of a relation that are not those of a kept copy, and the other way round."""
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.file}' as ours (read_only)")
            connection.execute(f"attach '{self._copy(other)}' as theirs (read_only)")
            ours, theirs = (f"from {side}.{relation}" for side in ("ours", "theirs"))
            return connection.execute(
                f"select (select count(*) from ({ours} except all {theirs})) "
                f"+ (select count(*) from ({theirs} except all {ours}))"
            ).fetchone()[0]

    def _copy(self, name: str) -> Path:
        return self.data / "dev" / f"{name}.copy"


def empty_folder(data: Path) -> Path:
    """Makes a data folder in which nothing was ever landed, unless it is there."""
    if not data.exists():
        data.mkdir(parents=True)
        raw = RawFolder(DataFolder(data).raw)
        raw.prepare()
        with duckdb.connect() as connection:
            raw.store_empty_batch(connection, read_contract())
    return data


def longest(took: dict[str, Any], many: int = 8) -> dict[str, float]:
    """The models that took longest, by their names."""
    return dict(sorted(took.items(), key=lambda each: -each[1])[:many])

"""A project with a handful of models, to run the machinery around them for real, and often.

Everything but the models is this repository's own: the orchestration package, dbt_project.yml, the
profiles, the macros and the sources. The models are those of tests/toy_project/.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import duckdb

from orchestration.settings import DUCKDB, SPARK, DataFolder

REPOSITORY = Path(__file__).resolve().parents[1]
_FILES = ("dbt_project.yml", "profiles.yml", "pyproject.toml")
_FOLDERS = ("orchestration", "macros")


class ToyProject:
    """A copy of the machinery with small models and a data folder of its own.

    Attributes:
        folder: the project.
        data: its data folder.
        port: of the Thrift server, where it builds on Spark.
    """

    def __init__(self, place: Path, target: str = DUCKDB, port: int = 0) -> None:
        self.folder = place / "project"
        self.data = DataFolder(place / "data", target)
        self.port = port
        self.data.root.mkdir(exist_ok=True)
        shutil.copytree(REPOSITORY / "tests" / "toy_project", self.folder)
        for name in _FILES:
            shutil.copy(REPOSITORY / name, self.folder / name)
        for name in _FOLDERS:
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(REPOSITORY / name, self.folder / name, ignore=ignore)
        for sources in REPOSITORY.glob("models/staging/*/_*__sources.yml"):
            target = self.folder / sources.relative_to(REPOSITORY)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(sources, target)
        if self.data.target == SPARK:
            self._keep_apart()
        (self.folder / "tests" / "dbt").mkdir(parents=True)

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of its processes."""
        return {
            **os.environ,
            "NORTH_STAR_DATA": str(self.data.root),
            "NORTH_STAR_TARGET": self.data.target,
            "NORTH_STAR_SPARK_PORT": str(self.port),
        }

    def _keep_apart(self) -> None:
        """Give it databases of its own: one cluster serves all tests."""
        for name in ("dbt_project.yml", "profiles.yml"):
            text = (self.folder / name).read_text()
            (self.folder / name).write_text(re.sub(r"(\bschema: )(\w+)", r"\1toy_\2", text))
        for sources in self.folder.glob("models/staging/*/_*__sources.yml"):
            if sources.parent.name not in ("api_gateway", "landing"):
                sources.unlink()  # each table takes a part of a second of every run
                continue
            text = sources.read_text()
            sources.write_text(
                re.sub(r"^(  - name: )(\w+)\n", r"\1\2\n    schema: toy_\2\n", text, flags=re.M)
            )

    def drop(self, name: str, requests: Iterable[tuple[str, str, int]]) -> None:
        """Put a file of (day, token, status code) into landing/."""
        folder = self.data.landing / "api_gateway" / "api_requests"
        folder.mkdir(parents=True, exist_ok=True)
        lines = (
            {"requested_at": f"{day}T12:00:00Z", "token_id": token, "status_code": status}
            for day, token, status in requests
        )
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """``python -m orchestration``, with ``run`` if nothing else is named."""
        return self.python("-m", "orchestration", *(command or ("run",)))

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A Python process in the project."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def published(self, query: str) -> list[tuple]:
        """Rows of a query on what is published now."""
        with duckdb.connect(self.data.published / "north_star.duckdb", read_only=True) as database:
            return database.execute(query).fetchall()

    def published_bytes(self) -> dict[str, bytes]:
        """Every file that readers see, by its path."""
        folder = self.data.published.resolve()
        files = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.data.root)): path.read_bytes() for path in files}

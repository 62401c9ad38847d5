"""Worlds whose true numbers are known: landed and built by the project's own models."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.landing import Options, land
from orchestration.settings import PROJECT, DataFolder
from tests.compiled import compile_models

SHARED_DATA = PROJECT.parent / "shared" / "data"


class World:
    """A data folder after a landing, for any number of builds.

    Attributes:
        data: the folder.
    """

    def __init__(self, data: DataFolder, workshop: Path) -> None:
        self.data = data
        self._workshop = workshop
        land(data, progress=lambda line: None, options=Options())

    def build(self, *arguments: str) -> None:
        """``dbt build`` on the dev target, as in the SQL editor's inner loop."""
        # One name for all worlds: dbt reads the project anew when an environment variable changes.
        here = self._workshop / "data"
        here.unlink(missing_ok=True)
        here.symlink_to(self.data.root)
        done = subprocess.run(
            [
                Path(sys.executable).with_name("dbt"),
                *("--quiet", "build", *arguments),
            ],
            cwd=PROJECT,
            env={
                **os.environ,
                "NORTH_STAR_DATA": str(here),
                "DBT_TARGET_PATH": str(self._workshop / "target"),
                "DBT_LOG_PATH": str(self._workshop / "logs"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout

    def models(self) -> list[dict[str, Any]]:
        """What dbt knew of each model in the last build."""
        manifest = json.loads((self._workshop / "target" / "manifest.json").read_bytes())
        nodes = manifest["nodes"].values()
        return [node for node in nodes if node["resource_type"] == "model"]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the marts."""
        settings = {"file_search_path": str(self.data.raw / "batches")}
        path = self.data.dev / "dev.duckdb"
        with duckdb.connect(path, read_only=True, config=settings) as database:
            database.execute("use marts")
            return database.execute(query).fetchall()


class RealWorld:
    """A data folder of real logs after a landing, its models run in memory.

    dbt takes half a minute to build one; the sample is built by dbt, with every test it has.
    """

    def __init__(self, data: DataFolder) -> None:
        land(data, progress=lambda line: None, options=Options())
        models = compile_models()
        self._connection = models.connect(data.raw / "batches")
        self._connection.execute(f"use {models.database}.main")
        for step in models.steps:
            if step.is_check:
                broken = self._connection.execute(step.query).fetchall()
                assert not broken, f"{step.name} finds {len(broken)} rows: {broken[:3]}"
            else:
                self._connection.execute(step.statement())
        self._connection.execute(f"use {models.database}.marts")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the marts."""
        return self._connection.execute(query).fetchall()


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt keeps what it has read of the project."""
    return tmp_path_factory.mktemp("workshop")


@pytest.fixture(scope="session")
def real_world(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], RealWorld]:
    """Builds a folder of ../shared/data once, by its name; skips where it is absent."""
    built: dict[str, RealWorld] = {}

    def build(name: str) -> RealWorld:
        if name not in built:
            files = SHARED_DATA / name
            if not files.is_dir():
                pytest.skip(f"shared/data/{name} is not beside this project")
            root = tmp_path_factory.mktemp(name)
            landing = root / "landing"
            if name == "access_logs":
                requests = landing / "api_gateway" / "api_requests"
                requests.mkdir(parents=True)
                for log in ("apache_logs", "nova_api.log"):
                    shutil.copy(files / log, requests / log)
            elif name == "cloudtrail":
                shutil.copytree(files / "AWSLogs", landing / "cloudtrail" / "AWSLogs")
            else:
                ignore = shutil.ignore_patterns("truth_*")
                shutil.copytree(files, landing, ignore=ignore)
            built[name] = RealWorld(DataFolder(root))
        return built[name]

    return build

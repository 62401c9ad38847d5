"""The environment that Dagster and dbt need, set from the data folder and never by hand."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from orchestration.settings import PROJECT, DataFolder, memory_limit

# dagster.yaml names a handler of logs, which Dagster calls beta in every run.
warnings.filterwarnings("ignore", message=".*yaml-defined logging configuration")

_INSTANCE_CONFIG = PROJECT / "orchestration" / "dagster.yaml"
_WITH_POSTGRES = PROJECT / "orchestration" / "dagster_postgres.yaml"


def export(data: DataFolder) -> None:
    """Tell this process and its children which folder holds the state, and what runs build on.

    dbt resolves relative paths against the project, a shell against where it stands: an absolute
    path means the same to both.
    """
    os.environ["NORTH_STAR_DATA"] = str(data.root)
    os.environ["NORTH_STAR_TARGET"] = data.target
    os.environ["DAGSTER_HOME"] = str(data.dagster)
    # Dagster's own programs look for what dagster.yaml names, and do not look where they stand.
    path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(PROJECT) not in path:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(PROJECT), *filter(None, path)])
    # Nothing here reports to anybody; dagster.yaml and dbt_project.yml say the same to their tools.
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    os.environ["DO_NOT_TRACK"] = "1"
    if not sys.stdout.isatty():
        os.environ.setdefault("DBT_USE_COLORS", "false")


def prepare_dagster_home(data: DataFolder) -> Path:
    """Make ``<data>/dagster`` a Dagster home with the project's ``dagster.yaml``, and export it.

    The file is copied because Dagster looks for it in its home and keeps its storage beside it,
    unless ``NORTH_STAR_DAGSTER_POSTGRES`` names a database.
    """
    data.dagster.mkdir(parents=True, exist_ok=True)
    target = data.dagster / _INSTANCE_CONFIG.name
    wanted = _INSTANCE_CONFIG.read_bytes()
    if os.environ.get("NORTH_STAR_DAGSTER_POSTGRES"):
        wanted += _WITH_POSTGRES.read_bytes()
    if not target.exists() or target.read_bytes() != wanted:
        incoming = target.with_name(f".{target.name}.{os.getpid()}")
        incoming.write_bytes(wanted)
        incoming.replace(target)
    export(data)
    return data.dagster


@contextmanager
def private_files() -> Iterator[None]:
    """What is written meanwhile, by this process or one it starts, only its owner may read."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def spilling(data: DataFolder) -> Iterator[Mapping[str, str]]:
    """DuckDB's settings for bounded memory, and the folder for what does not fit while it lasts.

    What a killed run has left there goes first. The caller holds the run lock.
    """
    shutil.rmtree(data.spill, ignore_errors=True)
    data.spill.mkdir(mode=0o700)
    try:
        yield {"memory_limit": memory_limit(), "temp_directory": str(data.spill)}
    finally:
        shutil.rmtree(data.spill, ignore_errors=True)


def dbt_executable() -> str:
    """The dbt of this very Python environment, which need not be on PATH."""
    beside_python = Path(sys.executable).with_name("dbt")
    return str(beside_python) if beside_python.exists() else shutil.which("dbt") or "dbt"

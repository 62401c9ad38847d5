"""dbt's manifest, which the assets are made from: parsed anew when the project has changed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from filelock import FileLock

from orchestration.environment import dbt_executable, export
from orchestration.settings import DUCKDB, PROJECT, SPARK, DataFolder

_ADAPTERS = {DUCKDB: "dbt-duckdb", SPARK: "dbt-spark"}
_FILES = ("dbt_project.yml", "profiles.yml")
_CACHE = "partial_parse.msgpack"
_FOLDERS = ("models", "macros", "seeds", "tests/dbt")
_PUBLISHING = ("orchestration/publishing", "orchestration/report")


class ManifestError(Exception):
    """dbt cannot parse the project; the message holds what dbt said."""


def ensure_manifest(data: DataFolder, project: Path = PROJECT) -> Path:
    """Parse the dbt project unless the manifest at hand was made from the same files.

    Args:
        data: names the target, and where its manifest is kept: ``<data>/dbt/<target>/``.
        project: folder of the dbt project.

    Returns:
        Path of the manifest.

    Raises:
        ManifestError: dbt refuses the project, or its adapter for the target is not installed.
    """
    export(data)
    data.dbt.mkdir(parents=True, exist_ok=True)
    manifest = data.dbt / "manifest.json"
    stamp = data.dbt / "manifest.fingerprint"
    # The web server, the daemon and a run may load the definitions at the same moment.
    with FileLock(data.dbt / "manifest.lock"):
        fingerprint = _fingerprint(project, _adapter(data.target), _FOLDERS)
        if manifest.exists() and stamp.exists() and stamp.read_text() == fingerprint:
            return manifest
        stamp.unlink(missing_ok=True)
        _parse(data, project).replace(manifest)
        stamp.write_text(fingerprint)
    return manifest


def read_manifest(path: Path) -> dict[str, Any]:
    """A manifest.json as a dictionary."""
    return json.loads(path.read_bytes())


def marts(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The models under models/marts, which are what is published, by name."""
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return sorted(
        (node for node in models if node["fqn"][1] == "marts"), key=lambda node: node["name"]
    )


def build_target(data: DataFolder) -> Path:
    """dbt's target folder of orchestrated builds, which keeps dbt's parse cache from run to run."""
    return data.dbt / "target"


def _parse(data: DataFolder, project: Path) -> Path:
    # Not in the build's own target folder: a running build reads and writes there.
    target = _parse_target(data)
    parsed = _dbt_parse(data, project, target)
    if parsed.returncode and (target / _CACHE).exists():
        # What dbt keeps of the last parse makes it refuse some changes that are right: a measure
        # under another name, for instance.
        (target / _CACHE).unlink()
        parsed = _dbt_parse(data, project, target)
    if parsed.returncode:
        raise ManifestError(_refusal(parsed.stdout.strip()))
    hand_over_cache(data)
    return target / "manifest.json"


def _dbt_parse(data: DataFolder, project: Path, target: Path) -> subprocess.CompletedProcess[str]:
    arguments = ["parse", "--quiet", "--target", data.target, "--project-dir", project]
    arguments += ["--profiles-dir", project, "--target-path", target, "--log-path", target]
    return subprocess.run(
        [dbt_executable(), *map(str, arguments)],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _refusal(said: str) -> str:
    # dbt resolves references before any macro could look for the model, and names no var.
    missing = re.search(
        r"depends on a node named 'stg_(.+)__api_requests' which was not found", said
    )
    if missing:
        return (
            f"var log_sources in dbt_project.yml names {missing[1]}, but there is no model "
            f"models/staging/{missing[1]}/stg_{missing[1]}__api_requests.sql: add it, as "
            "CONTRIBUTING.md says under 'Add a log source', or take the name out."
        )
    return f"dbt cannot parse the project:\n{said}"


def hand_over_cache(data: DataFolder) -> None:
    """Spare the next build the parsing that has made the manifest."""
    build = build_target(data)
    build.mkdir(exist_ok=True)
    incoming = build / f".{_CACHE}.{os.getpid()}"
    shutil.copyfile(_parse_target(data) / _CACHE, incoming)
    incoming.replace(build / _CACHE)


def _parse_target(data: DataFolder) -> Path:
    return data.dbt / "parse"


def _adapter(target: str) -> str:
    """Name and version of dbt's adapter for a target."""
    name = _ADAPTERS[target]
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        raise ManifestError(
            f"NORTH_STAR_TARGET={target} needs {name}, which this Python does not have; "
            f"`make install-{target}` installs it in .venv-{target}, where make looks for it."
        ) from None


def project_fingerprint(data: DataFolder, project: Path = PROJECT) -> str:
    """Changes with anything in the project that decides what a run publishes: SQL, lists, vars, the
    Python that publishes, and the versions of dbt and of the target's adapter.

    Raises:
        ManifestError: the adapter for the target is not installed.
    """
    return _fingerprint(project, _adapter(data.target), (*_FOLDERS, *_PUBLISHING))


def _fingerprint(project: Path, adapter: str, folders: Iterable[str]) -> str:
    # Contents rather than times: a checkout or a deleted file does not always make anything newer.
    digest = hashlib.sha256(f"{project} {version('dbt-core')} {adapter}".encode())
    for path in _inputs(project, folders):
        digest.update(str(path.relative_to(project)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _inputs(project: Path, folders: Iterable[str]) -> Iterator[Path]:
    yield from (project / name for name in _FILES)
    for folder in folders:
        files = (path for path in (project / folder).rglob("*") if path.is_file())
        yield from sorted(path for path in files if path.suffix != ".pyc")

"""The record of the last successful build, which says what the warehouse file holds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from orchestration.operations import sentence_of
from orchestration.settings import SPARK, DataFolder

ARTIFACTS = ("manifest.json", "run_results.json")
PASSED = {"success", "pass", "warn"}
_WAREHOUSE = "warehouse.json"
_BASIS = "basis.json"


def build_folder(data: DataFolder) -> Path:
    """Where the artifacts of the last successful build lie."""
    return data.dbt / "build"


def discard_build(data: DataFolder) -> None:
    """Forget the last build, because the warehouse is about to change."""
    shutil.rmtree(build_folder(data), ignore_errors=True)


def keep_build(data: DataFolder, target: Path, basis: str | None = None) -> None:
    """Keep the artifacts of a dbt build that has ended well.

    Args:
        data: the data folder.
        target: dbt's target folder of that build.
        basis: what it was made from, as ``read_basis`` told before it; None if nobody can tell.
    """
    incoming = data.dbt / ".build-incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir()
    for name in ARTIFACTS:
        shutil.copyfile(target / name, incoming / name)
    (incoming / _WAREHOUSE).write_text(json.dumps(_state(data)))
    (incoming / _BASIS).write_text(json.dumps(basis))
    discard_build(data)
    incoming.rename(build_folder(data))


def kept_basis(data: DataFolder) -> str | None:
    """What the build in the warehouse was made from; None if it is gone or nobody can tell."""
    stored = build_folder(data) / _BASIS
    return json.loads(stored.read_text()) if stored.exists() and is_as_built(data) else None


def is_as_built(data: DataFolder) -> bool:
    """Whether nobody has written to the warehouse since the build whose record is kept.

    On Spark the warehouse is the cluster's, which nobody else has to leave alone: always true.
    """
    stored, state = build_folder(data) / _WAREHOUSE, _state(data)
    return state is not None and stored.exists() and json.loads(stored.read_text()) == state


def _state(data: DataFolder) -> dict[str, int] | None:
    if data.target == SPARK:
        return {}
    try:
        found = data.warehouse.stat()
    except FileNotFoundError:
        return None
    return {"bytes": found.st_size, "modified_ns": found.st_mtime_ns}


def failed_nodes(target: Path) -> dict[str, str]:
    """The models, seeds and tests that failed in the build that wrote to ``target``.

    What was skipped behind a failure is left out. Empty when dbt never got as far as a result.

    Returns:
        By name what went wrong, in one sentence; empty for a test that has found rows.
    """
    try:
        results = json.loads((target / "run_results.json").read_bytes())["results"]
    except FileNotFoundError:
        return {}
    return {
        _short_name(result["unique_id"]): sentence_of(result["message"] or "")
        if result["status"] == "error"
        else ""
        for result in results
        if result["status"] in {"error", "fail"}
    }


def _short_name(unique_id: str) -> str:
    # test.<project>.<name>.<hash>, model.<project>.<name>
    return unique_id.split(".")[2]

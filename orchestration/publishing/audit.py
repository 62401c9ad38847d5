"""Whether a build may be published: everything in the project ran, and nothing failed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.manifest import marts, read_manifest
from orchestration.publishing.builds import ARTIFACTS, PASSED, build_folder
from orchestration.settings import DataFolder

_NAMED_AT_MOST = 5


class PublishError(Exception):
    """A set of marts is not published; the message is one sentence that says why."""


@dataclass(frozen=True)
class Build:
    """A complete and successful build.

    Attributes:
        folder: holds its manifest.json and run_results.json.
        tables: the marts, as (schema in the warehouse, name there, name as published).
        invocation_id: dbt's id of the build.
        checks_run: number of data tests.
        checks_passed: those of them that passed; a warning has not.
    """

    folder: Path
    tables: tuple[tuple[str, str, str], ...]
    invocation_id: str
    checks_run: int
    checks_passed: int


def audit_build(data: DataFolder) -> Build:
    """Read the record of the last build and refuse it unless it is complete and successful.

    Raises:
        PublishError: there is no record, or a model, seed, snapshot or test of the project is
            missing from it or has failed.
    """
    folder = build_folder(data)
    if not all((folder / name).exists() for name in ARTIFACTS):
        raise PublishError(
            "There is nothing to publish: the last dbt build failed, or there was none since."
        )
    manifest = read_manifest(folder / ARTIFACTS[0])
    run_results = json.loads((folder / ARTIFACTS[1]).read_bytes())
    status = {result["unique_id"]: result["status"] for result in run_results["results"]}

    nodes = _expected(manifest)
    not_run = [node["name"] for node in nodes if node["unique_id"] not in status]
    if not_run:
        raise PublishError(f"Only a part of the project was built: {_list(not_run)} did not run.")
    bad = [node["name"] for node in nodes if status[node["unique_id"]] not in PASSED]
    if bad:
        raise PublishError(f"The build did not pass: {_list(bad)} failed or was skipped.")

    tables = tuple((node["schema"], node["alias"], node["name"]) for node in marts(manifest))
    if not tables:
        raise PublishError("There is nothing to publish: the project has no model in models/marts.")
    checks = [node["unique_id"] for node in nodes if node["resource_type"] == "test"]
    return Build(
        folder=folder,
        tables=tables,
        invocation_id=run_results["metadata"]["invocation_id"],
        checks_run=len(checks),
        checks_passed=sum(status[check] == "pass" for check in checks),
    )


def _expected(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a full build runs: enabled nodes that leave a result.

    The manifest has no disabled models, but it keeps their tests.
    """
    kinds = {"model", "seed", "snapshot", "test"}
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] in kinds
        and node["config"]["enabled"]
        and node["config"].get("materialized") != "ephemeral"
    ]


def _list(names: Iterable[str]) -> str:
    names = sorted(names)
    rest = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {rest} more" if rest > 0 else "")

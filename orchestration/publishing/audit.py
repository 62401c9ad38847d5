"""Whether a build may be published: everything in the project ran, and nothing failed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.manifest import read_manifest
from orchestration.publishing.builds import ARTIFACTS, PASSED, build_folder, is_as_built, kept_basis
from orchestration.publishing.errors import PublishError
from orchestration.publishing.marts import Mart, published_marts
from orchestration.settings import DataFolder

_NAMED_AT_MOST = 5


@dataclass(frozen=True)
class Build:
    """A complete and successful build.

    Attributes:
        folder: holds its manifest.json and run_results.json.
        marts: what is published.
        invocation_id: dbt's id of the build.
        checks_run: number of data tests.
        checks_passed: those of them that passed; a warning has not.
        watermark: schema and name of the model that holds the build's watermark.
        basis: what it was made from; None if nobody can tell.
    """

    folder: Path
    marts: tuple[Mart, ...]
    invocation_id: str
    checks_run: int
    checks_passed: int
    watermark: tuple[str, str]
    basis: str | None


def audit_build(data: DataFolder) -> Build:
    """Read the record of the last build and refuse it unless it is complete and successful.

    Raises:
        PublishError: there is no record; a model, seed, snapshot or test of the project is missing
            from it or has failed; or the warehouse is not as the build has left it.
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
    if not is_as_built(data):
        raise PublishError(
            f"There is nothing to publish: {data.warehouse} is gone or has changed since it was "
            "built and tested; run again."
        )
    published = published_marts(manifest)
    if not published:
        raise PublishError("There is nothing to publish: the project has no model in models/marts.")
    checks = [node["unique_id"] for node in nodes if node["resource_type"] == "test"]
    (watermark,) = (node for node in nodes if node["name"] == "int_watermark")
    return Build(
        folder=folder,
        marts=published,
        invocation_id=run_results["metadata"]["invocation_id"],
        checks_run=len(checks),
        checks_passed=sum(status[check] == "pass" for check in checks),
        watermark=(watermark["schema"], watermark["alias"]),
        basis=kept_basis(data),
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

"""Macros that are run by themselves, on the connection that profiles.yml describes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.environment import export
from orchestration.manifest import build_target
from orchestration.settings import PROJECT, DataFolder

# How the words of Spark's server begin: Exception: Error running query: [CODE] Exception: [CODE]
_KINDS = re.compile(r"\S+Exception: (Error running query: )?(\[\w+\] )?")


class OperationError(Exception):
    """A macro has failed; the message holds what dbt or the engine said."""


def run_operation(
    data: DataFolder, macro: str, arguments: Mapping[str, Any], project: Path = PROJECT
) -> list[str]:
    """``dbt run-operation``, in this process: what kills a run must not leave a dbt at work behind.

    Args:
        data: names the target.
        macro: name of the macro.
        arguments: its arguments, of types that JSON has.
        project: folder of the dbt project.

    Returns:
        What the macro has logged.

    Raises:
        OperationError: the macro has failed, or could not be started.
    """
    # dbt takes a second to load, and few processes need it.
    from dbt.cli.main import dbtRunner

    export(data)
    said: dict[str, list[str]] = {}
    target = build_target(data)
    # The record of the build stands in the same folder, hence no JSON.
    command = ["--no-write-json", "--log-level", "none", "run-operation", macro]
    command += ["--args", json.dumps(arguments), "--target", data.target]
    command += ["--project-dir", str(project), "--profiles-dir", str(project)]
    command += ["--target-path", str(target), "--log-path", str(target)]

    def listen(event: Any) -> None:
        words = getattr(event.data, "exc", "") or getattr(event.data, "msg", "")
        said.setdefault(event.info.name, []).append(words)

    result = dbtRunner(callbacks=[listen]).invoke(command)
    if not result.success:
        failed = ("RunningOperationCaughtError", "RunningOperationUncaughtError")
        errors = [words for name in failed for words in said.get(name, [])]
        raise OperationError(sentence_of(errors[0] if errors else str(result.exception)))
    return said.get("JinjaLogDebug", [])


def sentence_of(error: str) -> str:
    """What went wrong, without the kinds of error before it and the macros that called it below."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    while len(lines) > 1 and lines[0].partition(" in ")[0].endswith(" Error"):
        del lines[0]
    said = _KINDS.sub("", lines[0]) if lines else "it gave no reason"
    return said if said.endswith(".") else f"{said}."

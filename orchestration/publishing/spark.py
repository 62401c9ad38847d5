"""Publishing on Spark: a database for each publication, and views that readers are switched with.

What is atomic there, and what is not. Each view is switched in one step: a query on it reads the
old set or the new one, and never finds it missing. The views together are not: for the second that
switching takes, a query that joins two of them may see one of each. Who needs one consistent set at
any moment reads the run id from the view ``publication``, which is switched last, and then the
tables in the database ``<schema>_publication_<run id>``, which never change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestration.operations import OperationError, run_operation
from orchestration.publishing.audit import Build
from orchestration.publishing.errors import PublishError, SwitchError
from orchestration.report import Question, Row
from orchestration.settings import PROJECT, DataFolder


def valid_name(run_id: str) -> str:
    """A run id in the characters that the name of a database may have: a-z, 0-9 and _."""
    return re.sub(r"[^a-z0-9_]", "_", run_id.lower())


def copy_marts(
    data: DataFolder, build: Build, publication: Mapping[str, Any], project: Path = PROJECT
) -> dict[str, Any]:
    """Copy the marts of a build and the table ``publication`` into a database of their own.

    What earlier attempts left half copied is removed first, under whichever run id.

    Args:
        data: the data folder, whose run lock the caller holds.
        build: what is copied.
        publication: the row of the table ``publication``, but for its watermark.
        project: folder of the dbt project.

    Returns:
        ``schema`` (the database), ``publication`` (its row), ``latest_final_week`` (that row of
        fct_north_star_weekly, None if there is none) and ``final_values`` (rows of
        fct_weekly_values).

    Raises:
        PublishError: Spark could not copy them, or a copy has not as many rows as the build.
    """
    arguments = {
        "name": valid_name(publication["run_id"]),
        "marts": [
            {
                "schema": mart.schema,
                "relation": mart.relation,
                "name": mart.name,
                "comment": mart.comment,
                "columns": mart.columns,
            }
            for mart in build.marts
        ],
        "watermark": build.watermark,
        "publication": {
            name: value if isinstance(value, int | str | None) else str(value)
            for name, value in publication.items()
        },
    }
    try:
        return json.loads(run_operation(data, "copy_marts", arguments, project)[-1])
    except OperationError as error:
        raise PublishError(f"Spark could not copy the marts: {error}") from None


def ask_spark(
    data: DataFolder,
    schema: str,
    tables: Iterable[str],
    questions: Sequence[Question],
    project: Path = PROJECT,
) -> dict[Question, list[Row]]:
    """The answers of a publication that was copied, in types that JSON has.

    Args:
        data: the data folder, whose run lock the caller holds.
        schema: the database of the publication.
        tables: those that are in it.
        questions: in any order; one on another table has no answer.
        project: folder of the dbt project.

    Raises:
        PublishError: Spark could not answer.
    """
    published = set(tables)
    asked = {str(n): each for n, each in enumerate(questions) if each.table in published}
    queries = {name: question.sql(schema) for name, question in asked.items()}
    try:
        answered = run_operation(data, "read_rows", {"queries": queries}, project)[-1]
    except OperationError as error:
        raise PublishError(f"Spark could not answer for the digest: {error}") from None
    answers = json.loads(answered)
    return {question: answers[name] for name, question in asked.items()}


def switch_readers(
    data: DataFolder, run_id: str, kept: Iterable[str], project: Path = PROJECT
) -> None:
    """Let the published views read a publication that was copied, and drop those that are not kept.

    Repeating it changes nothing; after an interruption it finishes.

    Args:
        data: the data folder, whose run lock the caller holds.
        run_id: of the publication.
        kept: ids of the runs whose publications stay.
        project: folder of the dbt project.

    Raises:
        SwitchError: Spark has refused, or was gone half way.
    """
    arguments = {"name": valid_name(run_id), "kept": [valid_name(each) for each in kept]}
    try:
        run_operation(data, "switch_readers", arguments, project)
    except OperationError as error:
        raise SwitchError(
            f"Spark could not switch all published views to run {run_id}: {error} Each view reads "
            "the old set or the new one until the next run has published."
        ) from None

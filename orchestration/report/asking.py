"""Asking a published database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.report.questions import Question, Row


def ask_duckdb(database: Path, questions: Sequence[Question]) -> dict[Question, list[Row]]:
    """The answers of a published database, in types that JSON has, as Spark gives them.

    Args:
        database: a file that nobody is writing.
        questions: in any order; one on a table that is not there has no answer.
    """
    with duckdb.connect(database, read_only=True) as connection:
        tables = {name for (name,) in connection.execute("show tables").fetchall()}
        return {
            question: _rows(connection, question.sql())
            for question in questions
            if question.table in tables
        }


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    answer = connection.execute(query)
    names = [name for name, *_ in answer.description]
    rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    return json.loads(json.dumps(rows, default=str))

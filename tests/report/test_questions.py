"""What the digest asks is what the marts promise to have, and the lineage knows it."""

from __future__ import annotations

import re
from datetime import date

import duckdb
import pytest
import yaml

from orchestration.publishing.publish import PUBLICATION_TYPES
from orchestration.report.claims import subjects
from orchestration.report.questions import LATEST_FINAL_WEEK, PUBLICATION, Question
from tests.conftest import PROJECT
from tests.report.marts import COLUMNS

# Each once, in an order that is the same in every process.
QUESTIONS = tuple(
    dict.fromkeys(
        (
            *(PUBLICATION, LATEST_FINAL_WEEK),
            *(each for subject in subjects(date(2025, 12, 8)) for each in subject.questions),
        )
    )
)
_MARTS = {path.stem: path for path in PROJECT.glob("models/marts/*/*.yml")}


def contract(table: str) -> dict[str, str]:
    """Columns and types as the model's yml has them."""
    if table == "publication":
        return {name: data_type for name, (data_type, _) in PUBLICATION_TYPES.items()}
    (model,) = yaml.safe_load(_MARTS[table].read_text())["models"]
    return {column["name"]: column["data_type"] for column in model["columns"]}


@pytest.mark.parametrize(
    "question",
    [each for each in QUESTIONS if each.table in {*_MARTS, "publication"}],
    ids=lambda question: f"{question.table}: {question.select[:40]}",
)
def test_a_question_is_answered_by_the_columns_that_are_promised(question: Question) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in contract(question.table).items())
    with duckdb.connect() as connection:
        connection.execute(f"create table {question.table} ({columns})")
        connection.execute(question.sql())


@pytest.mark.parametrize("table", [name for name in COLUMNS if name in {*_MARTS, "publication"}])
def test_tables_made_by_hand_are_like_the_marts(table: str) -> None:
    with duckdb.connect() as connection:
        for name, columns in (
            ("by_hand", COLUMNS[table]),
            ("promised", ", ".join(f'"{n}" {kind}' for n, kind in contract(table).items())),
        ):
            connection.execute(f"create table {name} ({columns})")
        by_hand, promised = (
            dict(row[:2] for row in connection.execute(f"describe {name}").fetchall())
            for name in ("by_hand", "promised")
        )
    assert by_hand.items() <= promised.items()


def test_no_question_asks_for_a_person() -> None:
    for question in QUESTIONS:
        assert not re.search(r"developer_id|token_id|email|login", question.sql()), question


def test_the_exposure_names_what_the_digest_reads() -> None:
    exposures = yaml.safe_load((PROJECT / "models/semantic/exposures.yml").read_text())["exposures"]
    (digest,) = (each for each in exposures if each["name"] == "weekly_digest")
    named = {re.fullmatch(r"ref\('(\w+)'\)", each)[1] for each in digest["depends_on"]}
    assert named == {each.table for each in QUESTIONS if each.table in _MARTS}

"""A published final week that changes is told with both values and the cause."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.landing import Options, compact, land, withdraw
from orchestration.publishing.current import Publication
from orchestration.publishing.log import VALUES, log_publication
from orchestration.settings import DataFolder
from tests.compiled import compile_models

MODELS = ("fct_restatements", VALUES)
QUERY = (
    "select metric, week_start::varchar, first_published_value, current_value, cause "
    "from {} where metric like 'weekly_active_%' or metric = 'new_sign_ups' "
    "order by all"
)


class Program:
    """A program's data folder, with publications one after the other."""

    def __init__(self, root: Path) -> None:
        self.data = DataFolder(root)
        self._publications = 0

    def drop(self, path: str, *rows: dict[str, Any]) -> None:
        """Put rows into a file of landing/."""
        file = self.data.landing / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def publish(self, **variables: Any) -> list[tuple[Any, ...]]:
        """Land, build, publish and log; the restatements that are published with it."""
        land(self.data, progress=lambda line: None, options=Options())
        self._publications += 1
        folder = self.data.publications / f"run-{self._publications}"
        values = folder / "parquet" / VALUES / "0.parquet"
        values.parent.mkdir(parents=True)
        models = compile_models(MODELS, variables=variables)
        with models.connect(self.data.raw / "batches") as connection:
            for step in models.steps:
                connection.execute(step.statement())
            connection.execute(f"copy {models.relations[VALUES]} to '{values}'")
            query = QUERY.format(models.relations["fct_restatements"])
            restated = connection.execute(query).fetchall()
        at = datetime(2026, 4, 1) + timedelta(days=self._publications)
        log_publication(self.data, Publication(folder.name, folder, at, False, None, None))
        return restated


def request(day: str, token: str) -> dict[str, Any]:
    return {"requested_at": f"2026-{day}T12:00:00Z", "token_id": token, "status_code": 200}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Three weeks of one token, of which two are published as final."""
    program = Program(tmp_path)
    days = ("03-03", "03-10", "03-19")
    program.drop("api_gateway/api_requests/1.jsonl", *(request(day, "ada") for day in days))
    assert program.publish() == []
    assert program.publish() == []
    return program


LATE = ("weekly_active_tokens", "2026-03-02", 1.0, 2.0, "late_rows")


def test_a_late_file_of_a_final_week_is_told_with_both_values_and_the_cause(
    program: Program,
) -> None:
    # The week of the 16th was never final: what comes for it restates nothing.
    late = [request("03-04", "grace"), request("03-17", "grace")]
    program.drop("api_gateway/api_requests/late.jsonl", *late)
    restated = program.publish()
    assert restated == [
        ("weekly_active_token_lineages", *LATE[1:]),
        LATE,
    ]
    # It stays in the ledger, whatever is published later, and when small batches are merged.
    compact(program.data, Options())
    assert program.publish() == restated


def test_an_owner_who_becomes_known_later_is_another_cause(program: Program) -> None:
    program.drop("api_gateway/api_requests/late.jsonl", request("03-04", "grace"))
    program.publish()
    owner = {"token_id": "grace", "company_id": "acme", "created_at": "2026-03-01T00:00:00Z"}
    program.drop("developer_portal/api_tokens/1.jsonl", owner)
    assert program.publish() == [
        ("weekly_active_companies", "2026-03-02", 0.0, 1.0, "new_resolution"),
        ("weekly_active_token_lineages", *LATE[1:]),
        LATE,
    ]


@pytest.mark.services  # for the time it takes to compile the models once more
def test_another_rule_is_a_cause_and_rows_that_are_taken_back_are_one(program: Program) -> None:
    program.drop("api_gateway/api_requests/late.jsonl", request("03-04", "grace"))
    program.publish()
    changed = [row for row in program.publish(min_qualified_requests=2) if row[0] == LATE[0]]
    assert changed == [
        ("weekly_active_tokens", "2026-03-02", 1.0, 0.0, "late_rows, changed_rule"),
        ("weekly_active_tokens", "2026-03-09", 1.0, 0.0, "changed_rule"),
    ]
    (program.data.landing / "api_gateway" / "api_requests" / "late.jsonl").unlink()
    withdraw(program.data, ["api_gateway/api_requests/late.jsonl"])
    changed = [row for row in program.publish() if row[0] == LATE[0]]
    assert changed == [
        ("weekly_active_tokens", "2026-03-02", 1.0, 1.0, "late_rows, removed_rows, changed_rule"),
        ("weekly_active_tokens", "2026-03-09", 1.0, 1.0, "changed_rule"),
    ]


def test_sign_ups_that_arrive_late_are_late_rows(program: Program) -> None:
    signed_up = {"developer_id": "d", "email": "d@acme.example", "signed_up_at": "2026-03-04"}
    program.drop("developer_portal/developers/1.jsonl", signed_up)
    assert program.publish() == [("new_sign_ups", "2026-03-02", 0.0, 1.0, "late_rows")]

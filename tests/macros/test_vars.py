"""A var that cannot mean anything stops dbt at its start, in one sentence that names it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.toy import ToyProject

WRONG = [
    ({"log_sources": "api_gateway"}, 'log_sources is "api_gateway", but has to be a list'),
    ({"required_log_sources": ["kong"]}, "only sources that log_sources lists (api_gateway, clo"),
    ({"week_start_day": "tuesday"}, 'has to be "monday" or "sunday"'),
    ({"reporting_timezone": "Europe/Berln"}, "has to be an IANA time zone"),
    ({"late_allowance_days": -1}, "late_allowance_days is -1, but has to be a whole number, 0 or"),
    ({"tracking_starts_at": "yesterday"}, "has to be a date"),
    ({"min_qualified_requests": True}, "is true, but has to be a whole number"),
    ({"exclude_left_truncated": "maybe"}, "has to be true or false"),
    ({"max_reject_rate": 1.5}, "max_reject_rate is 1.5, but has to be a share from 0 to 1"),
    ({"raw_retention_days": -7}, "has to be a whole number, 0 or more"),
    ({"dev_last_weeks": 4}, "dev_last_weeks is 4 on target prod, but only the dev target may"),
]
RIGHT = [
    {},
    {
        "log_sources": ["api_gateway"],
        "required_log_sources": ["api_gateway"],
        "week_start_day": "sunday",
        "reporting_timezone": "America/New_York",
        "extra_success_status_codes": [],
        "late_allowance_days": 0,
        "exclude_left_truncated": True,
    },
]

# One process for all: each dbt command would take seconds to start.
TRY = """
import json, sys
from dbt.cli.main import dbtRunner
answers = []
for vars_ in json.loads(sys.argv[1]):
    said = []
    dbt = dbtRunner(callbacks=[lambda event: said.append(event.info.msg)])
    arguments = ["--quiet", "run-operation", "validate_vars", "--target", "prod"]
    result = dbt.invoke([*arguments, "--vars", json.dumps(vars_)])
    answers.append("" if result.success else " ".join(said))
open("answers.json", "w").write(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What dbt says of each set of vars; nothing where it takes them."""
    toy = ToyProject(tmp_path_factory.mktemp("vars"))
    cases: list[dict[str, Any]] = [*(vars_ for vars_, _ in WRONG), *RIGHT]
    done = toy.python("-c", TRY, json.dumps(cases))
    assert done.returncode == 0, done.stdout
    return json.loads(Path(toy.folder, "answers.json").read_text())


@pytest.mark.parametrize(("place", "sentence"), list(enumerate(each for _, each in WRONG)))
def test_a_wrong_var_gets_one_sentence(answers: list[str], place: int, sentence: str) -> None:
    assert sentence in answers[place]


def test_right_vars_are_taken(answers: list[str]) -> None:
    assert answers[len(WRONG) :] == [""] * len(RIGHT)

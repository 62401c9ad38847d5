"""A var that cannot mean anything stops dbt at its start, in one sentence that names it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.toy import REPOSITORY, ToyProject

FIELD = {"name": "crm.companies.tier", "alias": "tier", "type": "string"}


def _fields(*fields: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    return {"crm_custom_fields": list(fields)}


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
    ({"kept_publications": 0}, "kept_publications is 0, but has to be a whole number, 1 or more"),
    ({"dev_last_weeks": 4}, "dev_last_weeks is 4 on target prod, but only the dev target may"),
    (
        {"log_sources": ["cloudtrail", "cloudtrail"]},
        "but has to be a list that names each source o",
    ),
    (
        {"log_sources": ["cloudtrail"], "required_log_sources": ["cloudtrail", "cloudtrail"]},
        "required_log_sources is ",
    ),
    ({"extra_success_status_codes": 304}, "304, but has to be a list"),
    ({"extra_success_status_codes": ["304"]}, "has to be a list of whole numbers from 100 to 599"),
    ({"extra_success_status_codes": [True]}, "has to be a list of whole numbers from 100 to 599"),
    ({"extra_success_status_codes": [304, 600]}, "has to be a list of whole numbers from 100 to"),
    ({"extra_success_status_codes": [304, 403]}, "a list without 401 and 403, which prove nothing"),
    ({"tracking_starts_at": "2000-13-45"}, '"2000-13-45", but has to be a date such as'),
    ({"tracking_starts_at": "1900-02-29"}, '"1900-02-29", but has to be a date such as'),
    ({"tracking_starts_at": "2999-01-01"}, "has to be a date that is not in the future"),
    # As a person types it: YAML makes it a date.
    ("tracking_starts_at: 2999-01-01", "is 2999-01-01, but has to be a date that is not in the"),
    ({"rebuild_weeks": "2026-10-05"}, 'has to be two days, the later one last, such as "2026'),
    ({"rebuild_weeks": "2026-11-02..2026-10-05"}, "has to be two days, the later one last"),
    ({"rebuild_weeks": ["2026-10-05", "2026-11-02"]}, "has to be two days, the later one last"),
    ({"batch_requests": 0}, "batch_requests is 0, but has to be a whole number, 1 or more"),
    ({"small_sample_size": 0}, "0, but has to be a whole number, 1 or more"),
    ({"sdk_window_days": 0}, "0, but has to be a whole number, 1 or more"),
    ({"ttfhw_exact_size": -1}, "-1, but has to be a whole number, 0 or more"),
    ({"ttfhw_curve_points": 0}, "0, but has to be a whole number, 1 or more"),
    ({"funnel_days": 0.5}, "0.5, but has to be a whole number, 1 or more"),
    ({"stuck_after_days": "a week"}, "has to be a whole number, 0 or more"),
    ({"noise_weeks": 1}, "noise_weeks is 1, but has to be a whole number, 2 or more"),
    ({"least_noise_weeks": 0}, "least_noise_weeks is 0, but has to be a whole number, 2 or more"),
    ({"noise_deviations": -1}, "noise_deviations is -1, but has to be a number, 0 or more"),
    ({"noise_deviations": "two"}, 'noise_deviations is "two", but has to be a number, 0 or more'),
    ({"explained_share": 67}, "explained_share is 67, but has to be a share from 0 to 1"),
    ({"least_explained_share": True}, "is true, but has to be a share from 0 to 1"),
    ({"silent_after_weeks": 0}, "0, but has to be a whole number, 1 or more"),
    (
        {"silent_after_weeks": 4, "lost_after_weeks": 3},
        "lost_after_weeks is 3, but has to be a whole number, 4 or more",
    ),
    ({"scorecard_baseline_weeks": 0}, "0, but has to be a whole number, 1 or more"),
    ({"rise_deviations": "3"}, 'rise_deviations is "3", but has to be a number, 0 or more'),
    ({"rise_deviations": -0.5}, "-0.5, but has to be a number, 0 or more"),
    ({"smallest_rise": 0}, "0, but has to be a whole number, 1 or more"),
    ({"volume_weeks": 0}, "volume_weeks is 0, but has to be a whole number, 1 or more"),
    ({"least_volume_weeks": 0}, "0, but has to be a whole number, 1 or more"),
    ({"volume_deviations": -1}, "volume_deviations is -1, but has to be a number, 0 or more"),
    ({"least_volume_change": 40}, "least_volume_change is 40, but has to be a share from 0 to 1"),
    ({"max_late_rate": "5%"}, "but has to be a share from 0 to 1"),
    ({"least_resolved_rate": 1.1}, "least_resolved_rate is 1.1, but has to be a share from 0 to"),
    ({"rotation_window_days": 1.5}, "1.5, but has to be a whole number, 0 or more"),
    ({"shared_token_addresses": 1}, "1, but has to be a whole number, 2 or more"),
    ({"shared_token_sdks": 0}, "0, but has to be a whole number, 2 or more"),
    ({"crm_sources": []}, "crm_sources is [], but has to be at least one CRM"),
    ({"crm_sources": "hubspot"}, 'crm_sources is "hubspot", but has to be a list'),
    ({"crm_sources": ["crm", "crm"]}, "but has to be a list that names each source once"),
    ({"crm_trust_order": ["hubspot"]}, "only CRMs that crm_sources lists (crm), or folders of the"),
    ({"crm_trust_order": ["crm_EMEA"]}, "or folders of theirs such as crm_emea"),
    ({"crm_custom_fields": ["tier"]}, "has to be a list of fields with name, alias and type, such"),
    (
        _fields({"name": "crm.companies.tier", "alias": "tier"}),
        "has to be a list of fields with name, alias and type",
    ),
    (_fields(FIELD | {"name": "crm.shops.tier"}), "crm.shops.tier is none; tables are crm.compan"),
    (_fields(FIELD | {"name": "hubspot.company.tier"}), "fields of the tables of crm_sources, and"),
    (_fields(FIELD | {"alias": "My tier"}), "fields with an alias in lower case, and My tier is n"),
    (_fields(FIELD | {"type": "date"}), "and the type of crm.companies.tier is date"),
    (
        _fields(FIELD, FIELD | {"name": "crm.contacts.tier"}),
        "fields with one meaning for an alias: tier is of two types, or of a company here and",
    ),
    (_fields(FIELD, FIELD | {"name": "crm.companies.x", "type": "bigint"}), "tier is of two types"),
    (_fields(FIELD | {"alias": "employee_count"}), "employee_count is of two types"),
    (
        {"lake_tables": ["lake.gateway_log"]},
        'lake_tables is ["lake.gateway_log"], but has to be a map',
    ),
    ({"lake_tables": {"nobody.nothing": "lake.log"}}, "a map of tables of the sources, which are"),
    (
        {"min_qualified_request": 5},
        "var min_qualified_request is given on the command line, but the",
    ),
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
        "tracking_starts_at": "2024-02-29",
        "rotation_window_days": 0,
        "shared_token_addresses": 2,
        "rise_deviations": 2.5,
        "crm_sources": ["hubspot", "crm"],
        "crm_trust_order": ["crm", "hubspot_emea"],
        "crm_custom_fields": [
            FIELD,
            FIELD | {"name": "hubspot.company.property_tier-2"},
            {"name": "hubspot.company.plan_c", "alias": "plan", "type": "string"},
            {"name": "hubspot.contact.age", "alias": "age", "type": "bigint"},
        ],
    },
    "{tracking_starts_at: 2020-01-01, extra_success_status_codes: [304, 409]}",
]

# One process and one reading of the project for all: each would take seconds.
TRY = """
import json, sys
from dbt.cli.main import dbtRunner
manifest = dbtRunner().invoke(["--quiet", "parse", "--target", "prod"]).result
answers = []
for vars_ in json.loads(sys.argv[1]):
    said = []
    dbt = dbtRunner(manifest=manifest, callbacks=[lambda event: said.append(event.info.msg)])
    arguments = ["--quiet", "run-operation", "validate_vars", "--target", "prod"]
    vars_ = vars_ if isinstance(vars_, str) else json.dumps(vars_)
    result = dbt.invoke([*arguments, "--vars", vars_])
    answers.append("" if result.success else " ".join(said))
open("answers.json", "w").write(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What dbt says of each set of vars; nothing where it takes them."""
    toy = ToyProject(tmp_path_factory.mktemp("vars"))
    cases: list[dict[str, Any] | str] = [*(vars_ for vars_, _ in WRONG), *RIGHT]
    done = toy.python("-c", TRY, json.dumps(cases))
    assert done.returncode == 0, done.stdout
    return json.loads(Path(toy.folder, "answers.json").read_text())


@pytest.mark.parametrize(("place", "sentence"), list(enumerate(each for _, each in WRONG)))
def test_a_wrong_var_gets_one_sentence(answers: list[str], place: int, sentence: str) -> None:
    assert sentence in answers[place]


def test_right_vars_are_taken(answers: list[str]) -> None:
    assert answers[len(WRONG) :] == [""] * len(RIGHT)


def test_the_vars_that_the_command_line_may_name_are_those_of_the_project() -> None:
    macro = (REPOSITORY / "macros" / "known_vars.sql").read_text()
    project = yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())
    assert re.findall(r"'(\w+)',", macro) == list(project["vars"])


@pytest.mark.parametrize(
    "name", list(yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())["vars"])
)
def test_each_var_is_validated(name: str) -> None:
    assert f"'{name}'" in (REPOSITORY / "macros" / "validate_vars.sql").read_text()

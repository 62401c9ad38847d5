"""dbt's manifest of this project, and one with made-up violations of every convention."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT

Manifest = dict[str, Any]
EVERY_CRM = ("--vars", "{crm_sources: [crm, hubspot, salesforce]}")


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """What dbt parses, once for all rules."""
    target = tmp_path_factory.mktemp("target")
    dbt = Path(sys.executable).with_name("dbt")
    done = subprocess.run(
        [dbt, "--quiet", "parse", *EVERY_CRM, "--target-path", target, "--log-path", target],
        cwd=PROJECT,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return json.loads((target / "manifest.json").read_bytes())


@pytest.fixture(scope="session")
def made_up(manifest: Manifest) -> Manifest:
    """The same project with a few nodes that do everything wrong."""
    made_up = copy.deepcopy(manifest)
    _add_wrong_staging_model(made_up)
    _add_wrong_intermediate_model(made_up)
    _add_wrong_marts(made_up)
    _add_wrong_lists_and_sources(made_up)
    _add_wrong_tests_and_macros(made_up)
    return made_up


def _copied(manifest: Manifest, kind: str, unique_id: str, path: str, **changes: Any) -> Manifest:
    """A copy of a node, under the name that its file gives it."""
    name = Path(path).stem
    node = copy.deepcopy(manifest[kind][unique_id])
    new_id = ".".join([*unique_id.split(".")[:-1], name])
    node |= {"unique_id": new_id, "name": name, "original_file_path": path, "path": path}
    node |= {"alias": name, "patch_path": f"north_star://{Path(path).with_suffix('.yml')}"}
    node |= changes
    manifest[kind][new_id] = node
    for edges in ("parent_map", "child_map"):
        manifest[edges].setdefault(new_id, [])
    return node


def _model(manifest: Manifest, path: str, **changes: Any) -> Manifest:
    """A wrong model: a copy of a mart, with whatever else is wrong about it."""
    base = "model.north_star.fct_weekly_active_tokens"
    return _copied(manifest, "nodes", base, path, **changes)


def _reads(*unique_ids: str) -> dict[str, Any]:
    return {"nodes": list(unique_ids), "macros": []}


def _add_wrong_staging_model(manifest: Manifest) -> None:
    sql = [
        "with source as (select * from crm.companies where {{ target.type }}),",
        "{{ config(enabled=var('is_on', true)) }}",
        *("select 1 as line," for _ in range(200)),
        "select * from source;",
    ]
    _model(
        manifest,
        "models/staging/crm/stg_Companies.sql",
        description="Companies.",
        raw_code="\n".join(sql),
        patch_path=None,
        depends_on=_reads(
            "source.north_star.crm.companies",
            "source.north_star.website.page_views",
            "seed.north_star.test_tokens",
            "model.north_star.stg_crm__contacts",
        ),
    )

    _model(
        manifest,
        "models/staging/crm/stg_crm__api_requests.sql",
        depends_on=_reads("source.north_star.crm.companies"),
    )


def _add_wrong_intermediate_model(manifest: Manifest) -> None:
    _model(
        manifest,
        "models/intermediate/identity/wrong.sql",
        patch_path="north_star://models/intermediate/activity/wrong.yml",
        raw_code="select bool_or(is_final) from {{ ref('dim_weeks') }} group by 1",
        depends_on=_reads("model.north_star.dim_weeks", "source.north_star.website.page_views"),
    )


def _add_wrong_marts(manifest: Manifest) -> None:
    def column(name: str, data_type: str | None, description: str = "Described.") -> dict[str, Any]:
        base = manifest["nodes"]["model.north_star.dim_weeks"]["columns"]["week_start"]
        return {**copy.deepcopy(base), "name": name, "data_type": data_type} | {
            "description": description,
            "meta": {},
            "config": {"meta": {}, "tags": []},
        }

    columns = [
        column("Wrong_Name", "varchar"),
        column("is_integer", "integer"),
        column("flag", "boolean"),
        column("text_at", "varchar"),
        column("moment", "timestamp"),
        column("text_date", "varchar"),
        column("day", "date"),
        column("whole_seconds", "bigint"),
        column("untyped", None),
        column("undescribed", "varchar", description=""),
    ]
    wrong = _model(
        manifest,
        "models/marts/core/fct_wrong.sql",
        columns={each["name"]: each for each in columns},
        depends_on=_reads("model.north_star.fct_north_star_weekly", "seed.north_star.test_tokens"),
    )
    wrong["contract"]["enforced"] = wrong["config"]["contract"]["enforced"] = False
    _model(manifest, "models/marts/core/facts.sql", depends_on=_reads("model.north_star.elsewhere"))
    _model(manifest, "models/elsewhere.sql")


def _add_wrong_lists_and_sources(manifest: Manifest) -> None:
    base = "seed.north_star.internal_domains"
    seed = _copied(manifest, "nodes", base, "seeds/Wrong.csv", description="A list.")
    seed["columns"] = {"Wrong": {**seed["columns"]["domain"], "name": "Wrong"}}
    base = "source.north_star.crm.companies"
    _copied(manifest, "sources", base, "models/staging/crm/orphan.yml", description="")


def _add_wrong_tests_and_macros(manifest: Manifest) -> None:
    for node in list(manifest["nodes"].values()):
        if node["name"] == "assert_weeks_follow_each_other":
            _copied(manifest, "nodes", node["unique_id"], "tests/dbt/singular/weeks.sql")
    base = "macro.north_star.host_of"
    other = _copied(manifest, "macros", base, "macros/other_name.sql")
    other |= {"name": "host", "macro_sql": "{{ var('week_start_day', 'monday') }}"}
    base = "macro.north_star.default__matches_pattern"
    macro = _copied(manifest, "macros", base, "macros/cross_db/default__wrong.sql")
    macro["macro_sql"] = "{% macro default__wrong(text) %} {{ text }}::regexp {% endmacro %}"
    _copied(manifest, "macros", base, "macros/duckdb__elsewhere.sql")

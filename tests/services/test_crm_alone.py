"""A project that has HubSpot or Salesforce alone: its export builds and passes its tests.

It needs no server; it is here because each takes dbt a full build.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds.test_crm_exports import Project, Variant, deliver, write_portal

pytestmark = pytest.mark.services


@pytest.mark.parametrize(("crm", "companies"), [("hubspot", 24), ("salesforce", 10)])
def test_one_crm_alone_builds_and_passes_its_tests(
    crm: str, companies: int, tmp_path: Path
) -> None:
    project = Project(tmp_path)
    deliver(Variant(crm), crm, project.data / "landing")
    write_portal(project.data / "landing", with_crm=False)
    project.edit({"crm_sources": f"[{crm}]"})
    project.run("-m", "orchestration", "land")
    said = project.build("--exclude-resource-type", "unit_test")
    other = {"hubspot": "salesforce", "salesforce": "hubspot"}[crm]
    assert f"stg_{crm}__" in said
    assert f"stg_{other}__" not in said and "stg_crm__" not in said
    found = project.rows(
        "select source_relation, count(*) from marts.dim_companies where is_in_crm group by all"
    )
    assert found == [(crm, companies)]

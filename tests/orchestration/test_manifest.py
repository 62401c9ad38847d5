"""The manifest is parsed when the project has changed, and only then."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from orchestration import manifest as module
from orchestration.manifest import ManifestError, ensure_manifest
from orchestration.settings import DataFolder
from tests.toy import ToyProject

# Stands in for dbt: counts its calls and writes what dbt parse would.
DBT = """#!/bin/sh
echo "$@" >> "{log}"
while [ "$1" != --target-path ]; do shift; done
mkdir -p "$2"
echo '{{}}' > "$2/manifest.json"
echo cache > "$2/partial_parse.msgpack"
"""


class Project:
    """A folder with what the manifest depends on, and a dbt that counts."""

    def __init__(self, place: Path) -> None:
        self.folder = place / "project"
        self.log = place / "log"
        self.dbt = place / "dbt"
        self.write("dbt_project.yml", "name: toy")
        self.write("profiles.yml", "toy:")
        self.write("models/a.sql", "select 1")
        self.write("tests/dbt/b.sql", "select 1")
        self.replace_dbt(DBT.format(log=self.log))

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def replace_dbt(self, script: str) -> None:
        self.dbt.write_text(script)
        self.dbt.chmod(self.dbt.stat().st_mode | stat.S_IEXEC)

    @property
    def parses(self) -> int:
        return len(self.log.read_text().splitlines())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    monkeypatch.setattr(module, "dbt_executable", lambda: str(project.dbt))
    monkeypatch.setattr(module, "version", lambda name: f"the version of {name}")
    for name in ("NORTH_STAR_DATA", "NORTH_STAR_TARGET", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "restored after the test")
    return project


def test_an_unchanged_project_is_parsed_once(project: Project, data: DataFolder) -> None:
    assert ensure_manifest(data, project.folder) == ensure_manifest(data, project.folder)
    assert project.parses == 1


@pytest.mark.parametrize(
    "name",
    [
        "dbt_project.yml",
        "profiles.yml",
        "models/a.sql",
        "models/new.yml",
        "seeds/new.csv",
        "macros/cross_db/new.sql",
        "tests/dbt/generic/new.sql",
    ],
)
def test_a_changed_or_new_file_parses_again(project: Project, data: DataFolder, name: str) -> None:
    ensure_manifest(data, project.folder)
    project.write(name, "changed")
    ensure_manifest(data, project.folder)
    assert project.parses == 2


def test_a_deleted_file_parses_again(project: Project, data: DataFolder) -> None:
    ensure_manifest(data, project.folder)
    (project.folder / "models" / "a.sql").unlink()
    ensure_manifest(data, project.folder)
    assert project.parses == 2


def test_each_target_has_a_manifest_of_its_own(project: Project, data: DataFolder) -> None:
    on_spark = replace(data, target="spark")
    manifests = {ensure_manifest(each, project.folder) for each in (data, on_spark, data, on_spark)}
    assert len(manifests) == project.parses == 2
    assert [
        re.search(r"--target (\w+)", call)[1] for call in project.log.read_text().splitlines()
    ] == ["prod", "spark"]


def test_an_adapter_that_is_not_installed_is_one_sentence(
    project: Project, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(module, "version", version)
    with pytest.raises(ManifestError, match=r"^NORTH_STAR_TARGET=spark needs dbt-spark, .*\.$"):
        ensure_manifest(replace(data, target="spark"), project.folder)


def test_what_dbt_refuses_is_told_and_tried_again(project: Project, data: DataFolder) -> None:
    project.replace_dbt("#!/bin/sh\necho 'model a is broken'\nexit 2\n")
    with pytest.raises(ManifestError, match="model a is broken"):
        ensure_manifest(data, project.folder)
    project.replace_dbt(DBT.format(log=project.log))
    ensure_manifest(data, project.folder)
    assert project.parses == 1


def test_a_cache_that_misleads_dbt_is_thrown_away(project: Project, data: DataFolder) -> None:
    ensure_manifest(data, project.folder)
    project.write("models/a.sql", "changed")
    misled = "#!/bin/sh\ntest ! -e {cache} || {{ echo 'measure m does not exist'; exit 2; }}\n"
    dbt = DBT.format(log=project.log).removeprefix("#!/bin/sh\n")
    cache = data.dbt / "parse" / "partial_parse.msgpack"
    project.replace_dbt(misled.format(cache=cache) + dbt)
    ensure_manifest(data, project.folder)
    assert project.parses == 2


def test_a_log_source_without_a_model_is_told_with_what_to_do(tmp_path: Path) -> None:
    toy = ToyProject(tmp_path)
    refs = "{% for log_source in log_sources() %}{{ ref('stg_' ~ log_source ~ '__api_requests') }}"
    model = toy.folder / "models" / "intermediate" / "int_requests_unioned.sql"
    model.write_text(f"{refs}{{% endfor %}}")
    toy.drop("requests.jsonl", [("2026-01-05", "token", 200)])
    done = toy.run()
    assert done.returncode
    assert (
        "var log_sources in dbt_project.yml names cloudtrail, but there is no model "
        "models/staging/cloudtrail/stg_cloudtrail__api_requests.sql: add it, as "
    ) in done.stdout

"""dbt as the assets call it: this project, in place, on the target that runs build on."""

from functools import cached_property
from importlib.metadata import version

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject
from packaging.version import Version

from orchestration.environment import dbt_executable
from orchestration.settings import PROJECT, DataFolder


class InstalledDbt(DbtCliResource):
    """The dbt of this Python environment.

    Its version is read from the environment: dagster-dbt would call ``dbt --version``, which takes
    seconds and asks PyPI for news.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))


@dg.definitions
def resources() -> dg.Definitions:
    """The resource ``dbt``."""
    project = DbtProject(PROJECT, target=DataFolder.from_environment().target)
    return dg.Definitions(resources={"dbt": InstalledDbt(project, dbt_executable=dbt_executable())})

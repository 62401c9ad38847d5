"""Settings of publishing, which stand among the vars of dbt_project.yml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestration.landing.custom_fields import project_vars
from orchestration.publishing.errors import PublishError
from orchestration.settings import PROJECT


@dataclass(frozen=True)
class Options:
    """Settings of publishing.

    Attributes:
        kept_publications: how many versions are kept, the current one included.
    """

    kept_publications: int


def read_options(project: Path = PROJECT) -> Options:
    """The settings in ``dbt_project.yml``.

    Raises:
        PublishError: a var is missing or is no number of 1 or more.
    """
    value = project_vars(project).get("kept_publications")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise PublishError(
            f"dbt_project.yml, var kept_publications: {value!r} is not a whole number of 1 or more."
        )
    return Options(value)

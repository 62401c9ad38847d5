"""Landing's settings, which stand among the vars of dbt_project.yml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestration.landing.custom_fields import project_vars
from orchestration.landing.errors import LandingError
from orchestration.settings import PROJECT


@dataclass(frozen=True)
class Options:
    """Settings of landing.

    Attributes:
        quiet_seconds: how long a file must have been left alone before it is landed.
        raw_retention_days: how long rows of logs are kept in raw/, by their event time; 0: for
            ever.
    """

    quiet_seconds: float = 0
    raw_retention_days: int = 0


def read_options(project: Path = PROJECT) -> Options:
    """The settings in ``dbt_project.yml``.

    Raises:
        LandingError: a var is missing or is no number of 0 or more.
    """
    given = project_vars(project)

    def whole_number(name: str) -> int:
        value = given.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise LandingError(
                f"dbt_project.yml, var {name}: {value!r} is not a whole number of 0 or more."
            )
        return value

    return Options(whole_number("landing_quiet_seconds"), whole_number("raw_retention_days"))

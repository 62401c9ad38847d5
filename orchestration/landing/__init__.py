"""Landing turns the files that other systems drop into landing/ into typed rows of raw/.

It knows bytes, types and secrets. Whatever has a meaning (duplicates, outcomes, weeks) is left to
the SQL models.
"""

from orchestration.landing.errors import LandingError
from orchestration.landing.landing import LandingResult, TableCounts, land

__all__ = ["LandingError", "LandingResult", "TableCounts", "land"]

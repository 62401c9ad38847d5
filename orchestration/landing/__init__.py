"""Landing turns the files that other systems drop into landing/ into typed rows of raw/.

It knows bytes, types and secrets. Whatever has a meaning (duplicates, outcomes, weeks) is left to
the SQL models.
"""

from orchestration.landing.erasing import Erasure, find_people, forget
from orchestration.landing.errors import LandingError
from orchestration.landing.landing import LandingResult, TableCounts, land
from orchestration.landing.options import Options
from orchestration.landing.rewriting import Rewriting, compact, withdraw

__all__ = [
    "Erasure",
    "LandingError",
    "LandingResult",
    "Options",
    "Rewriting",
    "TableCounts",
    "compact",
    "find_people",
    "forget",
    "land",
    "withdraw",
]

"""One database for each set of vars, built again for each world."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.compiled import compile_ahead
from tests.properties.warehouse import VARIANTS, Warehouse, variables


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Warehouse]:
    """Gives the database of a variant by its name."""
    opened: dict[str, Warehouse] = {}

    def open_(variant: str) -> Warehouse:
        # Those of all variants at once, because dbt starts only once then.
        compile_ahead(variables(settings) for settings in VARIANTS.values())
        if variant not in opened:
            opened[variant] = Warehouse(VARIANTS[variant], tmp_path_factory.mktemp(variant))
        return opened[variant]

    return open_

"""The pages of this project without a build: dbt need only parse it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pytest

from tests.conventions.conftest import manifest  # noqa: F401
from tools.catalogue.content import Catalogue
from tools.catalogue.pages import render
from tools.semantic_layer import SemanticLayer


@pytest.fixture(scope="session")
def catalogue(manifest: dict[str, Any]) -> Catalogue:  # noqa: F811
    """What the pages say."""
    return Catalogue(manifest, SemanticLayer(manifest, duckdb.connect()))


@pytest.fixture(scope="session")
def pages(catalogue: Catalogue) -> Mapping[str, str]:
    """The pages by file name."""
    return render(catalogue, edition=None)

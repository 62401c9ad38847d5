"""What HubSpot and Salesforce say of companies and people has the effect that the files have."""

from __future__ import annotations

from itertools import product

import pytest

from tests.properties.comparison import differences, message
from tests.properties.crms import RetoldWorld
from tests.properties.reference import Settings, marts_of, understand
from tests.properties.warehouse import Warehouse
from tests.properties.worlds import random_world

ALL = ("crm", "hubspot", "salesforce")
# Which CRMs a world's companies lie in; its contacts are in the last one.
TOLD_BY = {
    "hubspot": ("hubspot",),
    "salesforce": ("salesforce",),
    "all, people in salesforce": ALL,
    "all, people in hubspot": ("salesforce", "crm", "hubspot"),
}
WORLDS = range(6)


@pytest.fixture(scope="module")
def all_crms(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with every CRM switched on."""
    return Warehouse(Settings(), tmp_path_factory.mktemp("crms"), crm_sources=ALL)


@pytest.mark.parametrize(("told_by", "seed"), list(product(TOLD_BY, WORLDS)))
def test_a_world_is_the_same_whichever_crm_tells_it(
    told_by: str, seed: int, all_crms: Warehouse
) -> None:
    retold = RetoldWorld(random_world(seed, Settings()), TOLD_BY[told_by])
    expected = retold.renamed(marts_of(understand(retold.told, Settings()), retold.told))
    told = differences(expected, all_crms.build(retold.tables))
    assert not told, message(seed, told_by, told)

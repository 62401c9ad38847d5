"""What HubSpot and Salesforce say of companies and people has the effect that the files have."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from typing import Any

import pytest

from tests.properties.comparison import differences, message
from tests.properties.crms import RetoldWorld
from tests.properties.reference import Settings, marts_of, understand
from tests.properties.warehouse import Warehouse
from tests.properties.worlds import (
    COMPANIES,
    DEVELOPERS,
    REQUESTS,
    TOKENS,
    Row,
    deliver,
    full_row,
    random_world,
)

pytestmark = pytest.mark.services

ALL = ("crm", "hubspot", "salesforce")
# Which CRMs a world's companies lie in; its contacts are in the last one.
TOLD_BY = {
    "hubspot": ("hubspot",),
    "salesforce": ("salesforce",),
    "all, people in salesforce": ALL,
    "all, people in hubspot": ("salesforce", "crm", "hubspot"),
}
WORLDS = range(4)


@pytest.fixture(scope="module")
def all_crms(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with every CRM switched on."""
    return Warehouse(Settings(), tmp_path_factory.mktemp("crms"), crm_sources=ALL)


@pytest.fixture(scope="module")
def two_facts(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The same for active tokens and companies only, which takes half the time."""
    marts = ("fct_weekly_active_tokens", "fct_weekly_active_companies")
    return Warehouse(Settings(), tmp_path_factory.mktemp("facts"), marts, crm_sources=ALL)


@pytest.mark.parametrize(("told_by", "seed"), list(product(TOLD_BY, WORLDS)))
def test_a_world_is_the_same_whichever_crm_tells_it(
    told_by: str, seed: int, all_crms: Warehouse
) -> None:
    retold = RetoldWorld(random_world(seed, Settings()), TOLD_BY[told_by])
    expected = retold.renamed(marts_of(understand(retold.told, Settings()), retold.told))
    told = differences(expected, all_crms.build(retold.tables))
    assert not told, message(seed, told_by, told)


# -- One thing at a time ---------------------------------------------------------------------------

LANDED_AT = datetime(2020, 3, 1)
MONDAY = datetime(2020, 1, 6)
CALLERS = {"ann": "ann@a.example", "bob": "bob@b.example", "cid": "cid@gmail.com"}


def hubspot(table: str, **values: Any) -> Row:
    """A row of HubSpot's."""
    return full_row(f"hubspot/{table}", **({"_source_relation": "hubspot"} | values))


def salesforce(table: str, **values: Any) -> Row:
    """A row of Salesforce's."""
    return full_row(f"salesforce/{table}", **({"_source_relation": "salesforce"} | values))


def company(crm: str, number: str, domain: str | None = None, **values: Any) -> Row:
    """A company, as the CRM has it."""
    if crm == "hubspot":
        return hubspot("company", company_id=number, domain=domain, **values)
    return salesforce("account", account_id=number, website=domain, **values)


def contact(crm: str, number: str, email: str, company_id: str | None, **values: Any) -> Row:
    """A contact, as the CRM has it."""
    if crm == "hubspot":
        return hubspot("contact", contact_id=number, email=email, company_id=company_id, **values)
    return salesforce("contact", contact_id=number, email=email, account_id=company_id, **values)


def active_companies(
    warehouse: Warehouse, tables: dict[str, list[Row]], **named: str
) -> dict[str, tuple[str, str]]:
    """Who is active in a week in which ann, bob and cid call the API once each.

    Args:
        warehouse: to build.
        tables: rows of the CRMs.
        named: company ids that the portal has for a caller.

    Returns:
        Each active company's ultimate parent and callers.
    """
    calls = [
        full_row(REQUESTS, token_id=name, requested_at=MONDAY, status_code=200) for name in CALLERS
    ]
    people = [
        full_row(
            DEVELOPERS,
            developer_id=name,
            email=email,
            signed_up_at=MONDAY,
            company_id=named.get(name),
        )
        for name, email in CALLERS.items()
    ]
    keys = [
        full_row(TOKENS, token_id=name, developer_id=name, created_at=MONDAY) for name in CALLERS
    ]
    tables = {REQUESTS: calls, DEVELOPERS: people, TOKENS: keys} | tables
    marts = warehouse.build(
        {table: deliver(rows, table, LANDED_AT) for table, rows in tables.items()}
    )
    callers: dict[str, list[str]] = {}
    for row in marts["fct_weekly_active_tokens"]:
        callers.setdefault(row["company_id"], []).append(row["token_id"])
    companies = marts["fct_weekly_active_companies"]
    assert all(row["active_tokens"] == len(callers[row["company_id"]]) for row in companies)
    return {
        row["company_id"]: (
            row["ultimate_parent_company_id"],
            ", ".join(sorted(callers[row["company_id"]])),
        )
        for row in companies
    }


TWO = {
    crm: [company(crm, "1", "a.example"), company(crm, "2", "b.example")]
    for crm in ("hubspot", "salesforce")
}
TABLES = {
    "hubspot": ("hubspot/company", "hubspot/contact"),
    "salesforce": ("salesforce/account", "salesforce/contact"),
}
ALONE = {"merged_company_ids": "9;2", "additional_domains": "b.example"}
LOSER = {"master_record_id": "1", "is_deleted": True}
BOTH = pytest.mark.parametrize("crm", TABLES)


@BOTH
def test_companies_of_a_crm_are_counted_by_its_domains(crm: str, two_facts: Warehouse) -> None:
    assert active_companies(two_facts, {TABLES[crm][0]: TWO[crm]}) == {
        f"{crm}:1": (f"{crm}:1", "ann"),
        f"{crm}:2": (f"{crm}:2", "bob"),
    }


@pytest.mark.parametrize(
    ("crm", "companies"),
    [
        ("hubspot", [TWO["hubspot"][0] | {"merged_company_ids": "2"}, TWO["hubspot"][1]]),
        ("hubspot", [TWO["hubspot"][0] | ALONE]),
        ("salesforce", [TWO["salesforce"][0], TWO["salesforce"][1] | LOSER]),
    ],
    ids=["hubspot", "hubspot, the other gone", "salesforce"],
)
def test_merged_companies_are_one(crm: str, companies: list[Row], two_facts: Warehouse) -> None:
    found = active_companies(two_facts, {TABLES[crm][0]: companies}, cid="2")
    assert found == {f"{crm}:1": (f"{crm}:1", "ann, bob, cid")}


@BOTH
def test_a_parent_owns_and_does_not_swallow(crm: str, two_facts: Warehouse) -> None:
    parent = "parent_company_id" if crm == "hubspot" else "parent_id"
    companies = [TWO[crm][0], TWO[crm][1] | {parent: "1"}]
    assert active_companies(two_facts, {TABLES[crm][0]: companies}) == {
        f"{crm}:1": (f"{crm}:1", "ann"),
        f"{crm}:2": (f"{crm}:1", "bob"),
    }


@BOTH
@pytest.mark.parametrize("deleted", ["is_deleted", "is_deleted_by_loader"])
def test_a_deleted_contact_and_a_deleted_company_employ_nobody(
    crm: str, deleted: str, two_facts: Warehouse
) -> None:
    companies, contacts = TABLES[crm]
    cid = contact(crm, "7", "CID@gmail.com ", "1")
    found = active_companies(two_facts, {companies: TWO[crm], contacts: [cid]})
    assert found[f"{crm}:1"] == (f"{crm}:1", "ann, cid")
    found = active_companies(two_facts, {companies: TWO[crm], contacts: [cid | {deleted: True}]})
    assert found[f"{crm}:1"] == (f"{crm}:1", "ann")
    dead = [TWO[crm][0] | {deleted: True}, TWO[crm][1]]
    found = active_companies(two_facts, {companies: dead, contacts: [cid]})
    assert found == {f"{crm}:2": (f"{crm}:2", "bob")}
    # A token or developer that names it still counts for it.
    found = active_companies(two_facts, {companies: dead, contacts: [cid]}, ann="1")
    assert found.keys() == {f"{crm}:1", f"{crm}:2"}


@BOTH
@pytest.mark.parametrize("number", range(4))
def test_a_deletion_counts_though_the_record_keeps_its_date(
    crm: str, number: int, two_facts: Warehouse
) -> None:
    """Deleting a record of HubSpot does not move its date; the loader's reading tells the order."""
    companies, contacts = TABLES[crm]
    first, second = datetime(2020, 1, 1), datetime(2020, 2, 1)
    cid = contact(crm, "7", "cid@gmail.com", "1", created_at=datetime(2019, 1, number + 1))
    seen = [
        cid | {"updated_at": MONDAY, "synced_at": first},
        cid | {"updated_at": MONDAY, "synced_at": second, "is_deleted_by_loader": True},
    ]
    found = active_companies(two_facts, {companies: TWO[crm], contacts: seen})
    assert found[f"{crm}:1"] == (f"{crm}:1", "ann")
    restored = [seen[0] | {"synced_at": second}, seen[1] | {"synced_at": first}]
    found = active_companies(two_facts, {companies: TWO[crm], contacts: restored})
    assert found[f"{crm}:1"] == (f"{crm}:1", "ann, cid")


@BOTH
def test_who_changes_the_company_counts_for_the_new_one(crm: str, two_facts: Warehouse) -> None:
    before, after = datetime(2019, 1, 1), datetime(2020, 2, 1)
    companies, contacts = TABLES[crm]
    first = contact(crm, "7", "cid@gmail.com", "1", updated_at=before)
    second = contact(crm, "7", "cid@gmail.com", "2", updated_at=after)
    for rows in ([first, second], [second, first]):
        found = active_companies(two_facts, {companies: TWO[crm], contacts: rows})
        assert found == {
            f"{crm}:1": (f"{crm}:1", "ann"),
            f"{crm}:2": (f"{crm}:2", "bob, cid"),
        }


def test_a_change_of_company_may_stand_in_the_property_history_only(two_facts: Warehouse) -> None:
    moved = hubspot(
        "contact_property_history",
        contact_id="7",
        property_name="associatedcompanyid",
        property_value="2",
        changed_at=datetime(2020, 2, 1),
    )
    tables = {
        "hubspot/company": TWO["hubspot"],
        "hubspot/contact": [
            contact("hubspot", "7", "cid@gmail.com", "1", updated_at=datetime(2019, 1, 1))
        ],
        "hubspot/contact_property_history": [moved],
    }
    assert active_companies(two_facts, tables)["hubspot:2"] == ("hubspot:2", "bob, cid")


@pytest.mark.parametrize(
    "tables",
    [
        {"hubspot/contact": [contact("hubspot", "7", "cid@x.example", "1", merged_contact_ids="8"),
                             contact("hubspot", "8", "cid@gmail.com", "2")]},
        {"hubspot/contact": [contact("hubspot", "7", "cid@x.example", "1"),
                             contact("hubspot", "8", "cid@gmail.com", "2")],
         "hubspot/contact_merge_audit": [
             hubspot("contact_merge_audit", contact_id="7", merged_contact_id="8")]},
        {"hubspot/contact": [contact("hubspot", "7", "cid@x.example", "1",
                                     additional_emails="x@y.example;CID@gmail.com")]},
        {"salesforce/contact": [contact("salesforce", "7", "cid@x.example", "1"),
                                contact("salesforce", "8", "cid@gmail.com", "2",
                                        master_record_id="7", is_deleted=True)]},
        {"salesforce/contact": [contact("salesforce", "7", "cid@x.example", "1")],
         "salesforce/lead": [salesforce("lead", lead_id="9", email="cid@gmail.com",
                                        converted_contact_id="7", converted_account_id="2")]},
        {"salesforce/lead": [salesforce("lead", lead_id="9", email="cid@gmail.com",
                                        converted_contact_id="7", converted_account_id="1")]},
    ],
    ids=["listed", "audited", "second address", "salesforce", "lead", "lead without its contact"],
)  # fmt: skip
def test_a_merged_contact_is_the_one_it_lives_on_in(
    tables: dict[str, list[Row]], two_facts: Warehouse
) -> None:
    crm = next(iter(tables)).partition("/")[0]
    found = active_companies(two_facts, tables | {TABLES[crm][0]: TWO[crm]})
    assert found[f"{crm}:1"] == (f"{crm}:1", "ann, cid")


def test_two_portals_do_not_mix_up_their_ids(two_facts: Warehouse) -> None:
    emea = {"_source_relation": "hubspot_emea"}
    tables = {
        "hubspot/company": [
            company("hubspot", "1", "a.example"),
            company("hubspot", "1", "b.example", **emea),
            company("hubspot", "2", "c.example", **emea),
        ],
        "hubspot/contact": [
            contact("hubspot", "7", "someone@gmail.com", "1"),
            contact("hubspot", "7", "cid@gmail.com", "2", **emea),
        ],
    }
    assert active_companies(two_facts, tables) == {
        "hubspot:1": ("hubspot:1", "ann"),
        "hubspot_emea:1": ("hubspot_emea:1", "bob"),
        "hubspot_emea:2": ("hubspot_emea:2", "cid"),
    }
    # A plain id is a company's where only one has it.
    found = active_companies(two_facts, tables, ann="1", bob="2", cid="hubspot_emea:1")
    assert found == {
        "1": ("1", "ann"),
        "hubspot_emea:2": ("hubspot_emea:2", "bob"),
        "hubspot_emea:1": ("hubspot_emea:1", "cid"),
    }


def test_a_company_that_two_facts_know_is_one(two_facts: Warehouse) -> None:
    tables = {
        COMPANIES: [full_row(COMPANIES, company_id="acme", name="Acme", domain="a.example")],
        "hubspot/company": [
            company("hubspot", "1", "https://www.A.example", additional_domains="b.example")
        ],
        "salesforce/account": [
            company("salesforce", "001", "a.example", industry="software", parent_id="002")
        ],
        "salesforce/contact": [contact("salesforce", "003", "cid@gmail.com", "001")],
    }
    assert active_companies(two_facts, tables) == {"acme": ("salesforce:002", "ann, bob, cid")}

"""The CRM of a random world told by other systems: HubSpot and Salesforce in place of the files.

What they tell is the same, so the marts have to be those of the reference, but for the names of the
companies. What a system cannot say is taken out of the world before.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from tests.properties.reference import Marts
from tests.properties.worlds import COMPANIES, CONTACTS, Row, World, deliver, full_row

HUBSPOT = "hubspot"
SALESFORCE = "salesforce"
FILES = "crm"
_COMPANY_PROPERTIES = {
    "name": "name",
    "domain": "domain",
    "additional_domains": "hs_additional_domains",
    "industry": "industry",
    "country": "country",
    "employee_count": "numberofemployees",
    "parent_company_id": "hs_parent_company_id",
}
# A field that a portal added; the reference does not know it.
CUSTOM_FIELD = "property_support-tier"
_CONTACT_PROPERTIES = {"email": "email", "company_id": "associatedcompanyid"}


class RetoldWorld:
    """A world whose companies and contacts lie in some CRMs.

    Attributes:
        told: its tables in the default layout, for the reference.
        tables: its tables as the CRMs have them, for the models.
    """

    def __init__(self, world: World, crms: Sequence[str]) -> None:
        """Distributes the companies over the CRMs.

        Args:
            world: to tell anew.
            crms: ``crm``, ``hubspot`` and ``salesforce``, or some of them. The contacts, whose
                addresses a person may share, are in the last one.
        """
        self._random = random.Random(f"{world.seed} {crms}")
        self._crms = crms
        self._landed_at = world.tables[COMPANIES][0]["_landed_at"]
        companies = [self._sayable(row) for row in _distinct(world.tables[COMPANIES])]
        contacts = [self._of_one_crm(row) for row in _distinct(world.tables[CONTACTS])]
        self.told = world.tables | {
            COMPANIES: deliver(companies, "companies", self._landed_at),
            CONTACTS: deliver(contacts, "contacts", self._landed_at),
        }
        self.tables = world.tables | {COMPANIES: [], CONTACTS: []}
        for crm in crms:
            self._tell(crm, [row for row in companies if self._crm_of(row["company_id"]) == crm])
        self._tell_contacts(crms[-1], contacts)

    def renamed(self, marts: Marts) -> Marts:
        """The marts of the reference, the companies named as the models have to name them."""
        return {
            name: [
                {
                    column: self._key(value) if column.endswith("company_id") else value
                    for column, value in row.items()
                }
                for row in rows
            ]
            for name, rows in marts.items()
        }

    def _key(self, company_id: str | None) -> str | None:
        crm = self._crm_of(company_id)
        return company_id if crm in (None, FILES) else f"{crm}:{company_id}"

    def _crm_of(self, company_id: str | None) -> str | None:
        """The CRM that knows a company; None for ids that only tokens and developers know."""
        if company_id and company_id.startswith("gone from "):
            return company_id.removeprefix("gone from ")
        if company_id and company_id[1:].isdigit():
            return self._crms[int(company_id[1:]) % len(self._crms)]
        return None

    # -- What a CRM can say ------------------------------------------------------------------------

    def _link(self, crm: str, other: str | None) -> str | None:
        """A company that a record names: of its own CRM, or one that this has no longer."""
        if other == "c-gone":
            return f"gone from {crm}"
        return other if self._crm_of(other) == crm else None

    def _sayable(self, row: Row) -> Row:
        crm = self._crm_of(row["company_id"])
        row = row | {
            "parent_company_id": self._link(crm, row["parent_company_id"]),
            "merged_into_company_id": self._link(crm, row["merged_into_company_id"]),
        }
        if len(self._crms) > 1 and row["domain"] == "shared.example":
            row["domain"] = None  # else it would be one company that two CRMs know
        if crm != FILES:
            row["plan"] = None
        if crm == SALESFORCE:
            row["additional_domains"] = None
        if crm == HUBSPOT and (row["merged_into_company_id"] or "").startswith("gone"):
            row["merged_into_company_id"] = None  # who lives on says so, and has to be there
        return row

    def _of_one_crm(self, row: Row) -> Row:
        return row | {"company_id": self._link(self._crms[-1], row["company_id"])}

    # -- How it says it ----------------------------------------------------------------------------

    def _tell(self, crm: str, companies: list[Row]) -> None:
        if crm == FILES:
            self._land(COMPANIES, companies)
        elif crm == SALESFORCE:
            merged = _merged_away(companies)
            self._land(
                "salesforce/account",
                [_account(row, row["company_id"] in merged) for row in companies],
            )
        else:
            tiers = [
                row | {CUSTOM_FIELD: self._random.choice(["gold", "iron"])} for row in companies
            ]
            properties = _COMPANY_PROPERTIES | {CUSTOM_FIELD: CUSTOM_FIELD.partition("_")[2]}
            self._tell_hubspot("company", tiers, properties)
            self._merge(self.tables["hubspot/company"], companies)

    def _tell_contacts(self, crm: str, contacts: list[Row]) -> None:
        if crm == FILES:
            self._land(CONTACTS, contacts)
        elif crm == SALESFORCE:
            self._land("salesforce/contact", [_salesforce_contact(row) for row in contacts])
        else:
            self._tell_hubspot("contact", contacts, _CONTACT_PROPERTIES)
            self._associate()

    def _tell_hubspot(self, entity: str, rows: list[Row], properties: dict[str, str]) -> None:
        """The versions of a record as deliveries, or the older ones as its property history."""
        table, key = f"hubspot/{entity}", f"{entity}_id"
        snapshots, history = [], []
        for record in dict.fromkeys(row[key] for row in rows):
            versions = sorted((row for row in rows if row[key] == record), key=_version_at)
            older = versions[:-1]
            has_history = _version_at(versions[0]) > datetime.min and self._random.random() < 0.6
            for version in versions if not has_history else versions[-1:]:
                snapshots.append(
                    full_row(
                        table,
                        **{key: record, "_source_relation": HUBSPOT},
                        created_at=version["created_at"],
                        updated_at=version["updated_at"],
                    )
                    | {column: version[column] for column in properties}
                )
            for version in versions if has_history and older else ():
                history += [
                    full_row(
                        f"{table}_property_history",
                        **{key: record, "_source_relation": HUBSPOT},
                        property_name=name,
                        property_value=None if version[column] is None else str(version[column]),
                        changed_at=_version_at(version),
                    )
                    for column, name in properties.items()
                ]
        self._land(table, snapshots)
        self._land(f"{table}_property_history", history)

    def _merge(self, snapshots: list[Row], companies: list[Row]) -> None:
        """Who lives on lists whom it took in, in its latest delivery."""
        latest = {row["company_id"]: row for row in sorted(companies, key=_version_at)}
        merged: dict[str, list[str]] = {}
        for company_id, row in latest.items():
            if row["merged_into_company_id"]:
                merged.setdefault(row["merged_into_company_id"], []).append(company_id)
        for row in snapshots:
            if row["company_id"] in merged:
                row["merged_company_ids"] = ";".join(merged[row["company_id"]])

    def _associate(self) -> None:
        """Contacts of one version name their company themselves, or by an association."""
        contacts = self.tables["hubspot/contact"]
        with_history = {
            row["contact_id"] for row in self.tables["hubspot/contact_property_history"]
        }
        ids = [row["contact_id"] for row in contacts]
        associations = []
        for row in contacts:
            is_single = ids.count(row["contact_id"]) == 1 and row["contact_id"] not in with_history
            if row["company_id"] and is_single and self._random.random() < 0.5:
                associations += [
                    full_row(
                        "hubspot/contact_company",
                        _source_relation=HUBSPOT,
                        contact_id=row["contact_id"],
                        company_id=row["company_id"],
                        type_id=type_id,
                    )
                    for type_id in ("279", "1")
                ]
                row["company_id"] = None
        self._land("hubspot/contact_company", associations)

    def _land(self, table: str, rows: Iterable[Row]) -> None:
        rows = list(rows)
        self._random.shuffle(rows)
        again = [row for row in rows if self._random.random() < 0.1]
        self.tables[table] = [
            row
            for number, file in enumerate((rows, again))
            for row in deliver(file, f"{table} {number}", self._landed_at)
        ]


def _distinct(rows: Iterable[Row]) -> list[Row]:
    """Rows without their second deliveries."""
    found: dict[str, Row] = {}
    for row in rows:
        content = {name: value for name, value in row.items() if not name.startswith("_")}
        found.setdefault(str(content), row)
    return list(found.values())


def _version_at(row: Row) -> Any:
    return row["updated_at"] or row["created_at"] or datetime.min


def _merged_away(companies: Iterable[Row]) -> set[str]:
    """Companies that were merged into another one, but for those that only went in a circle."""
    rows = sorted(companies, key=_version_at)
    next_id = {row["company_id"]: row["merged_into_company_id"] for row in rows}
    merged = set()
    for company_id in next_id:
        walked, end = {company_id}, next_id[company_id]
        while end not in walked and next_id.get(end):
            walked.add(end)
            end = next_id[end]
        if end and end not in walked:
            merged.add(company_id)
    return merged


def _account(row: Row, is_merged: bool) -> Row:
    return full_row(
        "salesforce/account",
        _source_relation=SALESFORCE,
        account_id=row["company_id"],
        name=row["name"],
        website=row["domain"],
        parent_id=row["parent_company_id"],
        master_record_id=row["merged_into_company_id"],
        # Salesforce deletes who was merged; it lives on all the same.
        is_deleted=is_merged,
        **{name: row[name] for name in ("industry", "country", "employee_count")},
        **{name: row[name] for name in ("created_at", "updated_at")},
    )


def _salesforce_contact(row: Row) -> Row:
    return full_row(
        "salesforce/contact",
        _source_relation=SALESFORCE,
        contact_id=row["contact_id"],
        account_id=row["company_id"],
        **{name: row[name] for name in ("email", "created_at", "updated_at")},
    )

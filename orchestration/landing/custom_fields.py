"""The fields that a program has added to its CRM, as the var ``crm_custom_fields`` names them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from orchestration.landing.errors import LandingError
from orchestration.settings import PROJECT

DATA_TYPES = {"string": "varchar", "bigint": "bigint", "double": "double", "boolean": "boolean"}
_KEYS = {"name", "alias", "type"}


@dataclass(frozen=True)
class CustomField:
    """One field of one raw table.

    Attributes:
        table: ``source.table``.
        column: the field's name in the files.
        data_type: its type in raw/.
    """

    table: str
    column: str
    data_type: str


def read_custom_fields(project: Path = PROJECT) -> tuple[CustomField, ...]:
    """The custom fields in ``dbt_project.yml``; macros/custom_fields.sql reads the same var.

    Raises:
        LandingError: the var is not a list of fields with name, alias and type.
    """
    file = project / "dbt_project.yml"
    document = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    given = (document.get("vars") or {}).get("crm_custom_fields") or []
    if not isinstance(given, list):
        raise LandingError(f"{file.name}, var crm_custom_fields: {given!r} is not a list of fields.")
    return tuple(_custom_field(f"{file.name}, var crm_custom_fields", field) for field in given)


def _custom_field(where: str, given: object) -> CustomField:
    if not isinstance(given, dict) or set(given) != _KEYS:
        raise LandingError(f"{where}: {given!r} needs exactly name, alias and type.")
    match = re.fullmatch(r"(\w+\.\w+)\.(.+)", str(given["name"]))
    if not match:
        raise LandingError(
            f"{where}: the name {given['name']!r} is not source.table.field, such as "
            "hubspot.company.property_tier."
        )
    if given["type"] not in DATA_TYPES:
        raise LandingError(
            f"{where}: the type of {given['name']} is {given['type']!r}, which is none of "
            f"{', '.join(DATA_TYPES)}."
        )
    return CustomField(match[1], match[2], DATA_TYPES[given["type"]])

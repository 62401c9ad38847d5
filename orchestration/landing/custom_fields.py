"""The fields that a program has added to its CRM, as the var ``crm_custom_fields`` names them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.landing.errors import LandingError
from orchestration.settings import PROJECT

DATA_TYPES = {"string": "varchar", "bigint": "bigint", "double": "double", "boolean": "boolean"}
_KEYS = {"name", "alias", "type"}
_WHERE = "dbt_project.yml, var crm_custom_fields"


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
    given = project_vars(project).get("crm_custom_fields") or []
    if not isinstance(given, list):
        raise LandingError(f"{_WHERE}: {given!r} is not a list of fields.")
    fields = tuple(dict.fromkeys(_custom_field(field) for field in given))
    for field in fields:
        for other in fields:
            if (
                other != field
                and other.table == field.table
                and other.column.lower() == field.column.lower()
            ):
                raise LandingError(
                    f"{_WHERE}: {field.table}.{field.column} and {other.table}.{other.column} are "
                    "one field with two types or spellings; give it one."
                )
    return fields


def project_vars(project: Path) -> dict[str, Any]:
    """The vars in ``dbt_project.yml``.

    Raises:
        LandingError: the file is no YAML, or its vars are no mapping.
    """
    file = project / "dbt_project.yml"
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    except yaml.YAMLError as error:
        raise LandingError(
            f"{file.name} cannot be read: {' '.join(str(error).split())}."
        ) from error
    given = document.get("vars") or {} if isinstance(document, dict) else None
    if not isinstance(given, dict):
        raise LandingError(f"{file.name}: its vars are not a list of names with values.")
    return given


def _custom_field(given: object) -> CustomField:
    if not isinstance(given, dict) or set(given) != _KEYS:
        raise LandingError(f"{_WHERE}: {given!r} needs exactly name, alias and type.")
    match = re.fullmatch(r"(\w+\.\w+)\.([^.]+)", str(given["name"]))
    if not match:
        raise LandingError(
            f"{_WHERE}: the name {given['name']!r} is not source.table.field, such as "
            "hubspot.company.property_tier."
        )
    if not isinstance(given["type"], str) or given["type"] not in DATA_TYPES:
        raise LandingError(
            f"{_WHERE}: the type of {given['name']} is {given['type']!r}, which is none of "
            f"{', '.join(DATA_TYPES)}."
        )
    return CustomField(match[1], match[2], DATA_TYPES[given["type"]])

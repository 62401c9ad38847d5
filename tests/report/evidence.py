"""Whether each number of a digest is what the query behind it gives, pasted as it stands."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Protocol

from orchestration.wording import duration, number, rate, week_dates

# Numbers that are words: no table has them.
_WORDS = (
    "of 7 days;", "of 7 days.", "within 7 days", "seven",
)  # fmt: skip
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


class Asked(Protocol):
    """A connection to what is published, as DB-API has it."""

    def execute(self, query: str) -> Any: ...


def unproven(text: str, connection: Asked) -> list[str]:
    """The claims of a digest with a number that their evidence does not give.

    Args:
        text: the digest.
        connection: asked with the queries below the lines.
    """
    queries = evidence(text)
    told = text.partition("```")[0]
    found = []
    for line in told.splitlines():
        claim, references = re.fullmatch(r"(.*?)((?:\[\d+\])*)", line).groups()
        given = {
            known
            for reference in re.findall(r"\d+", references)
            for value in _values(connection, queries[reference])
            for known in _told(value)
        }
        for words in _WORDS:
            claim = claim.replace(words, "")
        missing = [each for each in _NUMBER.findall(claim) if each.rstrip(",") not in given]
        if missing and not line.startswith("# "):
            found.append(f"{line}: {', '.join(missing)}")
    return found


def evidence(text: str) -> dict[str, str]:
    """The queries of a digest, by their references."""
    block = text.split("```")[1]
    return dict(re.findall(r"-- \[(\d+)\]\n(.*?);\n", block, re.S))


def _values(connection: Asked, query: str) -> Iterator[Any]:
    answered = connection.execute(query).fetchall()
    for row in answered:
        yield from row


def _told(value: Any) -> set[str]:
    """The numbers in all the forms that a value may be told in."""
    forms = [str(value), str(value)[:8]]
    if isinstance(value, date):
        forms.append(week_dates(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        size = abs(value)
        forms += [number(size), rate(size), duration(size), f"{size:.2f}", f"{100 * size:.1f}"]
        forms += [number(math.floor(size)), number(math.ceil(size))]
    return {each.rstrip(",") for form in forms for each in _NUMBER.findall(form)}

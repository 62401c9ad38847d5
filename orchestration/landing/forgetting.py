"""People who asked to be forgotten: what names them, as keyed hashes, and nothing else of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from orchestration.landing.contract import Table
from orchestration.landing.errors import LandingError
from orchestration.landing.secrets import TokenKey, hash_expression, literal
from orchestration.landing.values import identifier

FORGOTTEN = "the person asked to be forgotten"


class ForgottenPeople:
    """The list ``forgotten.json`` in the data folder.

    A person is named by the values of columns that the contract marks with ``person``: a
    developer's id, an e-mail address, a login, or several with semicolons between. They are
    compared in lower case and trimmed.

    Attributes:
        hashes: keyed hashes of what names them.
    """

    def __init__(self, root: Path, key: TokenKey) -> None:
        self._file = root / "forgotten.json"
        self._key = key
        self.hashes: set[str] = set()
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
            if stored["token_key_fingerprint"] != key.fingerprint:
                raise LandingError(
                    f"{self._file} was written with another token key, so nobody in it would be "
                    "recognised; set the former key again, or follow 'Rotating the token key' in "
                    "docs/landing.md."
                )
            self.hashes = set(stored["people"])
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError) as error:
            raise LandingError(f"{self._file} cannot be read: {error!r}.") from error

    def add(self, names: Iterable[str]) -> None:
        """Adds people to the list, which is replaced in one step and readable by its owner only."""
        self.hashes |= {self._key.hash(name.strip().lower()) for name in names}
        incoming = self._file.with_name(f".{self._file.name}.incoming")
        content = {
            "token_key_fingerprint": self._key.fingerprint,
            "people": sorted(self.hashes),
        }
        incoming.touch(mode=0o600)
        with incoming.open("w", encoding="utf-8") as opened:
            json.dump(content, opened, indent=1)
            opened.flush()
            os.fsync(opened.fileno())
        incoming.replace(self._file)

    def condition(self, table: Table) -> str | None:
        """SQL that holds for rows of the table that name one of them; None where none can.

        Bind ``TokenKey.parameters``.
        """
        columns = [identifier(column.name) for column in table.columns if column.is_person]
        if not columns or not self.hashes:
            return None
        listed = ", ".join(literal(hashed) for hashed in sorted(self.hashes))
        is_listed = f"{hash_expression('lower(trim(name))')} in ({listed})"
        return " or ".join(
            f"coalesce(len(list_filter(string_split({column}, ';'), "
            f"lambda name: {is_listed})) > 0, false)"
            for column in columns
        )
